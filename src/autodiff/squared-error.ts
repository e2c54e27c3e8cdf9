import type { Tape } from './tape.ts';
import { colsOf, requireShape, rowsOf, type Tensor } from './tensor.ts';

/**
 * Mean over rows of |x_r - target_r|².
 *
 * @param x (rows, cols)
 * @param target (rows, cols); no gradient flows into it
 * @returns (1)
 * @throws {RangeError} if the shapes differ
 */
export function squaredError(tape: Tape, x: Tensor, target: Tensor): Tensor {
  requireShape('squaredError: target', target, x.shape);
  const { kernels } = tape;
  const [rows, cols] = [rowsOf(x), colsOf(x)];
  const error = tape.result([1], [x]);
  const [dx, seed] = [x.gradient, error.gradient];
  tape.record(
    () => {
      error.value[0] = kernels.squaredError(x.value, target.value, rows, cols);
    },
    dx && seed && (() => kernels.squaredErrorBackward(dx, seed[0]!, x.value, target.value, rows, cols)),
  );
  return error;
}
