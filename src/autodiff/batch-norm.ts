import type { Tape } from './tape.ts';
import { colsOf, requireShape, rowsOf, type Tensor } from './tensor.ts';

/** What a batch norm learns, and what it remembers for inference; each (cols). */
export interface BatchNormTensors {
  readonly gain: Tensor;
  readonly bias: Tensor;
  readonly runningMean: Tensor;
  /** The unbiased variance. */
  readonly runningVariance: Tensor;
}

export interface BatchNormConstants {
  /** Added to the variance before the square root. */
  readonly epsilon: number;
  /** Share of the newest batch in the running statistics. */
  readonly momentum: number;
}

/**
 * y = (x - mean) / sqrt(variance + epsilon) · gain + bias, column by column. A training tape takes mean and (biased)
 * variance of the batch, and moves the running statistics towards them at every forward replay; an inference tape takes
 * the running statistics.
 *
 * Source: Ioffe & Szegedy 2015, Algorithms 1 and 2.
 *
 * @param x (…, cols); all extents but the last are the batch
 * @returns the shape of x
 * @throws {RangeError} if the shapes do not fit, or a training batch has fewer than 2 rows
 * @throws {Error} if some, but not all, of x, gain and bias have gradients (the raw input cannot be normalized on a
 *   training tape)
 */
export function batchNorm(tape: Tape, x: Tensor, norm: BatchNormTensors, constants: BatchNormConstants): Tensor {
  const cols = colsOf(x);
  for (const [name, tensor] of Object.entries(norm)) requireShape(`batchNorm: ${name}`, tensor, [cols]);
  return tape.training ? batchNormTraining(tape, x, norm, constants) : batchNormInference(tape, x, norm, constants);
}

function batchNormTraining(tape: Tape, x: Tensor, norm: BatchNormTensors, constants: BatchNormConstants): Tensor {
  const { kernels } = tape;
  const { epsilon, momentum } = constants;
  const rows = rowsOf(x);
  const cols = colsOf(x);
  if (rows < 2) throw new RangeError(`batchNorm: expected at least 2 rows to train on, got ${rows}.`);
  const { gain, bias, runningMean, runningVariance } = norm;
  const mean = kernels.floats(cols);
  const variance = kernels.floats(cols);
  const y = tape.result(x.shape, [x, gain, bias]);
  const dx = x.gradient;
  const dGain = gain.gradient;
  const dBias = bias.gradient;
  const dy = y.gradient;
  if (dy && !(dx && dGain && dBias))
    throw new Error('batchNorm: expected x, gain and bias to have gradients, all of them.');
  tape.record(
    () => {
      kernels.batchNormMoments(mean, variance, x.value, rows, cols);
      kernels.batchNormForward(y.value, x.value, mean, variance, gain.value, bias.value, epsilon, rows, cols);
      kernels.moveAverage(runningMean.value, mean, 1, momentum, cols);
      kernels.moveAverage(runningVariance.value, variance, rows / (rows - 1), momentum, cols); // unbiased
    },
    dy &&
      dx &&
      dGain &&
      dBias &&
      (() => {
        kernels.batchNormBackward(dx, dGain, dBias, dy, x.value, mean, variance, gain.value, epsilon, rows, cols);
      }),
  );
  return y;
}

function batchNormInference(tape: Tape, x: Tensor, norm: BatchNormTensors, { epsilon }: BatchNormConstants): Tensor {
  const { kernels } = tape;
  const { gain, bias, runningMean, runningVariance } = norm;
  const rows = rowsOf(x);
  const cols = colsOf(x);
  const y = tape.result(x.shape, [x, gain, bias]);
  tape.record(() => {
    const mean = runningMean.value;
    const variance = runningVariance.value;
    kernels.batchNormForward(y.value, x.value, mean, variance, gain.value, bias.value, epsilon, rows, cols);
  });
  return y;
}
