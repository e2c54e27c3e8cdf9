import type { Floats } from '../operands.ts';

export interface FiniteKernels {
  /** Whether no x[i] is NaN or infinite, i < n. */
  allFinite(x: Floats, n: number): boolean;
}
