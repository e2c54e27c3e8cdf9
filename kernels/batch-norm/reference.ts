/**
 * Batch normalisation of columns. Source: Ioffe & Szegedy 2015, Algorithm 1.
 * Every sum over rows is chunked as in `columnSums`.
 */
import { CHUNK_ROWS } from '../elementwise/reference.ts';
import type { Floats, Round } from '../operands.ts';
import type { BatchNormKernels } from './kernel.ts';

/** mean[c], and variance[c] = mean over rows of (x - mean)²: biased, in a second pass, so without cancellation. */
export function batchNormMoments(
  mean: Floats,
  variance: Floats,
  x: Floats,
  rows: number,
  cols: number,
  round: Round,
): void {
  const count = round(rows);
  for (let c = 0; c < cols; c++) {
    let total = 0;
    for (let first = 0; first < rows; first += CHUNK_ROWS) {
      const end = Math.min(first + CHUNK_ROWS, rows);
      let sum = 0;
      for (let r = first; r < end; r++) sum = round(sum + x[r * cols + c]!);
      total = round(total + sum);
    }
    const center = round(total / count);
    total = 0;
    for (let first = 0; first < rows; first += CHUNK_ROWS) {
      const end = Math.min(first + CHUNK_ROWS, rows);
      let sum = 0;
      for (let r = first; r < end; r++) {
        const difference = round(x[r * cols + c]! - center);
        sum = round(sum + round(difference * difference));
      }
      total = round(total + sum);
    }
    mean[c] = center;
    variance[c] = round(total / count);
  }
}

/** y = (x - mean) · (gain / sqrt(variance + epsilon)) + bias. */
export function batchNormForward(
  y: Floats,
  x: Floats,
  mean: Floats,
  variance: Floats,
  gain: Floats,
  bias: Floats,
  epsilon: number,
  rows: number,
  cols: number,
  round: Round,
): void {
  for (let c = 0; c < cols; c++) {
    const scale = round(gain[c]! * inverseDeviation(variance[c]!, epsilon, round));
    for (let i = c; i < rows * cols; i += cols) y[i] = round(round(round(x[i]! - mean[c]!) * scale) + bias[c]!);
  }
}

/**
 * With xhat = (x - mean) / sqrt(variance + epsilon), forward: y = gain xhat + bias. So
 *
 * dBias += sum(dy), dGain += sum(dy xhat), and, since mean and variance depend on x (Ioffe & Szegedy, section 3, simplified),
 * dx += gain / sqrt(variance + epsilon) · (dy - mean(dy) - xhat mean(dy xhat)).
 */
export function batchNormBackward(
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
  round: Round,
): void {
  const count = round(rows);
  for (let c = 0; c < cols; c++) {
    let total = 0; // of dy
    let totalCentered = 0; // of dy (x - mean)
    for (let first = 0; first < rows; first += CHUNK_ROWS) {
      const end = Math.min(first + CHUNK_ROWS, rows);
      let sum = 0;
      let sumCentered = 0;
      for (let i = first * cols + c; i < end * cols; i += cols) {
        sum = round(sum + dy[i]!);
        sumCentered = round(sumCentered + round(dy[i]! * round(x[i]! - mean[c]!)));
      }
      total = round(total + sum);
      totalCentered = round(totalCentered + sumCentered);
    }
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
}

/** 2^-126. A column that has become 0 halves its statistics every 7 steps: they must not end among subnormal numbers. */
const SMALLEST_NORMAL = 2 ** -126;

/** average = (1 - momentum) average + momentum · factor · sample: in float64, rounded once by the store. */
export function moveAverage(average: Floats, sample: Floats, factor: number, momentum: number, n: number): void {
  for (let i = 0; i < n; i++) {
    const moved = (1 - momentum) * average[i]! + momentum * (factor * sample[i]!);
    average[i] = Math.abs(moved) < SMALLEST_NORMAL ? 0 : moved;
  }
}

function inverseDeviation(variance: number, epsilon: number, round: Round): number {
  return round(1 / round(Math.sqrt(round(variance + round(epsilon)))));
}

export function referenceBatchNorm(round: Round): BatchNormKernels {
  return {
    batchNormMoments: (mean, variance, x, rows, cols) => batchNormMoments(mean, variance, x, rows, cols, round),
    batchNormForward: (y, x, mean, variance, gain, bias, epsilon, rows, cols) =>
      batchNormForward(y, x, mean, variance, gain, bias, epsilon, rows, cols, round),
    batchNormBackward: (dx, dGain, dBias, dy, x, mean, variance, gain, epsilon, rows, cols) =>
      batchNormBackward(dx, dGain, dBias, dy, x, mean, variance, gain, epsilon, rows, cols, round),
    moveAverage,
  };
}
