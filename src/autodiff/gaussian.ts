import type { Tape } from './tape.ts';
import { colsOf, requireShape, rowsOf, sizeOf, type Tensor } from './tensor.ts';

/** The parameters of independent normal distributions; two tensors of one shape. */
export interface Gaussian {
  readonly mean: Tensor;
  /** ln σ², within ±80. */
  readonly logVariance: Tensor;
}

/**
 * z = mean + σ · noise: a sample through which gradients flow (the "reparameterization trick").
 *
 * Source: Kingma & Welling 2014, section 2.4.
 *
 * @param noise standard normals, without a gradient
 * @returns the shape of the mean
 * @throws {RangeError} if the shapes differ
 * @throws {Error} if only one of mean and log variance has a gradient
 */
export function gaussianSample(tape: Tape, { mean, logVariance }: Gaussian, noise: Tensor): Tensor {
  requireShape('gaussianSample: log variance', logVariance, mean.shape);
  requireShape('gaussianSample: noise', noise, mean.shape);
  const { kernels } = tape;
  const n = sizeOf(mean.shape);
  const deviation = kernels.floats(n);
  const z = tape.result(mean.shape, [mean, logVariance]);
  const [dMean, dLogVariance, dz] = [mean.gradient, logVariance.gradient, z.gradient];
  if (dz && !(dMean && dLogVariance)) {
    throw new Error('gaussianSample: expected mean and log variance to have gradients, both of them.');
  }
  tape.record(
    () => kernels.gaussianSample(z.value, deviation, mean.value, logVariance.value, noise.value, n),
    dz &&
      dMean &&
      dLogVariance &&
      (() => kernels.gaussianSampleBackward(dMean, dLogVariance, dz, deviation, noise.value, n)),
  );
  return z;
}

/**
 * Kullback-Leibler divergence from N(0, 1), summed over columns, mean over rows.
 *
 * Source: Kingma & Welling 2014, appendix B.
 *
 * @returns (1)
 * @throws {RangeError} if the shapes differ
 * @throws {Error} if only one of mean and log variance has a gradient
 */
export function gaussianDivergence(tape: Tape, { mean, logVariance }: Gaussian): Tensor {
  requireShape('gaussianDivergence: log variance', logVariance, mean.shape);
  const { kernels } = tape;
  const [rows, cols] = [rowsOf(mean), colsOf(mean)];
  const divergence = tape.result([1], [mean, logVariance]);
  const [dMean, dLogVariance, seed] = [mean.gradient, logVariance.gradient, divergence.gradient];
  if (seed && !(dMean && dLogVariance)) {
    throw new Error('gaussianDivergence: expected mean and log variance to have gradients, both of them.');
  }
  tape.record(
    () => {
      divergence.value[0] = kernels.gaussianDivergence(mean.value, logVariance.value, rows, cols);
    },
    seed &&
      dMean &&
      dLogVariance &&
      (() => {
        const { value } = logVariance;
        kernels.gaussianDivergenceBackward(dMean, dLogVariance, seed[0]!, mean.value, value, rows, cols);
      }),
  );
  return divergence;
}
