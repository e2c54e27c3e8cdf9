import type { Computing } from '../../../kernels/backend.ts';
import { kernelsFor } from '../bytes-needed.ts';
import { createMatrix, type Matrix } from '../matrix.ts';

/** Rows a matrix product takes at a time: enough to be at full speed, few enough to need little memory. */
const BLOCK_ROWS = 1024;

export interface MultiplyOptions extends Computing {
  /** (dIn), subtracted from each row first. */
  readonly shift?: Float32Array | undefined;
  /** Rows done so far, and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * y = W (x - shift) for each row of x; each output is one sum in the order of the columns, so blocks leave no trace in it.
 *
 * @param where begins the message
 * @param x (n, dIn)
 * @param weights W (dOut, dIn)
 * @returns (n, dOut)
 * @throws {RangeError} if x has other than dIn columns
 */
export function multiplyRows(where: string, x: Matrix, weights: Matrix, options: MultiplyOptions = {}): Matrix {
  const { rows: dOut, cols: dIn } = weights;
  if (x.cols !== dIn) throw new RangeError(`${where}: expected ${dIn} columns, got ${x.cols}.`);
  const { shift, onProgress } = options;
  const block = Math.min(BLOCK_ROWS, x.rows);
  const [kernels, { w, input, output }] = kernelsFor(options, ({ floats }) => ({
    w: floats(dOut * dIn),
    input: floats(block * dIn),
    output: floats(block * dOut),
  }));
  w.set(weights.data);
  const y = createMatrix(x.rows, dOut);
  for (let first = 0; first < x.rows; first += block) {
    const count = Math.min(block, x.rows - first);
    const rows = x.data.subarray(first * dIn, (first + count) * dIn);
    if (shift) subtractShift(input, rows, shift);
    else input.set(rows);
    kernels.matmulNT(output, input, w, count, dOut, dIn, false);
    y.data.set(output.subarray(0, count * dOut), first * dOut);
    onProgress?.(first + count, x.rows);
  }
  kernels.close();
  return y;
}

/** target[r, c] = source[r, c] - shift[c], rounded once. */
export function subtractShift(target: { [index: number]: number }, source: Float32Array, shift: Float32Array): void {
  const cols = shift.length;
  for (let row = 0; row < source.length; row += cols) {
    for (let c = 0; c < cols; c++) target[row + c] = source[row + c]! - shift[c]!;
  }
}
