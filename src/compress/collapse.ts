import type { Computing } from '../../kernels/backend.ts';
import { createMatrix, type Matrix } from '../tensor/matrix.ts';
import type { Compressor } from './compressor.ts';

/** Rows that are compressed to see whether their codes differ. */
const ROWS = 1000;

/**
 * How many of a thousand rows differ, and how many still do after compression: of a training that learned nothing, or from fill values,
 * one or a few are left, and what is found among them is chance.
 *
 * @param base (n, dIn); rows in even steps are taken where there are more
 */
export function distinctCodes(
  compressor: Compressor,
  base: Matrix,
  computing: Computing = {},
): { readonly rows: number; readonly codes: number } {
  const count = Math.min(ROWS, base.rows);
  const sample = createMatrix(count, base.cols);
  for (let i = 0; i < count; i++) {
    const from = Math.floor((i * base.rows) / count) * base.cols;
    sample.data.set(base.data.subarray(from, from + base.cols), i * base.cols);
  }
  return { rows: distinctRows(sample), codes: distinctRows(compressor.encode(sample, computing)) };
}

function distinctRows({ rows, cols, data }: Matrix): number {
  return new Set(Array.from({ length: rows }, (_, row) => data.subarray(row * cols, (row + 1) * cols).join())).size;
}
