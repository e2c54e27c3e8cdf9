import { workSince } from '../../../kernels/operands.ts';
import type { LayeredGraph } from '../../graph/adjacency.ts';
import { FlatSearch } from '../../graph/nsg/flat-search.ts';
import { type NsgProfileName, nsgProfiles } from '../../graph/nsg/profile.ts';
import type { SearchTrace } from '../../graph/search.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { noNeighbors } from '../../tensor/nearest/neighbors.ts';
import type { VectorSource } from '../../tensor/vectors/vector-set.ts';
import { requireQueries, type SearchResult } from '../search/search-result.ts';
import { type GraphSearchOptions, requireEf } from './graph-searcher.ts';

/**
 * Searches a graph without layers.
 *
 * Source: Fu et al. 2019, Algorithm 1, from the navigating point.
 */
export class NsgSearcher {
  readonly #graph: LayeredGraph;
  readonly #source: VectorSource;
  readonly #search: FlatSearch;

  constructor(graph: LayeredGraph, source: VectorSource, profile: NsgProfileName) {
    this.#graph = graph;
    this.#source = source;
    this.#search = new FlatSearch(source, nsgProfiles[profile]);
  }

  /**
   * The approximately nearest k rows of each query.
   *
   * @param where begins messages
   * @param queries (queries, dim)
   * @throws {RangeError} if k or ef is no positive whole number, or the queries have another width or values that are not finite
   */
  search(where: string, queries: Matrix, k: number, options: GraphSearchOptions): SearchResult {
    const graph = this.#graph;
    const source = this.#source;
    requireQueries(queries, k, source.dim, where);
    requireEf(options.ef, where);
    const before = { ...source.counts };
    const answers = noNeighbors(queries.rows, k);
    const traces: SearchTrace[] = [];
    const { pool } = this.#search;
    let hops = 0;
    for (let query = 0; query < queries.rows && graph.size > 0; query++) {
      const trace = options.trace ? { ids: [], distances: [], levels: [] } : undefined;
      source.setQuery(queries.data, query * source.dim);
      hops += this.#search.run(graph, graph.entry, Math.max(options.ef, k), trace);
      for (let place = 0; place < Math.min(k, pool.size); place++) {
        answers.ids.data[query * k + place] = pool.id(place);
        answers.distances.data[query * k + place] = pool.distances[place]!;
      }
      if (trace) traces.push(trace);
      options.onProgress?.(query + 1, queries.rows);
    }
    const result = { ...answers, counts: { ...workSince(before, source.counts), hops } };
    return options.trace ? { ...result, traces } : result;
  }
}
