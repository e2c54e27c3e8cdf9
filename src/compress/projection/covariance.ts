import type { Computing } from '../../../kernels/backend.ts';
import { subtractShift } from '../../tensor/algebra/multiply-rows.ts';
import { buildInOwnMemory } from '../../tensor/bytes-needed.ts';
import type { Matrix } from '../../tensor/matrix.ts';

/** Rows whose products are summed in float32 before the sum moves on to float64. */
const BLOCK_ROWS = 1024;

/**
 * The mean of each column, summed in float64 in row order and rounded once.
 *
 * @returns (cols)
 */
export function columnMeans(x: Matrix): Float32Array {
  const { rows, cols, data } = x;
  const sums = new Float64Array(cols);
  for (let row = 0; row < rows * cols; row += cols) {
    for (let c = 0; c < cols; c++) sums[c]! += data[row + c]!;
  }
  return Float32Array.from(sums, (sum) => sum / rows);
}

/**
 * (1 / n) Σ (x - mean)(x - mean)ᵀ.
 *
 * Departs: a plain float64 sum would take minutes for 50,000 x 960. Products of 1,024 rows at a time are summed in float32 by the
 * matrix kernel, and these blocks in float64: entries differ from the float64 ones by about 1e-6 of the largest, so directions
 * whose variances are that close may mix; distances after projection do not notice.
 *
 * @param mean (cols)
 * @returns (cols, cols), symmetric to the last bit, since both halves add the same products in the same order
 */
export function covariance(x: Matrix, mean: Float32Array, computing: Computing = {}): Float64Array {
  const { rows, cols, data } = x;
  const block = Math.min(BLOCK_ROWS, rows);
  const { kernels, centered, products } = buildInOwnMemory(computing, (kernels) => {
    return { kernels, centered: kernels.floats(block * cols), products: kernels.floats(cols * cols) };
  });
  const sums = new Float64Array(cols * cols);
  for (let first = 0; first < rows; first += block) {
    const count = Math.min(block, rows - first);
    subtractShift(centered, data.subarray(first * cols, (first + count) * cols), mean);
    kernels.matmulTN(products, centered, centered, cols, cols, count, false);
    for (let i = 0; i < sums.length; i++) sums[i]! += products[i]!;
  }
  kernels.close();
  for (let i = 0; i < sums.length; i++) sums[i]! /= rows;
  return sums;
}
