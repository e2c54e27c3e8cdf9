import type { Round } from '../operands.ts';
import type { ColumnSumsKernels } from './kernel.ts';

/** Rows that a sum over rows adds up before it adds the result to the rest: what a thread takes, and fewer roundings in a row. */
export const CHUNK_ROWS = 256;

export function referenceColumnSums(round: Round): ColumnSumsKernels {
  return {
    columnSums(out, x, rows, cols) {
      for (let c = 0; c < cols; c++) out[c] = chunkedSum(out[c]!, rows, (r) => x[r * cols + c]!, round);
    },
  };
}

/** start + the sum of term(r) over r < rows: each chunk of rows in order from 0, then chunk after chunk onto `start`. */
export function chunkedSum(start: number, rows: number, term: (r: number) => number, round: Round): number {
  let total = start;
  for (let first = 0; first < rows; first += CHUNK_ROWS) {
    const end = Math.min(first + CHUNK_ROWS, rows);
    let sum = 0;
    for (let r = first; r < end; r++) sum = round(sum + term(r));
    total = round(total + sum);
  }
  return total;
}
