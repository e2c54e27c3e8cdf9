import type { Floats, Round } from '../operands.ts';
import type { ElementwiseKernels } from './kernel.ts';

/** Rows that a column sum adds up before it adds the result to the rest, so that threads could share the work. */
export const CHUNK_ROWS = 256;

/** x[i] = value. */
export function fill(x: Floats, value: number, n: number): void {
  x.fill(value, 0, n);
}

/** x[i] = (x[i] - mean) / std, in float64 and rounded once. */
export function standardize(x: Floats, n: number, mean: number, std: number): void {
  for (let i = 0; i < n; i++) x[i] = (x[i]! - mean) / std;
}

/** y[i] += x[i]. */
export function add(y: Floats, x: Floats, n: number, round: Round): void {
  for (let i = 0; i < n; i++) y[i] = round(y[i]! + x[i]!);
}

/** target[r, targetOffset + c] = source[r, sourceOffset + c]. */
export function copyBlock(
  target: Floats,
  targetStride: number,
  targetOffset: number,
  source: Floats,
  sourceStride: number,
  sourceOffset: number,
  rows: number,
  cols: number,
): void {
  for (let r = 0; r < rows; r++) {
    const to = r * targetStride + targetOffset;
    const from = r * sourceStride + sourceOffset;
    for (let c = 0; c < cols; c++) target[to + c] = source[from + c]!;
  }
}

/** target[r, targetOffset + c] += source[r, sourceOffset + c]. */
export function addBlock(
  target: Floats,
  targetStride: number,
  targetOffset: number,
  source: Floats,
  sourceStride: number,
  sourceOffset: number,
  rows: number,
  cols: number,
  round: Round,
): void {
  for (let r = 0; r < rows; r++) {
    const to = r * targetStride + targetOffset;
    const from = r * sourceStride + sourceOffset;
    for (let c = 0; c < cols; c++) target[to + c] = round(target[to + c]! + source[from + c]!);
  }
}

/** y[r, c] += bias[c]. */
export function addBias(y: Floats, bias: Floats, rows: number, cols: number, round: Round): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) y[r * cols + c] = round(y[r * cols + c]! + bias[c]!);
  }
}

/** out[c] += x[r, c] summed over r: each chunk of rows from 0, then chunk after chunk onto out. */
export function columnSums(out: Floats, x: Floats, rows: number, cols: number, round: Round): void {
  for (let c = 0; c < cols; c++) {
    for (let first = 0; first < rows; first += CHUNK_ROWS) {
      const end = Math.min(first + CHUNK_ROWS, rows);
      let sum = 0;
      for (let r = first; r < end; r++) sum = round(sum + x[r * cols + c]!);
      out[c] = round(out[c]! + sum);
    }
  }
}

export function referenceElementwise(round: Round): ElementwiseKernels {
  return {
    fill,
    standardize,
    add: (y, x, n) => add(y, x, n, round),
    copyBlock,
    addBlock: (target, targetStride, targetOffset, source, sourceStride, sourceOffset, rows, cols) =>
      addBlock(target, targetStride, targetOffset, source, sourceStride, sourceOffset, rows, cols, round),
    addBias: (y, bias, rows, cols) => addBias(y, bias, rows, cols, round),
    columnSums: (out, x, rows, cols) => columnSums(out, x, rows, cols, round),
  };
}
