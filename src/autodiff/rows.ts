import type { Tape } from './tape.ts';
import { colsOf, requireShape, rowsOf, type Tensor } from './tensor.ts';

/**
 * Each row divided by its norm, or by 1e-12 if that is larger: points of the unit sphere.
 *
 * @param x (rows, cols)
 * @returns (rows, cols)
 */
export function normalizeRows(tape: Tape, x: Tensor): Tensor {
  const { kernels } = tape;
  const [rows, cols] = [rowsOf(x), colsOf(x)];
  const norms = kernels.floats(rows);
  const y = tape.result(x.shape, [x]);
  const [dx, dy] = [x.gradient, y.gradient];
  tape.record(
    () => kernels.normalizeRows(y.value, norms, x.value, rows, cols),
    dx && dy && (() => kernels.normalizeRowsBackward(dx, dy, y.value, norms, rows, cols)),
  );
  return y;
}

/**
 * sqrt(|a_r - b_r|² + epsilon²) for each row r: the Euclidean distance (not squared), smooth also where rows are equal.
 *
 * @param a (rows, cols)
 * @param b (rows, cols)
 * @returns (rows)
 * @throws {RangeError} if the shapes differ
 * @throws {Error} if only one of a and b has a gradient
 */
export function rowDistances(tape: Tape, a: Tensor, b: Tensor, epsilon: number): Tensor {
  requireShape('rowDistances: b', b, a.shape);
  const { kernels } = tape;
  const [rows, cols] = [rowsOf(a), colsOf(a)];
  const out = tape.result([rows], [a, b]);
  const [da, db, dOut] = [a.gradient, b.gradient, out.gradient];
  if (dOut && !(da && db)) throw new Error('rowDistances: expected a and b to have gradients, both of them.');
  tape.record(
    () => kernels.rowDistances(out.value, a.value, b.value, epsilon, rows, cols),
    dOut && da && db && (() => kernels.rowDistancesBackward(da, db, dOut, out.value, a.value, b.value, rows, cols)),
  );
  return out;
}
