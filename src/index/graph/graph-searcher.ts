import { workSince } from '../../../kernels/operands.ts';
import { LayeredGraph, type SharedGraph } from '../../graph/adjacency.ts';
import { CandidatePool } from '../../graph/candidate-pool.ts';
import { FlatSearch } from '../../graph/nsg/flat-search.ts';
import { type NsgProfileName, nsgProfiles } from '../../graph/nsg/profile.ts';
import type { SearchTrace } from '../../graph/search.ts';
import { attachScalarCodeSet, type SharedScalarCodes } from '../../quantize/scalar/scalar-code-set.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { noNeighbors } from '../../tensor/nearest/neighbors.ts';
import { attachSource, type SharedSource } from '../../tensor/vectors/shared-source.ts';
import { inSharedMemory } from '../../workers/shared-memory.ts';
import type { QuerySource } from '../search/rerank.ts';
import type { SearchResult } from '../search/search-result.ts';
import { nextCopies } from './copies.ts';
import { type GraphSearch, LayeredSearch } from './layered-search.ts';
import type { SharedLinks } from './wasm-graph-search.ts';

type SharedPoints = SharedSource | SharedScalarCodes;

/** A graph, and the points that it is searched over. */
export interface SearchedGraph {
  readonly graph: LayeredGraph;
  /** Vectors, or codes; `share` where several threads may search. */
  readonly points: QuerySource & { share?(): SharedPoints };
  /** Of each row, where identical points are one point of the graph. */
  readonly representatives?: Int32Array | undefined;
  /** Of an NSG, which has no layers. */
  readonly nsg?: NsgProfileName | undefined;
}

/** The same as a message to a worker. */
export interface SharedSearcher {
  readonly graph: SharedGraph;
  readonly points: SharedPoints;
  readonly representatives: Int32Array | undefined;
  readonly nsg: NsgProfileName | undefined;
  readonly links: SharedLinks | undefined;
}

/**
 * Searches a graph over any points: vectors, or codes.
 *
 * Source: Malkov & Yashunin 2018, Algorithm 5; for a graph without layers Fu et al. 2019, Algorithm 1.
 * Departs: a search of an NSG begins at random points beside the navigating one (`FlatSearch`). Identical points are one point of a canonical graph; their other rows are measured when that point is found.
 */
export class GraphSearcher {
  readonly #searched: SearchedGraph;
  readonly #search: GraphSearch;
  readonly #nextCopy: Int32Array | undefined;
  readonly #withCopies = new CandidatePool();

  /** @param links beside the points, where another thread has put them */
  constructor(searched: SearchedGraph, links?: SharedLinks) {
    const { graph, points, representatives, nsg } = searched;
    this.#searched = searched;
    this.#search = nsg ? flatSearch(graph, points, nsg) : new LayeredSearch(graph, points, links);
    this.#nextCopy = representatives && nextCopies(representatives);
  }

  /** In a worker: a searcher of the same graph and points. @param slot 1, 2, … */
  static attach({ graph, points, links, ...rest }: SharedSearcher, slot: number): GraphSearcher {
    const attached = 'codes' in points ? attachScalarCodeSet(points, slot - 1) : attachSource(points, slot);
    return new GraphSearcher({ ...rest, graph: LayeredGraph.attach(graph), points: attached }, links);
  }

  /** @throws {RangeError} if the points cannot be shared {Error} if they were made for one thread */
  share(): SharedSearcher {
    const { graph, points, representatives, nsg } = this.#searched;
    if (!points.share) throw new RangeError('threads: expected one thread for points that are not shared, got more.');
    return {
      graph: graph.share(),
      points: points.share(),
      representatives: representatives && inSharedMemory(representatives),
      nsg,
      links: this.#search instanceof LayeredSearch ? this.#search.shareLinks() : undefined,
    };
  }

  get points(): QuerySource {
    return this.#searched.points;
  }

  /**
   * The approximately nearest k rows of each query.
   *
   * @param queries (queries, dim), checked by the caller
   * @param ef candidates kept during the search; raised to k
   * @param trace whether to return the points that each query expanded
   */
  search(queries: Matrix, k: number, ef: number, trace = false): SearchResult {
    const { points, graph } = this.#searched;
    const before = { ...points.counts };
    const kept = Math.min(Math.max(ef, k), Math.max(1, points.size));
    const { ids, distances } = noNeighbors(queries.rows, k);
    const traces: SearchTrace[] = [];
    let hops = 0;
    for (let query = 0; query < queries.rows && graph.size > 0; query++) {
      const expanded = trace ? { ids: [], distances: [], levels: [] } : undefined;
      points.setQuery(queries.data, query * points.dim);
      hops += this.#search.run(kept, expanded);
      const found = this.#nextCopy ? this.#expandCopies(this.#nextCopy, k) : this.#search.pool;
      for (let place = 0; place < Math.min(k, found.size); place++) {
        ids.data[query * k + place] = found.id(place);
        distances.data[query * k + place] = found.distances[place]!;
      }
      if (expanded) traces.push(expanded);
    }
    const result = { ids, distances, counts: { ...workSince(before, points.counts), hops } };
    return trace ? { ...result, traces } : result;
  }

  /** The nearest k of the points found and of the rows that are the same points. */
  #expandCopies(nextCopy: Int32Array, k: number): CandidatePool {
    const { points } = this.#searched;
    const { pool } = this.#search;
    const { ids, distances } = points;
    const all = this.#withCopies;
    let count = 0;
    const measure = (): void => {
      points.measure(count);
      all.merge(ids, distances, count);
      count = 0;
    };
    all.reset(k);
    for (let place = 0; place < pool.size; place++) {
      const point = pool.id(place);
      all.merge(Int32Array.of(point), pool.distances.subarray(place, place + 1), 1);
      for (let copy = nextCopy[point]!; copy >= 0; copy = nextCopy[copy]!) {
        ids[count++] = copy;
        if (count === ids.length) measure();
      }
    }
    if (count > 0) measure();
    return all;
  }
}

function flatSearch(graph: LayeredGraph, points: QuerySource, profile: NsgProfileName): GraphSearch {
  const search = new FlatSearch(points, nsgProfiles[profile].queryStarts);
  return { pool: search.pool, run: (ef, trace) => search.run(graph, graph.entry, ef, trace) };
}
