import type { Floats } from '../operands.ts';

export interface SgdKernels {
  /** velocity = momentum · velocity + gradient, parameter -= rate · velocity. A velocity too small to matter becomes 0. */
  sgd(parameter: Floats, gradient: Floats, velocity: Floats, n: number, rate: number, momentum: number): void;
}
