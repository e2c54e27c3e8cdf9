/** What a triplet loss on the unit sphere needs of the rows of a batch. Source: Sablayrolles et al. 2019 (Catalyst), section 3. */
import { squaredDistance } from '../distance/reference.ts';
import { laneSum } from '../math/lane-sum.ts';
import type { Floats, Round } from '../operands.ts';
import type { RowKernels } from './kernel.ts';

/** The least norm that a row is divided by, as in PyTorch's `normalize`. */
export const SMALLEST_NORM = 1e-12;

export function referenceRows(round: Round): RowKernels {
  return {
    /** norms[r] = max(|x_r|, 1e-12), y_r = x_r / norms[r]. */
    normalizeRows(y, norms, x, rows, cols) {
      const smallest = round(SMALLEST_NORM);
      for (let r = 0; r < rows; r++) {
        const length = round(Math.sqrt(rowProduct(x, x, r * cols, cols, round)));
        const norm = Math.max(length, smallest);
        norms[r] = norm;
        for (let i = r * cols; i < (r + 1) * cols; i++) y[i] = round(x[i]! / norm);
      }
    },

    /**
     * Forward: y = x / |x|, whose derivative is (I - y yᵀ) / |x|. So dx += (dy - y (y · dy)) / |x|.
     *
     * Departs: where the norm was raised to 1e-12 the derivative is taken as 0 (PyTorch's is 1e12).
     */
    normalizeRowsBackward(dx, dy, y, norms, rows, cols) {
      const smallest = round(SMALLEST_NORM);
      for (let r = 0; r < rows; r++) {
        const norm = norms[r]!;
        if (norm <= smallest) continue;
        const along = rowProduct(y, dy, r * cols, cols, round);
        for (let i = r * cols; i < (r + 1) * cols; i++) {
          dx[i] = round(dx[i]! + round(round(dy[i]! - round(y[i]! * along)) / norm));
        }
      }
    },

    /** out[r] = sqrt(|a_r - b_r|² + epsilon²): finite derivatives, and a finite logarithm, also for equal rows. */
    rowDistances(out, a, b, epsilon, rows, cols) {
      const square = round(epsilon * epsilon);
      for (let r = 0; r < rows; r++) {
        out[r] = round(Math.sqrt(round(squaredDistance(a, r * cols, b, r * cols, cols, round) + square)));
      }
    },

    /** Forward: out = sqrt(|a - b|² + epsilon²), whose derivative by a is (a - b) / out, and by b its negative. */
    rowDistancesBackward(da, db, dOut, out, a, b, rows, cols) {
      for (let r = 0; r < rows; r++) {
        const factor = round(dOut[r]! / out[r]!);
        for (let i = r * cols; i < (r + 1) * cols; i++) {
          const step = round(factor * round(a[i]! - b[i]!));
          da[i] = round(da[i]! + step);
          db[i] = round(db[i]! - step);
        }
      }
    },
  };
}

/** a_r · b_r for the rows that start at element `start`. */
function rowProduct(a: Floats, b: Floats, start: number, cols: number, round: Round): number {
  return laneSum(cols, (c) => round(a[start + c]! * b[start + c]!), round);
}
