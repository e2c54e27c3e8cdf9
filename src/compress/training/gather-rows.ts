import { createMatrix, type Matrix } from '../../tensor/matrix.ts';

/** Row r is row ids[r] of x. */
export function gatherRows(x: Matrix, ids: Int32Array): Matrix {
  const { cols } = x;
  const rows = createMatrix(ids.length, cols);
  ids.forEach((id, r) => {
    rows.data.set(x.data.subarray(id * cols, (id + 1) * cols), r * cols);
  });
  return rows;
}
