import { type Computing, computingOf, createKernels } from '../../../kernels/backend.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';

/** Rows a matrix product takes at a time. */
const BLOCK_ROWS = 1024;

/**
 * y = A x for each row x; each output is one sum in the order of the columns.
 *
 * @param x (n, dIn)
 * @param rotation A (dOut, dIn)
 * @returns (n, dOut)
 * @throws {RangeError} if x has other than dIn columns
 */
export function rotateRows(x: Matrix, rotation: Matrix, computing: Computing = {}): Matrix {
  const { rows: dOut, cols: dIn } = rotation;
  if (x.cols !== dIn) throw new RangeError(`rotateRows: expected ${dIn} columns, got ${x.cols}.`);
  const block = Math.min(BLOCK_ROWS, x.rows);
  const kernels = createKernels({ ...computingOf(computing), bytes: 4 * (block * (dIn + dOut) + dOut * dIn) + 256 });
  const weights = kernels.floats(dOut * dIn);
  const input = kernels.floats(block * dIn);
  const output = kernels.floats(block * dOut);
  weights.set(rotation.data);
  const result = createMatrix(x.rows, dOut);
  for (let first = 0; first < x.rows; first += block) {
    const count = Math.min(block, x.rows - first);
    input.set(x.data.subarray(first * dIn, (first + count) * dIn));
    kernels.matmulNT(output, input, weights, count, dOut, dIn, false);
    result.data.set(output.subarray(0, count * dOut), first * dOut);
  }
  kernels.close();
  return result;
}
