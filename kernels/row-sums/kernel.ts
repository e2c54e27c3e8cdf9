import type { Floats } from '../operands.ts';

export interface RowSumsKernels {
  /** sums[ids[r], j] += x[r, j], r < rows in order, j < dim; rounded as `sums` is, which may be float64 in any precision. */
  sumRowsById(sums: Floats, ids: Int32Array, x: Floats, rows: number, dim: number): void;
}
