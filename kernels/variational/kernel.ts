import type { Floats } from '../operands.ts';

/** What a variational autoencoder needs; its divergence is summed row after row, a row in four lanes. */
export interface VariationalKernels {
  /** deviation = e^(logVariance / 2), z = mean + deviation · noise; |logVariance| <= 80. */
  gaussianSample(z: Floats, deviation: Floats, mean: Floats, logVariance: Floats, noise: Floats, n: number): void;
  /** dMean += dz, dLogVariance += dz · noise · deviation / 2. */
  gaussianSampleBackward(
    dMean: Floats,
    dLogVariance: Floats,
    dz: Floats,
    deviation: Floats,
    noise: Floats,
    n: number,
  ): void;
  /** Mean over rows of the sum over columns of (mean² + e^logVariance - 1 - logVariance) / 2; |logVariance| <= 80. */
  gaussianDivergence(mean: Floats, logVariance: Floats, rows: number, cols: number): number;
  /** dMean += seed / rows · mean, dLogVariance += seed / rows · (e^logVariance - 1) / 2. */
  gaussianDivergenceBackward(
    dMean: Floats,
    dLogVariance: Floats,
    seed: number,
    mean: Floats,
    logVariance: Floats,
    rows: number,
    cols: number,
  ): void;
}
