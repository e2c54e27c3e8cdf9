/** What a variational autoencoder needs. Source: Kingma & Welling 2014, section 3 and appendix B. */
import { squaredDistance } from '../distance/reference.ts';
import { exp } from '../math/reference.ts';
import type { Floats, Round } from '../operands.ts';
import type { VariationalKernels } from './kernel.ts';

/** Element i adds to lane i mod 4, as in a vector of four. */
const lanes = new Float64Array(4);

/** deviation = e^(logVariance / 2), z = mean + deviation · noise: the reparameterisation of z ~ N(mean, deviation²). */
export function gaussianSample(
  z: Floats,
  deviation: Floats,
  mean: Floats,
  logVariance: Floats,
  noise: Floats,
  n: number,
  round: Round,
): void {
  for (let i = 0; i < n; i++) {
    const sigma = exp(round(logVariance[i]! * 0.5), round);
    deviation[i] = sigma;
    z[i] = round(mean[i]! + round(sigma * noise[i]!));
  }
}

/** Forward: z = mean + e^(logVariance / 2) noise. So dMean += dz, dLogVariance += dz noise deviation / 2. */
export function gaussianSampleBackward(
  dMean: Floats,
  dLogVariance: Floats,
  dz: Floats,
  deviation: Floats,
  noise: Floats,
  n: number,
  round: Round,
): void {
  for (let i = 0; i < n; i++) {
    dMean[i] = round(dMean[i]! + dz[i]!);
    const slope = round(round(deviation[i]! * 0.5) * noise[i]!);
    dLogVariance[i] = round(dLogVariance[i]! + round(dz[i]! * slope));
  }
}

/**
 * Kullback-Leibler divergence of N(mean, e^logVariance) from N(0, 1), summed over columns, mean over rows:
 * (mean² + e^logVariance - 1 - logVariance) / 2. Each row in four lanes, the rows in order.
 */
export function gaussianDivergence(
  mean: Floats,
  logVariance: Floats,
  rows: number,
  cols: number,
  round: Round,
): number {
  let total = 0;
  for (let r = 0; r < rows; r++) {
    lanes.fill(0);
    for (let c = 0; c < cols; c++) {
      const m = mean[r * cols + c]!;
      const v = logVariance[r * cols + c]!;
      const term = round(round(round(m * m) + exp(v, round)) - round(1 + v));
      lanes[c & 3] = round(lanes[c & 3]! + term);
    }
    total = round(total + round(round(lanes[0]! + lanes[2]!) + round(lanes[1]! + lanes[3]!)));
  }
  return round(total / round(2 * rows));
}

/** Forward: sum of (mean² + e^logVariance - 1 - logVariance) / (2 rows). */
export function gaussianDivergenceBackward(
  dMean: Floats,
  dLogVariance: Floats,
  seed: number,
  mean: Floats,
  logVariance: Floats,
  rows: number,
  cols: number,
  round: Round,
): void {
  const factor = round(seed / rows);
  const half = round(seed / rows / 2);
  for (let i = 0; i < rows * cols; i++) {
    dMean[i] = round(dMean[i]! + round(factor * mean[i]!));
    dLogVariance[i] = round(dLogVariance[i]! + round(half * round(exp(logVariance[i]!, round) - 1)));
  }
}

/** Mean over rows of |x_r - target_r|², the squared distance of distance/; the rows are added in order. */
export function squaredError(x: Floats, target: Floats, rows: number, cols: number, round: Round): number {
  let total = 0;
  for (let r = 0; r < rows; r++) {
    total = round(total + squaredDistance(x, r * cols, target, r * cols, cols, round));
  }
  return round(total / round(rows));
}

/** Forward: sum of (x - target)² / rows. So dx += 2 seed / rows · (x - target). */
export function squaredErrorBackward(
  dx: Floats,
  seed: number,
  x: Floats,
  target: Floats,
  rows: number,
  cols: number,
  round: Round,
): void {
  const factor = round((2 * seed) / rows);
  for (let i = 0; i < rows * cols; i++) dx[i] = round(dx[i]! + round(factor * round(x[i]! - target[i]!)));
}

export function referenceVariational(round: Round): VariationalKernels {
  return {
    gaussianSample: (z, deviation, mean, logVariance, noise, n) =>
      gaussianSample(z, deviation, mean, logVariance, noise, n, round),
    gaussianSampleBackward: (dMean, dLogVariance, dz, deviation, noise, n) =>
      gaussianSampleBackward(dMean, dLogVariance, dz, deviation, noise, n, round),
    gaussianDivergence: (mean, logVariance, rows, cols) => gaussianDivergence(mean, logVariance, rows, cols, round),
    gaussianDivergenceBackward: (dMean, dLogVariance, seed, mean, logVariance, rows, cols) =>
      gaussianDivergenceBackward(dMean, dLogVariance, seed, mean, logVariance, rows, cols, round),
    squaredError: (x, target, rows, cols) => squaredError(x, target, rows, cols, round),
    squaredErrorBackward: (dx, seed, x, target, rows, cols) =>
      squaredErrorBackward(dx, seed, x, target, rows, cols, round),
  };
}
