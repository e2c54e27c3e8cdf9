import type { BackendChoice } from '../../kernels/backend.ts';
import type { Counts, Floats } from '../../kernels/kernels.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { vectorSource } from '../tensor/split-vector-set.ts';
import { TopK } from '../tensor/top-k.ts';
import type { VectorSource } from '../tensor/vector-set.ts';
import type { Vectors } from '../tensor/vectors.ts';
import type { QuerySource } from './graph-searcher.ts';
import { emptyAnswers, requireQueries, type SearchResult } from './search-result.ts';

/** Codes scanned in one call; their distances stay in the nearest cache. */
export const SCAN_BLOCK = 2048;

export interface CodeSearchOptions {
  /** Candidates by their codes that are ranked again by exact distances, at least k; only an index that keeps its vectors can. */
  readonly rerank?: number;
  /** Queries answered so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a search over codes needs of an index. */
export interface ScannedCodes {
  readonly dim: number;
  /** The vectors, where they are kept. */
  readonly vectors: VectorSource | undefined;
  /** Work so far, without that on `vectors`. */
  readonly counts: Readonly<Counts>;
  /** Offers the codes that a query is compared with. @returns how many they were */
  scan(query: number, found: TopK): number;
}

/**
 * The nearest k rows of each query by their codes, or by exact distances among the nearest `rerank` by their codes.
 *
 * Source: faiss 1.7.3 `IndexRefineFlat` (re-ranking).
 *
 * @throws {RangeError} if k or rerank is out of range, there are no vectors to re-rank with, or the queries do not fit
 */
export function searchCodes(
  where: string,
  index: ScannedCodes,
  queries: Matrix,
  k: number,
  { rerank, onProgress }: CodeSearchOptions,
): SearchResult {
  const { dim, vectors } = index;
  requireQueries(queries, k, dim, where);
  requireRerank(rerank, k, vectors, where);
  const answers = emptyAnswers(queries.rows, k);
  const found = new TopK(rerank ?? k);
  const exact = new TopK(k);
  const candidates = new Int32Array(found.k);
  const squared = new Float32Array(found.k);
  const before = workOf(index);
  let codes = 0;
  for (let query = 0; query < queries.rows; query++) {
    codes += index.scan(query, found);
    if (rerank !== undefined && vectors) {
      const count = found.sortedInto(candidates, squared, 0);
      offerExact(exact, vectors, queries.data, query * dim, candidates, count);
      exact.sortedInto(answers.ids, answers.distances, query * k);
    } else {
      found.sortedInto(answers.ids, answers.distances, query * k);
    }
    onProgress?.(query + 1, queries.rows);
  }
  const after = workOf(index);
  const distances = after.distances - before.distances - codes;
  const multiplyAdds = after.multiplyAdds - before.multiplyAdds;
  return { queries: queries.rows, k, ...answers, counts: { distances, multiplyAdds, hops: 0, codes } };
}

/** Offers measured rows: `ids` names them, or they are `first`, first + 1, … */
export function offerScan(top: TopK, distances: Floats, count: number, first: number, ids?: Int32Array): void {
  let worst = top.worst;
  for (let i = 0; i < count; i++) {
    const distance = distances[i]!;
    if (distance > worst) continue;
    if (top.offer(distance, ids ? ids[first + i]! : first + i)) worst = top.worst;
  }
}

/** The vectors that an index keeps for re-ranking. */
export function keptVectors(base: Vectors | undefined, backend: BackendChoice): VectorSource | undefined {
  return base && vectorSource(base, { backend });
}

/** Offers the candidates with their exact distances from the query that starts at `offset`. */
export function offerExact(
  top: TopK,
  vectors: QuerySource,
  queries: Float32Array,
  offset: number,
  candidates: Int32Array,
  count: number,
): void {
  const { ids, distances } = vectors;
  vectors.setQuery(queries, offset);
  for (let first = 0; first < count; first += ids.length) {
    const block = Math.min(ids.length, count - first);
    ids.set(candidates.subarray(first, first + block));
    vectors.measure(block);
    offerScan(top, distances, block, first, candidates);
  }
}

function workOf({ counts, vectors }: ScannedCodes): Counts {
  return {
    distances: counts.distances + (vectors?.counts.distances ?? 0),
    multiplyAdds: counts.multiplyAdds + (vectors?.counts.multiplyAdds ?? 0),
  };
}

function requireRerank(rerank: number | undefined, k: number, vectors: VectorSource | undefined, where: string): void {
  if (rerank === undefined) return;
  if (!vectors) throw new RangeError(`${where}: expected an index that keeps its vectors to re-rank, got codes alone.`);
  if (!Number.isSafeInteger(rerank) || rerank < k) {
    throw new RangeError(`${where}: expected rerank to be a whole number from k = ${k}, got ${rerank}.`);
  }
}
