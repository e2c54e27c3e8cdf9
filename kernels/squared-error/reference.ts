import { squaredDistance } from '../distance/reference.ts';
import type { Round } from '../operands.ts';
import type { SquaredErrorKernels } from './kernel.ts';

export function referenceSquaredError(round: Round): SquaredErrorKernels {
  return {
    /** Mean over rows of |x_r - target_r|², the squared distance of distance/; the rows are added in order. */
    squaredError(x, target, rows, cols) {
      let total = 0;
      for (let r = 0; r < rows; r++) {
        total = round(total + squaredDistance(x, r * cols, target, r * cols, cols, round));
      }
      return round(total / round(rows));
    },

    /** Forward: sum of (x - target)² / rows. So dx += 2 seed / rows · (x - target). */
    squaredErrorBackward(dx, seed, x, target, rows, cols) {
      const factor = round((2 * seed) / rows);
      for (let i = 0; i < rows * cols; i++) dx[i] = round(dx[i]! + round(factor * round(x[i]! - target[i]!)));
    },
  };
}
