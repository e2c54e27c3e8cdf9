import { type Computing, computingOf } from '../../../kernels/backend.ts';
import { multiplyRows } from '../../tensor/algebra/multiply-rows.ts';
import type { Matrix } from '../../tensor/matrix.ts';

/** `multiplyRows` by a rotation (dOut, dIn). */
export function rotateRows(x: Matrix, rotation: Matrix, computing: Computing = {}): Matrix {
  return multiplyRows('rotateRows', x, rotation, computingOf(computing));
}
