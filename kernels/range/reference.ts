import type { RangeKernels } from './kernel.ts';

export function referenceRange(): RangeKernels {
  return {
    /** Whether -most <= x[i] <= most for each i < n; a comparison with NaN is false. */
    allWithin(x, n, most) {
      for (let i = 0; i < n; i++) if (!(Math.abs(x[i]!) <= most)) return false;
      return true;
    },
  };
}
