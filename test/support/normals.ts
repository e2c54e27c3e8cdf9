import { createMatrix, type Matrix } from '../../src/tensor/matrix.ts';
import { Random } from '../../src/tensor/random/random.ts';

/** Standard normal numbers; each name has its own. */
export function normalMatrix(rows: number, cols: number, name: string): Matrix {
  const random = new Random(1, name);
  return createMatrix(
    rows,
    cols,
    Float32Array.from({ length: rows * cols }, () => random.normal()),
  );
}

/** The first columns only: a crude compression. */
export function narrowed(matrix: Matrix, cols: number): Matrix {
  const narrow = createMatrix(matrix.rows, cols);
  for (let row = 0; row < matrix.rows; row++) {
    narrow.data.set(matrix.data.subarray(row * matrix.cols, row * matrix.cols + cols), row * cols);
  }
  return narrow;
}
