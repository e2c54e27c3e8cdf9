import type { LayeredGraph } from '../../graph/adjacency.ts';
import { type ScalarCodeSet, scalarCodeSet } from '../../quantize/scalar/scalar-code-set.ts';
import { ScalarQuantizer } from '../../quantize/scalar/scalar-quantizer.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { shareSource } from '../../tensor/vectors/shared-source.ts';
import type { VectorSource } from '../../tensor/vectors/vector-set.ts';
import type { Vectors } from '../../tensor/vectors/vectors.ts';
import { inSharedMemory } from '../../workers/shared-memory.ts';
import { type RerankOptions, requireRerank, walkAndRerank } from '../search/rerank.ts';
import { requireQueries, type SearchResult } from '../search/search-result.ts';
import { searchByThreads, type ThreadedSearchOptions } from '../search/search-task.ts';
import type { WalkCodes } from './graph-archive.ts';
import { type Engine, graphRoom } from './graph-room.ts';
import { requireAtMost } from './graph-search-tasks.ts';
import { GraphSearcher } from './graph-searcher.ts';
import { rerankBlock, rerankTask } from './rerank-task.ts';

/**
 * One byte of each number of compressed vectors, with one range for all dimensions, so that codes are compared as whole numbers.
 *
 * @throws {RangeError} if there are no rows, a value is not finite, or the range is too large
 */
export function walkCodes(vectors: Vectors, { backend, threads }: Engine): WalkCodes {
  const quantizer = ScalarQuantizer.train(vectors, 'uniform');
  return { quantizer, codes: quantizer.encode(vectors, { backend, threads }) };
}

/**
 * What a re-ranked search walks over: a graph, over SQ8 codes of compressed vectors.
 *
 * Source: the paper, Table 3, for codes of compressed vectors; faiss 1.7.3 `IndexRefineFlat` for ranking anew.
 */
export class CodedWalk {
  readonly #graph: LayeredGraph;
  readonly #quantizer: ScalarQuantizer;
  readonly #codes: ScalarCodeSet;
  readonly #representatives: Int32Array | undefined;
  readonly #searcher: GraphSearcher;
  readonly #threads: number;

  /** @param representatives of each row, where identical points are one point of the graph */
  constructor(
    graph: LayeredGraph,
    { quantizer, codes }: WalkCodes,
    M: number,
    engine: Engine,
    representatives: Int32Array | undefined,
  ) {
    this.#graph = graph;
    this.#quantizer = quantizer;
    this.#codes = scalarCodeSet(quantizer, codes, graphRoom(graph.size, M, engine));
    this.#representatives = representatives;
    this.#searcher = new GraphSearcher(graph, this.#codes, representatives);
    this.#threads = engine.threads;
  }

  /** Numbers a compressed vector. */
  get dim(): number {
    return this.#codes.dim;
  }

  /** What an archive keeps. */
  get kept(): WalkCodes {
    return { quantizer: this.#quantizer, codes: this.#codes.codes };
  }

  /** @throws {RangeError} if k, ef or rerank is out of its range, or the queries do not fit */
  search(
    where: string,
    full: VectorSource,
    queries: Matrix,
    walkQueries: Matrix,
    k: number,
    options: RerankOptions,
  ): SearchResult {
    return walkAndRerank(where, this.#searcher, full, queries, walkQueries, k, options);
  }

  /**
   * The same by several threads.
   *
   * @throws {RangeError} also if there are to be more threads than the index was made for
   * @throws the signal's reason, when it aborts
   */
  async searchByThreads(
    where: string,
    full: VectorSource,
    queries: Matrix,
    walkQueries: Matrix,
    k: number,
    { ef, rerank, ...options }: RerankOptions & ThreadedSearchOptions,
  ): Promise<SearchResult> {
    requireRerank(where, full.dim, queries, walkQueries, k, { ef, rerank });
    requireQueries(walkQueries, k, this.dim, where);
    requireAtMost(where, this.#threads, options.threads ?? 1);
    const { rows, cols, data } = walkQueries;
    const codes = this.#codes;
    const representatives = this.#representatives;
    const index = {
      task: rerankTask,
      search: rerankBlock(this.#searcher, full, walkQueries, { ef, rerank }),
      counts: () => ({
        distances: full.counts.distances + codes.counts.distances,
        multiplyAdds: full.counts.multiplyAdds + codes.counts.multiplyAdds,
      }),
      share: () => ({
        graph: this.#graph.share(),
        full: shareSource(full),
        codes: codes.share(),
        links: this.#searcher.shareLinks(),
        representatives: representatives && inSharedMemory(representatives),
        walkQueries: { rows, cols, data: inSharedMemory(data.subarray(0, rows * cols)) },
        ef,
        rerank,
      }),
    };
    return searchByThreads(index, queries, k, options);
  }
}
