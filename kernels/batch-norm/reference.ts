/**
 * Batch normalization of columns. Source: Ioffe & Szegedy 2015, Algorithm 1.
 * Every sum over rows is chunked as in `columnSums`.
 */
import { chunkedSum } from '../column-sums/reference.ts';
import type { Round } from '../operands.ts';
import type { BatchNormKernels } from './kernel.ts';

/** 2^-126. A column that has become 0 halves its statistics every 7 steps: they must not end among subnormal numbers. */
const SMALLEST_NORMAL = 2 ** -126;

export function referenceBatchNorm(round: Round): BatchNormKernels {
  return {
    /** mean[c], and variance[c] = mean over rows of (x - mean)²: biased, in a second pass, so without cancellation. */
    batchNormMoments(mean, variance, x, rows, cols) {
      const count = round(rows);
      for (let c = 0; c < cols; c++) {
        const center = round(chunkedSum(0, rows, (r) => x[r * cols + c]!, round) / count);
        const square = (r: number): number => {
          const difference = round(x[r * cols + c]! - center);
          return round(difference * difference);
        };
        mean[c] = center;
        variance[c] = round(chunkedSum(0, rows, square, round) / count);
      }
    },

    /** y = (x - mean) · (gain / sqrt(variance + epsilon)) + bias. */
    batchNormForward(y, x, mean, variance, gain, bias, epsilon, rows, cols) {
      for (let c = 0; c < cols; c++) {
        const scale = round(gain[c]! * inverseDeviation(variance[c]!, epsilon, round));
        for (let i = c; i < rows * cols; i += cols) y[i] = round(round(round(x[i]! - mean[c]!) * scale) + bias[c]!);
      }
    },

    /**
     * With xhat = (x - mean) / sqrt(variance + epsilon), forward: y = gain xhat + bias. So
     *
     * dBias += sum(dy), dGain += sum(dy xhat), and, since mean and variance depend on x (Ioffe & Szegedy, section 3, simplified),
     * dx += gain / sqrt(variance + epsilon) · (dy - mean(dy) - xhat mean(dy xhat)).
     */
    batchNormBackward(dx, dGain, dBias, dy, x, mean, variance, gain, epsilon, rows, cols) {
      const count = round(rows);
      for (let c = 0; c < cols; c++) {
        const dyTimesCentered = (r: number): number => round(dy[r * cols + c]! * round(x[r * cols + c]! - mean[c]!));
        const total = chunkedSum(0, rows, (r) => dy[r * cols + c]!, round); // of dy
        const totalCentered = chunkedSum(0, rows, dyTimesCentered, round); // of dy (x - mean)
        const inverse = inverseDeviation(variance[c]!, epsilon, round);
        const totalHat = round(totalCentered * inverse); // of dy xhat
        dBias[c] = round(dBias[c]! + total);
        dGain[c] = round(dGain[c]! + totalHat);

        const scale = round(gain[c]! * inverse);
        const average = round(total / count);
        const slope = round(round(totalHat / count) * inverse); // xhat mean(dy xhat) = (x - mean) slope
        for (let i = c; i < rows * cols; i += cols) {
          const centered = round(round(dy[i]! - average) - round(round(x[i]! - mean[c]!) * slope));
          dx[i] = round(dx[i]! + round(scale * centered));
        }
      }
    },

    /** average = (1 - momentum) average + momentum · factor · sample: in float64, rounded once by the store. */
    moveAverage(average, sample, factor, momentum, n) {
      for (let i = 0; i < n; i++) {
        const moved = (1 - momentum) * average[i]! + momentum * (factor * sample[i]!);
        average[i] = Math.abs(moved) < SMALLEST_NORMAL ? 0 : moved;
      }
    },
  };
}

function inverseDeviation(variance: number, epsilon: number, round: Round): number {
  return round(1 / round(Math.sqrt(round(variance + round(epsilon)))));
}
