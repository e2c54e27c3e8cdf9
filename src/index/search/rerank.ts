import type { Floats } from '../../../kernels/operands.ts';
import { NO_ID } from '../../../kernels/top-k/reference.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { Ids, Neighbors } from '../../tensor/nearest/neighbors.ts';
import { TopK } from '../../tensor/nearest/top-k.ts';
import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';

/** Points that can be compared with vectors from outside: vectors, or codes. */
export interface QuerySource extends DistanceSource {
  readonly dim: number;
  setQuery(vectors: Float32Array, offset: number): void;
}

/** The nearest of each query, as a search fills them in. */
export type Answers = Pick<Neighbors, 'ids' | 'distances'>;

/** What was found for a query, nearest first, without the places that have nothing. */
export function idsOf({ cols, data }: Ids, query: number): Int32Array {
  const found = data.subarray(query * cols, (query + 1) * cols);
  const end = found.indexOf(NO_ID);
  return end < 0 ? found : found.subarray(0, end);
}

/**
 * Ranks candidates by their distances from each query: the nearest k are the answers.
 *
 * Source: faiss 1.7.3 `IndexRefineFlat`.
 *
 * @param queries (queries, dim), and `answers` for all of them
 * @param block which of the queries are answered
 * @param candidatesOf a query of the block, counted from its first
 */
export function rerank(
  answers: Answers,
  vectors: QuerySource,
  queries: Matrix,
  { first, count }: { readonly first: number; readonly count: number },
  candidatesOf: (query: number) => Int32Array,
): void {
  const { cols: k } = answers.ids;
  const nearest = new TopK(k);
  for (let query = 0; query < count; query++) {
    vectors.setQuery(queries.data, (first + query) * queries.cols);
    offer(nearest, vectors, candidatesOf(query));
    nearest.sortedInto(answers.ids.data, answers.distances.data, (first + query) * k);
  }
}

/** Offers the candidates with their distances from the query. */
function offer(top: TopK, vectors: QuerySource, candidates: Int32Array): void {
  const { ids, distances } = vectors;
  for (let first = 0; first < candidates.length; first += ids.length) {
    const block = candidates.subarray(first, first + ids.length);
    ids.set(block);
    vectors.measure(block.length);
    offerMeasured(top, distances, block);
  }
}

function offerMeasured(top: TopK, distances: Floats, ids: Int32Array): void {
  let worst = top.worst;
  for (let i = 0; i < ids.length; i++) {
    const distance = distances[i]!;
    if (distance > worst) continue;
    if (top.offer(distance, ids[i]!)) worst = top.worst;
  }
}
