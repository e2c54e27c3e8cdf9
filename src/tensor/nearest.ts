import { type BackendChoice, createKernels } from '../../kernels/backend.ts';
import type { Counts, Floats } from '../../kernels/kernels.ts';
import { type Matrix, requireFinite } from './matrix.ts';
import { TopK } from './top-k.ts';

/** Room for a block of queries, and for a block of base rows: together they stay in a processor's caches. */
const QUERY_BYTES = 1 << 20;
const BASE_BYTES = 1 << 18;
const MAX_BLOCK_ROWS = 1024;

/** The k nearest base rows of each query, nearest first; equal distances by smaller id. */
export interface Neighbors {
  readonly queries: number;
  readonly k: number;
  /** (queries, k); -1 where a search found fewer. */
  readonly ids: Int32Array;
  /** (queries, k), squared. */
  readonly distances: Float32Array;
  readonly counts: Counts;
}

export interface NearestOptions {
  readonly backend?: BackendChoice;
  /** Pairs of query and base row compared so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Exact k nearest neighbors by comparing every query with every base row: the truth that all else is measured against.
 *
 * Base rows pass through a memory of fixed size in blocks, so that a base of any size needs no second copy. A distance does not
 * depend on the block in which it is computed, and the order (distance, id) is total, so neither does the result.
 *
 * Departs: published truth files were made in float64 or by |x|² + |y|² - 2xy; ours takes the float32 distances that the kernels
 * define, so pairs that agree in the last bits of float32 may swap places.
 *
 * @param base (n, d)
 * @param queries (m, d)
 * @param k from 1 to n
 * @throws {RangeError} if `k` or the dimensions do not fit, or a value is not finite
 */
export function nearest(base: Matrix, queries: Matrix, k: number, options: NearestOptions = {}): Neighbors {
  if (queries.cols !== base.cols) {
    throw new RangeError(`nearest: expected queries of ${base.cols} columns as in the base, got ${queries.cols}.`);
  }
  if (!Number.isSafeInteger(k) || k < 1 || k > base.rows) {
    throw new RangeError(`nearest: expected k from 1 to ${base.rows} (the rows of the base), got ${k}.`);
  }
  requireFinite(base, 'nearest: base');
  requireFinite(queries, 'nearest: queries');
  return scan(base, queries, k, options);
}

function scan(base: Matrix, queries: Matrix, k: number, { backend = 'auto', onProgress }: NearestOptions): Neighbors {
  const dim = base.cols;
  const queryRows = Math.min(queries.rows, blockRows(QUERY_BYTES, dim));
  const baseRows = Math.min(base.rows, blockRows(BASE_BYTES, dim));
  const floats = (queryRows + baseRows) * dim + queryRows * baseRows;
  const kernels = createKernels({ backend, bytes: 4 * floats + 256 });
  const queryBlock = kernels.floats(queryRows * dim);
  const baseBlock = kernels.floats(baseRows * dim);
  const distances = kernels.floats(queryRows * baseRows);
  const tops = Array.from({ length: queryRows }, () => new TopK(k));
  const ids = new Int32Array(queries.rows * k);
  const found = new Float32Array(queries.rows * k);

  for (let q = 0; q < queries.rows; q += queryRows) {
    const queryCount = Math.min(queryRows, queries.rows - q);
    queryBlock.set(queries.data.subarray(q * dim, (q + queryCount) * dim));
    for (let b = 0; b < base.rows; b += baseRows) {
      const baseCount = Math.min(baseRows, base.rows - b);
      baseBlock.set(base.data.subarray(b * dim, (b + baseCount) * dim));
      kernels.squaredDistanceMatrix(distances, queryBlock, 0, queryCount, baseBlock, 0, baseCount, dim);
      for (let i = 0; i < queryCount; i++) offerRow(tops[i]!, distances, i * baseCount, baseCount, b);
      onProgress?.(q * base.rows + queryCount * (b + baseCount), queries.rows * base.rows);
    }
    for (let i = 0; i < queryCount; i++) tops[i]!.sortedInto(ids, found, (q + i) * k);
  }
  return { queries: queries.rows, k, ids, distances: found, counts: { ...kernels.counts } };
}

function blockRows(bytes: number, dim: number): number {
  return Math.max(1, Math.min(MAX_BLOCK_ROWS, Math.floor(bytes / (4 * dim))));
}

/** Ids only grow from one block to the next, so a distance equal to the worst can never displace it. */
function offerRow(top: TopK, distances: Floats, start: number, count: number, firstId: number): void {
  let j = 0;
  for (; j < count && top.size < top.k; j++) top.offer(distances[start + j]!, firstId + j);
  let worst = top.worst;
  for (; j < count; j++) {
    const distance = distances[start + j]!;
    if (distance >= worst) continue;
    top.offer(distance, firstId + j);
    worst = top.worst;
  }
}
