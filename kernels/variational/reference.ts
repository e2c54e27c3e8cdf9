/** What a variational autoencoder needs. Source: Kingma & Welling 2014, section 3 and appendix B. */
import { laneSum } from '../math/lane-sum.ts';
import { exp } from '../math/reference.ts';
import type { Round } from '../operands.ts';
import type { VariationalKernels } from './kernel.ts';

export function referenceVariational(round: Round): VariationalKernels {
  return {
    /** deviation = e^(logVariance / 2), z = mean + deviation · noise: the reparameterization of z ~ N(mean, deviation²). */
    gaussianSample(z, deviation, mean, logVariance, noise, n) {
      for (let i = 0; i < n; i++) {
        const sigma = exp(round(logVariance[i]! * 0.5), round);
        deviation[i] = sigma;
        z[i] = round(mean[i]! + round(sigma * noise[i]!));
      }
    },

    /** Forward: z = mean + e^(logVariance / 2) noise. So dMean += dz, dLogVariance += dz noise deviation / 2. */
    gaussianSampleBackward(dMean, dLogVariance, dz, deviation, noise, n) {
      for (let i = 0; i < n; i++) {
        dMean[i] = round(dMean[i]! + dz[i]!);
        const slope = round(round(deviation[i]! * 0.5) * noise[i]!);
        dLogVariance[i] = round(dLogVariance[i]! + round(dz[i]! * slope));
      }
    },

    /**
     * Kullback-Leibler divergence of N(mean, e^logVariance) from N(0, 1), summed over columns, mean over rows:
     * (mean² + e^logVariance - 1 - logVariance) / 2. Each row in four lanes, the rows in order.
     */
    gaussianDivergence(mean, logVariance, rows, cols) {
      let total = 0;
      for (let r = 0; r < rows; r++) {
        const term = (c: number): number => {
          const m = mean[r * cols + c]!;
          const v = logVariance[r * cols + c]!;
          return round(round(round(m * m) + exp(v, round)) - round(1 + v));
        };
        total = round(total + laneSum(cols, term, round));
      }
      return round(total / round(2 * rows));
    },

    /** Forward: sum of (mean² + e^logVariance - 1 - logVariance) / (2 rows). */
    gaussianDivergenceBackward(dMean, dLogVariance, seed, mean, logVariance, rows, cols) {
      const factor = round(seed / rows);
      const half = round(seed / rows / 2);
      for (let i = 0; i < rows * cols; i++) {
        dMean[i] = round(dMean[i]! + round(factor * mean[i]!));
        dLogVariance[i] = round(dLogVariance[i]! + round(half * round(exp(logVariance[i]!, round) - 1)));
      }
    },
  };
}
