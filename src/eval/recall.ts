import type { Ids } from '../tensor/nearest/neighbors.ts';

/**
 * 1@R: the share of queries whose one true nearest neighbor is among the first R ids found. Ids are compared strictly.
 *
 * Source: the paper, section 4.1 ("1@1, 1@5, 1@10, 1@50"); Jégou et al. 2011.
 *
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
export function recallAt(result: Ids, truth: Ids, R: number): number {
  check('recallAt', result, truth, R, 1);
  let found = 0;
  for (let q = 0; q < result.rows; q++) {
    const nearest = truth.data[q * truth.cols]!;
    if (nearest >= 0 && result.data.subarray(q * result.cols, q * result.cols + R).includes(nearest)) found++;
  }
  return found / result.rows;
}

/**
 * k@k: the mean share of the true k nearest that is among the first k ids found. Ids are compared strictly, each counted once.
 *
 * Source: the paper, section 4.1 ("100@100").
 *
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
export function intersectionAt(result: Ids, truth: Ids, k: number): number {
  check('intersectionAt', result, truth, k, k);
  let found = 0;
  for (let q = 0; q < result.rows; q++) {
    const wanted = new Set(truth.data.subarray(q * truth.cols, q * truth.cols + k));
    wanted.delete(-1);
    for (let i = 0; i < k; i++) if (wanted.delete(result.data[q * result.cols + i]!)) found++;
  }
  return found / (k * result.rows);
}

function check(where: string, result: Ids, truth: Ids, resultCols: number, truthCols: number): void {
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
