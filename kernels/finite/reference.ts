import type { Floats } from '../operands.ts';
import type { FiniteKernels } from './kernel.ts';

/** Whether no x[i] is NaN or infinite: only such a value's difference from itself is not 0. */
export function allFinite(x: Floats, n: number): boolean {
  for (let i = 0; i < n; i++) if (x[i]! - x[i]! !== 0) return false;
  return true;
}

export function referenceFinite(): FiniteKernels {
  return { allFinite };
}
