import { symmetricEigen } from './eigen.ts';

/**
 * The shortest y (n) that minimizes |x - y B|² for a matrix B of n rows, of which only B Bᵀ and B x are needed.
 *
 * Every direction of B whose singular value is at most `cutoff` times the largest is left out, as a pseudo-inverse does: rows of B may
 * be equal, or fewer than n of them independent, and y stays short where a plain solution of the normal equations would blow up.
 *
 * Source: Golub & Van Loan, Matrix Computations, 4th ed., section 5.5.2 (minimum norm solution), by the eigenvectors of B Bᵀ.
 * Departs: works on B Bᵀ, so singular values below 1e-8 of the largest are rounding; `cutoff` must lie above.
 *
 * @param gram B Bᵀ (n, n), exactly symmetric
 * @param product B x (n)
 * @param cutoff relative to the largest singular value of B, from 1e-7 to below 1
 * @throws {RangeError} if sizes or cutoff do not fit, or `gram` is not symmetric or not finite
 */
export function leastSquares(gram: Float64Array, product: Float64Array, cutoff: number): Float64Array {
  const n = product.length;
  if (!(cutoff >= 1e-7 && cutoff < 1)) {
    throw new RangeError(`leastSquares: expected a cutoff from 1e-7 to below 1, got ${cutoff}.`);
  }
  const { values, vectors } = symmetricEigen(gram, n);
  const smallest = cutoff * cutoff * values[0]!;
  const y = new Float64Array(n);
  for (let i = 0; i < n && values[i]! > smallest; i++) {
    let share = 0;
    for (let j = 0; j < n; j++) share += vectors[i * n + j]! * product[j]!;
    share /= values[i]!;
    for (let j = 0; j < n; j++) y[j]! += share * vectors[i * n + j]!;
  }
  return y;
}
