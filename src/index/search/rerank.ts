import type { Matrix } from '../../tensor/matrix.ts';
import { noNeighbors } from '../../tensor/nearest/neighbors.ts';
import { TopK } from '../../tensor/nearest/top-k.ts';
import { type GraphSearcher, type QuerySource, requireEf } from '../graph/graph-searcher.ts';
import { offerExact } from './code-search.ts';
import { requireQueries, type SearchResult } from './search-result.ts';

export interface RerankOptions {
  /** Candidates kept during the walk; raised to k. */
  readonly ef: number;
  /** How many survivors of the walk, nearest first, are ranked anew, at least k; all of them from ef on. */
  readonly rerank: number;
}

/**
 * Walks a graph over compressed vectors and ranks the survivors by their full ones.
 *
 * @param walker searches codes of the compressed vectors
 * @param full answers distances between full vectors
 * @throws {RangeError} if k, ef or rerank is out of its range, or the queries do not fit
 */
export function walkAndRerank(
  where: string,
  walker: GraphSearcher,
  full: QuerySource,
  queries: Matrix,
  walkQueries: Matrix,
  k: number,
  options: RerankOptions,
): SearchResult {
  requireRerank(where, full.dim, queries, walkQueries, k, options);
  const { ef, rerank } = options;
  const survivors = Math.min(rerank, Math.max(ef, k));
  const walked = walker.search(where, walkQueries, survivors, { ef });
  const before = { ...full.counts };
  const answers = noNeighbors(queries.rows, k);
  const nearest = new TopK(k);
  for (let query = 0; query < queries.rows; query++) {
    const ids = walked.ids.data.subarray(query * survivors, (query + 1) * survivors);
    const missing = ids.indexOf(-1);
    offerExact(nearest, full, queries.data, query * full.dim, ids, missing < 0 ? survivors : missing);
    nearest.sortedInto(answers.ids.data, answers.distances.data, query * k);
  }
  const { distances: walkDistances, multiplyAdds, hops } = walked.counts;
  const counts = {
    distances: full.counts.distances - before.distances,
    walkDistances,
    hops,
    multiplyAdds: multiplyAdds + full.counts.multiplyAdds - before.multiplyAdds,
  };
  return { ...answers, counts };
}

/** @throws {RangeError} if k, ef or rerank is out of its range, or the queries do not fit */
export function requireRerank(
  where: string,
  dim: number,
  queries: Matrix,
  walkQueries: Matrix,
  k: number,
  { ef, rerank }: RerankOptions,
): void {
  requireQueries(queries, k, dim, where);
  requireEf(ef, where);
  if (walkQueries.rows !== queries.rows) {
    throw new RangeError(`${where}: expected ${queries.rows} compressed queries, got ${walkQueries.rows}.`);
  }
  if (Number.isSafeInteger(rerank) && rerank >= k) return;
  throw new RangeError(`${where}: expected rerank to be a whole number from k = ${k}, got ${rerank}.`);
}
