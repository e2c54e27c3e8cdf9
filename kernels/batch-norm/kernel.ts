import type { Floats } from '../operands.ts';

/** Columns are features, sums chunked as in columnSums. */
export interface BatchNormKernels {
  /** mean[c] and biased variance[c] of the columns of x (two passes: mean first). Overwrites. */
  batchNormMoments(mean: Floats, variance: Floats, x: Floats, rows: number, cols: number): void;
  /** y = (x - mean) / sqrt(variance + epsilon) · gain + bias. */
  batchNormForward(
    y: Floats,
    x: Floats,
    mean: Floats,
    variance: Floats,
    gain: Floats,
    bias: Floats,
    epsilon: number,
    rows: number,
    cols: number,
  ): void;
  /** Training mode: mean and variance depend on x. dx, dGain, dBias are added to. */
  batchNormBackward(
    dx: Floats,
    dGain: Floats,
    dBias: Floats,
    dy: Floats,
    x: Floats,
    mean: Floats,
    variance: Floats,
    gain: Floats,
    epsilon: number,
    rows: number,
    cols: number,
  ): void;

  /** average = (1 - momentum) average + momentum · factor · sample, i < n, in float64; what would be subnormal becomes 0. */
  moveAverage(average: Floats, sample: Floats, factor: number, momentum: number, n: number): void;
}
