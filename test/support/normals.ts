import { createMatrix, type Matrix } from '../../src/tensor/matrix.ts';
import { Random } from '../../src/tensor/random.ts';

/** Standard normal numbers; each name has its own. */
export function normalMatrix(rows: number, cols: number, name: string): Matrix {
  const random = new Random(1, name);
  return createMatrix(
    rows,
    cols,
    Float32Array.from({ length: rows * cols }, () => random.normal()),
  );
}
