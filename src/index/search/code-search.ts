import type { Computing } from '../../../kernels/backend.ts';
import type { Counts, Floats } from '../../../kernels/operands.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { type Neighbors, noNeighbors } from '../../tensor/nearest/neighbors.ts';
import { TopK } from '../../tensor/nearest/top-k.ts';
import { vectorSource } from '../../tensor/vectors/split-vector-set.ts';
import type { VectorSource } from '../../tensor/vectors/vector-set.ts';
import type { Vectors } from '../../tensor/vectors/vectors.ts';
import type { QuerySource } from '../graph/graph-searcher.ts';
import { requireQueries, type SearchResult } from './search-result.ts';
import type { TopLists } from './top-lists.ts';

export interface CodeSearchOptions {
  /** Candidates by their codes that are ranked again by exact distances, at least k; only an index that keeps its vectors can. */
  readonly rerank?: number;
  /** Queries answered so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a search over codes needs of an index. */
export interface ScannedCodes {
  readonly rows: number;
  readonly dim: number;
  /** The vectors, where they are kept. */
  readonly vectors: VectorSource | undefined;
  /** Work so far, without that on `vectors`. */
  readonly counts: Readonly<Counts>;
  readonly lists: TopLists;
  /** The most queries of one call of `scan`. */
  readonly most?: number;
  /**
   * Fills and sorts the lists of queries first to first + count - 1.
   *
   * @returns how many codes they were compared with
   */
  scan(first: number, count: number, width: number): number;
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
  const { dim, vectors, lists } = index;
  requireQueries(queries, k, dim, where);
  requireRerank(rerank, k, vectors, where);
  const answers = noNeighbors(queries.rows, k);
  const width = Math.min(rerank ?? k, index.rows);
  const before = workOf(index);
  const block = Math.min(index.most ?? queries.rows, lists.blockRows(Math.max(1, width)));
  let codes = 0;
  for (let first = 0; width > 0 && first < queries.rows; first += block) {
    const count = Math.min(block, queries.rows - first);
    codes += index.scan(first, count, width);
    if (rerank !== undefined && vectors) rankAgain(answers, lists, vectors, queries, { first, count, width, k });
    else copyLists(answers, lists, { first, count, width, k });
    onProgress?.(first + count, queries.rows);
  }
  const after = workOf(index);
  const distances = after.distances - before.distances - codes;
  const multiplyAdds = after.multiplyAdds - before.multiplyAdds;
  return { ...answers, counts: { distances, multiplyAdds, hops: 0, codes } };
}

type Answers = Pick<Neighbors, 'ids' | 'distances'>;

/** Queries `first` to first + count - 1: lists of `width`, of which the first k are answers. */
interface Block {
  readonly first: number;
  readonly count: number;
  readonly width: number;
  readonly k: number;
}

function copyLists(answers: Answers, lists: TopLists, { first, count, width, k }: Block): void {
  for (let query = 0; query < count; query++) {
    const from = query * width;
    const to = from + lists.length(query, width);
    answers.ids.data.set(lists.ids.subarray(from, to), (first + query) * k);
    answers.distances.data.set(lists.distances.subarray(from, to), (first + query) * k);
  }
}

function rankAgain(answers: Answers, lists: TopLists, vectors: VectorSource, queries: Matrix, block: Block): void {
  const { first, count, width, k } = block;
  const exact = new TopK(k);
  for (let query = 0; query < count; query++) {
    const candidates = lists.ids.subarray(query * width, (query + 1) * width);
    offerExact(exact, vectors, queries.data, (first + query) * queries.cols, candidates, lists.length(query, width));
    exact.sortedInto(answers.ids.data, answers.distances.data, (first + query) * k);
  }
}

/** Offers measured rows, named by `ids` from `first` on. */
function offerScan(top: TopK, distances: Floats, count: number, first: number, ids: Int32Array): void {
  let worst = top.worst;
  for (let i = 0; i < count; i++) {
    const distance = distances[i]!;
    if (distance > worst) continue;
    if (top.offer(distance, ids[first + i]!)) worst = top.worst;
  }
}

/** The vectors that an index keeps for re-ranking. */
export function keptVectors(base: Vectors | undefined, { backend = 'auto' }: Computing): VectorSource | undefined {
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
