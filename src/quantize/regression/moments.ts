import { leastSquares } from '../../tensor/algebra/least-squares.ts';

/**
 * Moments of x and B (n vectors) give |x - β B|² for every β. They are the products of the vectors with each other, their products
 * with x, and |x|². The error is linear in them, with factors that depend on β alone:
 *
 *   |x - β B|² = Σ_ij β_i β_j (B Bᵀ)_ij - 2 Σ_i β_i (B x)_i + |x|² = factors(β) · moments(x, B)
 *
 * so moments of several points may be added: the sum gives the error of one β for all of them.
 */

/** How many moments there are for n vectors. */
export function momentCount(n: number): number {
  return (n * (n + 1)) / 2 + n + 1;
}

/** Dimensions first .. first + length - 1 of vectors of `dim`. */
export interface VectorPart {
  readonly dim: number;
  readonly first: number;
  readonly length: number;
}

/**
 * Moments in float64 of one part: the upper triangle of B Bᵀ row by row, then B x, then |x|².
 *
 * @param points (rows, dim); x is row `row`
 * @param basis (n, dim)
 */
export function fillMoments(
  out: Float64Array,
  points: Float32Array,
  row: number,
  basis: Float32Array,
  { dim, first, length }: VectorPart,
): void {
  const n = basis.length / dim;
  const pointAt = row * dim + first;
  let place = 0;
  for (let a = 0; a < n; a++) {
    const rowA = a * dim + first;
    for (let b = a; b < n; b++) {
      const rowB = b * dim + first;
      let sum = 0;
      for (let j = 0; j < length; j++) sum += basis[rowA + j]! * basis[rowB + j]!;
      out[place++] = sum;
    }
  }
  for (let a = 0; a < n; a++) {
    const rowA = a * dim + first;
    let sum = 0;
    for (let j = 0; j < length; j++) sum += basis[rowA + j]! * points[pointAt + j]!;
    out[place++] = sum;
  }
  let square = 0;
  for (let j = 0; j < length; j++) square += points[pointAt + j]! * points[pointAt + j]!;
  out[place] = square;
}

/** The factors of the n coefficients from place `from` of `weights`, in the order of the moments, from place `at` of `out`. */
export function fillFactors(out: Float64Array, at: number, weights: Float32Array, from: number, n: number): void {
  let place = at;
  for (let a = 0; a < n; a++) {
    out[place++] = weights[from + a]! * weights[from + a]!;
    for (let b = a + 1; b < n; b++) out[place++] = 2 * weights[from + a]! * weights[from + b]!;
  }
  for (let a = 0; a < n; a++) out[place++] = -2 * weights[from + a]!;
  out[place] = 1;
}

/**
 * The shortest β of the smallest error.
 *
 * @param at where the moments begin
 * @param cutoff as in `leastSquares`
 */
export function bestWeights(moments: Float64Array, at: number, n: number, cutoff: number): Float64Array {
  const gram = new Float64Array(n * n);
  let place = at;
  for (let a = 0; a < n; a++) {
    for (let b = a; b < n; b++) gram[a * n + b] = gram[b * n + a] = moments[place++]!;
  }
  return leastSquares(gram, moments.slice(place, place + n), cutoff);
}
