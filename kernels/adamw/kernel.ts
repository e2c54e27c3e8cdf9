import type { Floats } from '../operands.ts';

/** One AdamW update; `correction1` = 1 - beta1^t and `correction2` = 1 - beta2^t are computed by the caller. */
export interface AdamwRates {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly correction1: number;
  readonly correction2: number;
}

export interface AdamwKernels {
  /** Decoupled weight decay; updates parameter, first and second moment. Values too small to matter become exactly 0. */
  adamw(parameter: Floats, gradient: Floats, first: Floats, second: Floats, n: number, rates: AdamwRates): void;
}
