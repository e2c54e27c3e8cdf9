import { workSince } from '../../../kernels/operands.ts';
import type { LayeredGraph } from '../../graph/adjacency.ts';
import { CandidatePool } from '../../graph/candidate-pool.ts';
import { type SearchTrace, searchGraph, VisitedSet } from '../../graph/search.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { noNeighbors } from '../../tensor/nearest/neighbors.ts';
import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import type { WalkedSource } from '../../tensor/vectors/vector-set.ts';
import { requireQueries, type SearchResult } from '../search/search-result.ts';
import { nextCopies } from './copies.ts';
import { GraphWalker, type SharedLinks } from './graph-walker.ts';

export interface GraphSearchOptions {
  /** Candidates kept during the search; raised to k. */
  readonly ef: number;
  /** Whether to return the points that each query expanded. */
  readonly trace?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Points that can be compared with vectors from outside: vectors, or codes. */
export interface QuerySource extends DistanceSource {
  readonly dim: number;
  setQuery(vectors: Float32Array, offset: number): void;
}

/**
 * Searches a graph over any points: vectors, or codes.
 *
 * Source: Malkov & Yashunin 2018, Algorithm 5.
 * Departs: identical points are one point of a canonical graph; their other rows are measured when that point is found.
 */
export class GraphSearcher {
  readonly #graph: LayeredGraph;
  readonly #source: QuerySource;
  readonly #nextCopy: Int32Array | undefined;
  readonly #visited: VisitedSet;
  /** Made when first asked for. */
  #walker: GraphWalker | undefined;
  #triedWalker = false;
  readonly #pool = new CandidatePool();
  readonly #withCopies = new CandidatePool();

  /**
   * @param representatives of each row, where identical points are one point of the graph
   * @param links what `shareLinks` gave in the thread that has made the source
   */
  constructor(
    graph: LayeredGraph,
    source: QuerySource,
    representatives: Int32Array | undefined,
    links?: SharedLinks | undefined,
  ) {
    this.#graph = graph;
    this.#source = source;
    this.#nextCopy = representatives && nextCopies(representatives);
    this.#visited = new VisitedSet(graph.size);
    if (!links || !isWalked(source)) return;
    this.#walker = GraphWalker.attach(graph, source, links);
    this.#triedWalker = true;
  }

  /**
   * The approximately nearest k rows of each query.
   *
   * @param where begins messages
   * @param queries (queries, dim)
   * @throws {RangeError} if k or ef is no positive whole number, or the queries have another width or values that are not finite
   */
  search(where: string, queries: Matrix, k: number, options: GraphSearchOptions): SearchResult {
    const source = this.#source;
    requireQueries(queries, k, source.dim, where);
    requireEf(options.ef, where);
    const before = { ...source.counts };
    const ef = Math.min(Math.max(options.ef, k), Math.max(1, source.size));
    const answers = noNeighbors(queries.rows, k);
    const traces: SearchTrace[] = [];
    const walker = options.trace ? undefined : this.#walkerFor(ef);
    let hops = 0;
    for (let query = 0; query < queries.rows; query++) {
      const trace = options.trace ? { ids: [], distances: [], levels: [] } : undefined;
      source.setQuery(queries.data, query * source.dim);
      hops += walker ? walker.search(ef, this.#pool) : this.#searchTraced(ef, trace);
      const found = this.#nextCopy ? this.#expandCopies(this.#nextCopy, k) : this.#pool;
      for (let place = 0; place < Math.min(k, found.size); place++) {
        answers.ids.data[query * k + place] = found.id(place);
        answers.distances.data[query * k + place] = found.distances[place]!;
      }
      if (trace) traces.push(trace);
      options.onProgress?.(query + 1, queries.rows);
    }
    const result = { ...answers, counts: { ...workSince(before, source.counts), hops } };
    return options.trace ? { ...result, traces } : result;
  }

  /** The links beside the points, for searchers in other threads; `undefined` where there are none. */
  shareLinks(): SharedLinks | undefined {
    return this.#madeWalker()?.share();
  }

  #walkerFor(ef: number): GraphWalker | undefined {
    const walker = this.#madeWalker();
    return walker?.holds(ef) ? walker : undefined;
  }

  #madeWalker(): GraphWalker | undefined {
    const source = this.#source;
    if (!this.#triedWalker) {
      this.#triedWalker = true;
      this.#walker = isWalked(source) ? GraphWalker.over(this.#graph, source) : undefined;
    }
    return this.#walker;
  }

  #searchTraced(ef: number, trace: SearchTrace | undefined): number {
    return searchGraph(this.#graph, ef, { source: this.#source, pool: this.#pool, visited: this.#visited }, trace);
  }

  /** The nearest k of the points found and of the rows that are the same points. */
  #expandCopies(nextCopy: Int32Array, k: number): CandidatePool {
    const { ids, distances } = this.#source;
    const all = this.#withCopies;
    let count = 0;
    const measure = (): void => {
      this.#source.measure(count);
      all.merge(ids, distances, count);
      count = 0;
    };
    all.reset(k);
    for (let place = 0; place < this.#pool.size; place++) {
      const point = this.#pool.id(place);
      all.merge(Int32Array.of(point), this.#pool.distances.subarray(place, place + 1), 1);
      for (let copy = nextCopy[point]!; copy >= 0; copy = nextCopy[copy]!) {
        ids[count++] = copy;
        if (count === ids.length) measure();
      }
    }
    if (count > 0) measure();
    return all;
  }
}

/** Vectors in several memories, for one, are not. */
function isWalked(source: QuerySource): source is QuerySource & WalkedSource {
  return 'walkLayer' in source;
}

/** @throws {RangeError} if ef is no positive whole number */
export function requireEf(ef: number, where: string): void {
  if (Number.isSafeInteger(ef) && ef >= 1) return;
  throw new RangeError(`${where}: expected ef to be a whole number from 1, got ${ef}.`);
}
