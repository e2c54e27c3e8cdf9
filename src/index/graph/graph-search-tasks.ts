import { LayeredGraph, type SharedGraph } from '../../graph/adjacency.ts';
import type { NsgProfileName } from '../../graph/nsg/profile.ts';
import { attachScalarCodeSet, type SharedScalarCodes } from '../../quantize/scalar/scalar-code-set.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { attachSource, type SharedSource } from '../../tensor/vectors/shared-source.ts';
import { requireQueries, type SearchResult } from '../search/search-result.ts';
import {
  type SearchBlock,
  type SearchedIndex,
  searchByThreads,
  searchTask,
  type ThreadedSearchOptions,
} from '../search/search-task.ts';
import { GraphSearcher, type GraphSearchOptions, type QuerySource, requireEf } from './graph-searcher.ts';
import type { SharedLinks } from './graph-walker.ts';
import { NsgSearcher } from './nsg-searcher.ts';

export interface ThreadedGraphSearchOptions extends ThreadedSearchOptions {
  /** Candidates kept during the search; raised to k. */
  readonly ef: number;
}

/** A graph and its points as a message to a worker, and how to search there. */
interface SharedGraphIndex {
  readonly graph: SharedGraph;
  readonly source: SharedSource;
  readonly ef: number;
}

export interface SharedHnswIndex extends SharedGraphIndex {
  readonly representatives: Int32Array | undefined;
  readonly links: SharedLinks | undefined;
}

export interface SharedNsgIndex extends SharedGraphIndex {
  readonly profile: NsgProfileName;
}

export const hnswSearchTask = searchTask<SharedHnswIndex>('hnsw', ({ graph, source, ef, ...rest }, slot) => {
  const { representatives, links } = rest;
  const searcher = new GraphSearcher(LayeredGraph.attach(graph), attachSource(source, slot), representatives, links);
  return blockSearch(searcher, 'GraphIndex', ef);
});

export const nsgSearchTask = searchTask<SharedNsgIndex>('nsg', ({ graph, source, ef, profile }, slot) => {
  const searcher = new NsgSearcher(LayeredGraph.attach(graph), attachSource(source, slot), profile);
  return blockSearch(searcher, 'NsgIndex', ef);
});

export interface SharedCodesGraph extends Omit<SharedHnswIndex, 'source'> {
  readonly source: SharedScalarCodes;
}

export const sq8GraphSearchTask = searchTask<SharedCodesGraph>('hnsw-sq8', ({ graph, source, ef, ...rest }, slot) => {
  const { representatives, links } = rest;
  const codes = attachScalarCodeSet(source, slot - 1);
  const searcher = new GraphSearcher(LayeredGraph.attach(graph), codes, representatives, links);
  return blockSearch(searcher, 'Sq8GraphIndex', ef);
});

interface Searcher {
  search(where: string, queries: Matrix, k: number, options: GraphSearchOptions): SearchResult;
}

function blockSearch(searcher: Searcher, where: string, ef: number): SearchBlock {
  return (queries, k) => searcher.search(where, queries, k, { ef });
}

/**
 * Searches a graph by several threads.
 *
 * @param most threads that the index was made for
 * @throws {RangeError} if an option is out of its range, or the queries do not fit
 */
export async function searchGraphByThreads<Shared extends { readonly ef: number }>(
  where: string,
  task: SearchedIndex<Shared>['task'],
  { searcher, source, most }: { readonly searcher: Searcher; readonly source: QuerySource; readonly most: number },
  share: () => Omit<Shared, 'ef'>,
  queries: Matrix,
  k: number,
  { ef, ...options }: ThreadedGraphSearchOptions,
): Promise<SearchResult> {
  const { threads = 1 } = options;
  requireQueries(queries, k, source.dim, where);
  requireEf(ef, where);
  requireAtMost(where, most, threads);
  const index = {
    task,
    search: blockSearch(searcher, where, ef),
    counts: () => source.counts,
    share: () => ({ ...share(), ef }) as Shared,
  };
  return searchByThreads(index, queries, k, options);
}

/** @throws {RangeError} if there are to be more threads than the index has places for */
export function requireAtMost(where: string, most: number, threads: number): void {
  if (threads <= most) return;
  throw new RangeError(
    `${where}: expected at most ${most} threads, as many as the index was made for, got ${threads}.`,
  );
}
