import type { Floats } from '../operands.ts';

/** How far a reconstruction is from its target; the distances of rows as in distance/, the rows added in order. */
export interface SquaredErrorKernels {
  /** Mean over rows of |x_r - target_r|². */
  squaredError(x: Floats, target: Floats, rows: number, cols: number): number;
  /** dx += 2 seed / rows · (x - target). */
  squaredErrorBackward(dx: Floats, seed: number, x: Floats, target: Floats, rows: number, cols: number): void;
}
