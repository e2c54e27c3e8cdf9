import type { Floats } from '../operands.ts';

export interface ColumnSumsKernels {
  /** out[c] += sum over rows of x[r, c]: chunks of 256 rows, each summed in row order, chunk sums added in order. */
  columnSums(out: Floats, x: Floats, rows: number, cols: number): void;
}
