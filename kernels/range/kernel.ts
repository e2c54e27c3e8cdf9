import type { Floats } from '../operands.ts';

export interface RangeKernels {
  /** Whether -most <= x[i] <= most for each i < n; NaN is nowhere. */
  allWithin(x: Floats, n: number, most: number): boolean;
}
