import type { FiniteKernels } from './kernel.ts';

export function referenceFinite(): FiniteKernels {
  return {
    /** Whether no x[i] is NaN or infinite: only such a value's difference from itself is not 0. */
    allFinite(x, n) {
      for (let i = 0; i < n; i++) if (x[i]! - x[i]! !== 0) return false;
      return true;
    },
  };
}
