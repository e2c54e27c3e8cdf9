import type { Floats } from '../operands.ts';

export interface ActivationKernels {
  /** y = x · min(max(x + 3, 0), 6) / 6. */
  hardswish(y: Floats, x: Floats, n: number): void;
  /** dx += dy · hardswish'(x); derivative 0 at x = -3 and 1 at x = 3. */
  hardswishBackward(dx: Floats, dy: Floats, x: Floats, n: number): void;
  /** y = min(max(x, -1), 1). */
  hardtanh(y: Floats, x: Floats, n: number): void;
  /** dx += dy where -1 < x < 1. */
  hardtanhBackward(dx: Floats, dy: Floats, x: Floats, n: number): void;
  /** y = max(x, 0); a NaN stays. */
  relu(y: Floats, x: Floats, n: number): void;
  /** dx += dy where x > 0. */
  reluBackward(dx: Floats, dy: Floats, x: Floats, n: number): void;
  /** y = min(max(x, least), most); a NaN stays. */
  clamp(y: Floats, x: Floats, least: number, most: number, n: number): void;
  /** dx += dy where least < x < most. */
  clampBackward(dx: Floats, dy: Floats, x: Floats, least: number, most: number, n: number): void;
}
