import { type Ids, NO_DISTANCE, requireIds } from '../tensor/nearest/neighbors.ts';
import type { ComparedDistances } from './compared-distances.ts';

/**
 * 1@R: the share of queries whose one true nearest neighbor is among the first R ids found. Ids are compared strictly, unless distances are
 * given: then a row as near as the true one is a hit.
 *
 * Source: the paper, section 4.1 ("1@1, 1@5, 1@10, 1@50"); Jégou et al. 2011.
 *
 * @param distances of these tables, from `compareDistances`
 * @returns a share from 0 to 1
 * @throws {RangeError} if the tables have different rows or none, or `R` exceeds the ids found
 *
 * @example
 * ```ts
 * import { recallAt } from 'cnt-ann';
 *
 * const truth = { rows: 2, cols: 1, data: Int32Array.of(7, 4) };
 * const found = { rows: 2, cols: 3, data: Int32Array.of(7, 1, 2, 3, 5, 4) };
 * console.log(recallAt(found, truth, 1), recallAt(found, truth, 3)); // 0.5 1
 * ```
 *
 * @category Exact neighbors and recall
 */
export function recallAt(result: Ids, truth: Ids, R: number, distances?: ComparedDistances): number {
  check('recallAt', result, truth, R, 1);
  let found = 0;
  for (let q = 0; q < result.rows; q++) {
    const nearest = truth.data[q * truth.cols]!;
    if (nearest < 0) continue;
    const first = result.data.subarray(q * result.cols, q * result.cols + R);
    if (first.includes(nearest) || (distances && nearAmong(first, q, 1, distances) > 0)) found++;
  }
  return found / result.rows;
}

/**
 * k@k: the mean share of the true k nearest that is among the first k ids found, each counted once. Ids are compared strictly, unless
 * distances are given: then a row as near as the last of the true k is one of them.
 *
 * Source: the paper, section 4.1 ("100@100").
 *
 * @param distances of these tables, from `compareDistances`
 * @returns a share from 0 to 1
 * @throws {RangeError} if the tables have different rows or none, or fewer than `k` columns
 *
 * @example
 * ```ts
 * import { intersectionAt } from 'cnt-ann';
 *
 * const truth = { rows: 1, cols: 4, data: Int32Array.of(1, 2, 3, 4) };
 * const found = { rows: 1, cols: 4, data: Int32Array.of(4, 3, 9, 8) };
 * console.log(intersectionAt(found, truth, 4)); // 0.5
 * ```
 *
 * @category Exact neighbors and recall
 */
export function intersectionAt(result: Ids, truth: Ids, k: number, distances?: ComparedDistances): number {
  check('intersectionAt', result, truth, k, k);
  let found = 0;
  for (let q = 0; q < result.rows; q++) {
    const wanted = new Set(truth.data.subarray(q * truth.cols, q * truth.cols + k));
    wanted.delete(-1);
    const first = result.data.subarray(q * result.cols, q * result.cols + k);
    if (distances) found += Math.min(nearAmong(first, q, k, distances), wanted.size);
    else for (const id of first) if (wanted.delete(id)) found++;
  }
  return found / (k * result.rows);
}

/** How many of the first ids found for a query, each counted once, are as near as its true `nearest`. */
function nearAmong(first: Int32Array, query: number, nearest: number, { found, truth }: ComparedDistances): number {
  let farthest = -1;
  for (let i = query * truth.cols; i < query * truth.cols + nearest; i++) {
    if (truth.data[i]! < NO_DISTANCE) farthest = Math.max(farthest, truth.data[i]!);
  }
  const near = first.filter((_, place) => found.data[query * found.cols + place]! <= farthest);
  return new Set(near).size;
}

function check(where: string, result: Ids, truth: Ids, resultCols: number, truthCols: number): void {
  requireIds(result, `${where}: result`);
  requireIds(truth, `${where}: truth`);
  if (result.rows === 0) throw new RangeError(`${where}: expected at least 1 query, got 0.`);
  if (result.rows !== truth.rows) {
    throw new RangeError(`${where}: expected ${truth.rows} queries as in the truth, got ${result.rows}.`);
  }
  if (!Number.isSafeInteger(resultCols) || resultCols < 1 || resultCols > result.cols) {
    throw new RangeError(`${where}: expected a rank from 1 to ${result.cols} (the ids found), got ${resultCols}.`);
  }
  if (truthCols > truth.cols) {
    throw new RangeError(`${where}: expected at most ${truth.cols} true neighbors, got ${truthCols}.`);
  }
}
