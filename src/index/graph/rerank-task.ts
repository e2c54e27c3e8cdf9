import { LayeredGraph, type SharedGraph } from '../../graph/adjacency.ts';
import { attachScalarCodeSet, type SharedScalarCodes } from '../../quantize/scalar/scalar-code-set.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { attachSource, type SharedSource } from '../../tensor/vectors/shared-source.ts';
import { type RerankOptions, walkAndRerank } from '../search/rerank.ts';
import { type SearchBlock, searchTask } from '../search/search-task.ts';
import { GraphSearcher, type QuerySource } from './graph-searcher.ts';
import type { SharedLinks } from './graph-walker.ts';

/** A graph, the codes that are walked over and the full vectors, as a message to a worker; and all queries, compressed. */
export interface SharedReranked extends RerankOptions {
  readonly graph: SharedGraph;
  readonly representatives: Int32Array | undefined;
  readonly codes: SharedScalarCodes;
  readonly links: SharedLinks | undefined;
  readonly full: SharedSource;
  readonly walkQueries: Matrix;
}

export const rerankTask = searchTask<SharedReranked>('hnsw re-ranked', (shared, slot) => {
  const { graph, representatives, codes, links, full, walkQueries, ef, rerank } = shared;
  const walked = attachScalarCodeSet(codes, slot - 1);
  const walker = new GraphSearcher(LayeredGraph.attach(graph), walked, representatives, links);
  return rerankBlock(walker, attachSource(full, slot), walkQueries, { ef, rerank });
});

/** @param walkQueries all queries, compressed */
export function rerankBlock(
  walker: GraphSearcher,
  full: QuerySource,
  { cols, data }: Matrix,
  options: RerankOptions,
): SearchBlock {
  return (queries, k, first) => {
    const { rows } = queries;
    const own = { rows, cols, data: data.subarray(first * cols, (first + rows) * cols) };
    return walkAndRerank('GraphIndex.searchRerankedByThreads', walker, full, queries, own, k, options);
  };
}
