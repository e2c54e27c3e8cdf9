import type { Floats, Kernels } from '../kernels.ts';

export type FiniteKernels = Pick<Kernels, 'allFinite'>;

/** Whether no x[i] is NaN or infinite: only such a value's difference from itself is not 0. */
export function allFinite(x: Floats, n: number): boolean {
  for (let i = 0; i < n; i++) if (x[i]! - x[i]! !== 0) return false;
  return true;
}

export function referenceFinite(): FiniteKernels {
  return { allFinite };
}
