/**
 * Batch normalization on the GPU; its sums over rows are the chunk sums of column-sums/gpu.ts.
 *
 * Bound: relative to the largest output, 1e-5 against float64 (two passes: no cancellation).
 */
import { chunksOf, columnSumsOf, totalOf } from '../column-sums/gpu.ts';
import type { GpuKernel, KernelMatrix, KernelThis } from '../gpu/gpu-kernel.ts';
import type { GpuLink } from '../gpu/link.ts';
import type { BatchNormKernels } from './kernel.ts';

/** Row y: over chunk y of the rows, the sums of (x - mean)². */
function chunkSquares(this: KernelThis<'chunkRows' | 'rows'>, x: KernelMatrix, mean: KernelMatrix): number {
  const first = this.thread.y * this.constants.chunkRows;
  const center = mean[0]![this.thread.x]!;
  let total = 0;
  for (let r = 0; r < this.constants.chunkRows; r++) {
    if (first + r < this.constants.rows) {
      const difference = x[first + r]![this.thread.x]! - center;
      total += difference * difference;
    }
  }
  return total;
}

/** (x - mean) · gain / sqrt(variance + epsilon) + bias */
function normalized(
  this: KernelThis,
  x: KernelMatrix,
  mean: KernelMatrix,
  variance: KernelMatrix,
  gain: KernelMatrix,
  bias: KernelMatrix,
  epsilon: number,
): number {
  const scale = gain[0]![this.thread.x]! / Math.sqrt(variance[0]![this.thread.x]! + epsilon);
  return (x[this.thread.y]![this.thread.x]! - mean[0]![this.thread.x]!) * scale + bias[0]![this.thread.x]!;
}

/** (1 - momentum) average + momentum · factor · sample */
function movedAverage(
  this: KernelThis,
  average: KernelMatrix,
  sample: KernelMatrix,
  keep: number,
  share: number,
): number {
  const moved = keep * average[this.thread.y]![this.thread.x]! + share * sample[this.thread.y]![this.thread.x]!;
  if (Math.abs(moved) < 1.2e-38) return 0;
  return moved;
}

/** Row y: over chunk y of the rows, the sums of dy (x - mean). */
function chunkCenteredSums(
  this: KernelThis<'chunkRows' | 'rows'>,
  dy: KernelMatrix,
  x: KernelMatrix,
  mean: KernelMatrix,
): number {
  const first = this.thread.y * this.constants.chunkRows;
  const center = mean[0]![this.thread.x]!;
  let total = 0;
  for (let r = 0; r < this.constants.chunkRows; r++) {
    if (first + r < this.constants.rows) {
      total += dy[first + r]![this.thread.x]! * (x[first + r]![this.thread.x]! - center);
    }
  }
  return total;
}

/** dGain = sum of dy (x - mean) / sqrt(variance + epsilon), from the sums of chunks. */
function gainGradient(
  this: KernelThis<'chunks'>,
  centeredSums: KernelMatrix,
  variance: KernelMatrix,
  epsilon: number,
): number {
  let total = 0;
  for (let r = 0; r < this.constants.chunks; r++) total += centeredSums[r]![this.thread.x]!;
  return total / Math.sqrt(variance[0]![this.thread.x]! + epsilon);
}

/** gain / deviation · (dy - dBias / rows - xhat dGain / rows); dBias and dGain are those of this batch alone. */
function normalizedGradient(
  this: KernelThis<'rows'>,
  dy: KernelMatrix,
  x: KernelMatrix,
  mean: KernelMatrix,
  variance: KernelMatrix,
  gain: KernelMatrix,
  dBias: KernelMatrix,
  dGain: KernelMatrix,
  epsilon: number,
): number {
  const column = this.thread.x;
  const inverse = 1 / Math.sqrt(variance[0]![column]! + epsilon);
  const even = dy[this.thread.y]![column]! - dBias[0]![column]! / this.constants.rows;
  const slope = (dGain[0]![column]! / this.constants.rows) * inverse;
  return gain[0]![column]! * inverse * (even - (x[this.thread.y]![column]! - mean[0]![column]!) * slope);
}

const CHUNKS = { rows: 3, cols: 5, constants: { chunkRows: 4, rows: 10 }, tolerance: 1e-6 } as const;
const ROW = [1, 5] as const;
const X = [10, 5] as const;

const CHUNK_SQUARES: GpuKernel = {
  name: 'chunkSquares',
  body: chunkSquares,
  sample: { ...CHUNKS, inputs: [X, ROW] },
};
const NORMALIZED: GpuKernel = {
  name: 'normalized',
  body: normalized,
  sample: {
    rows: 10,
    cols: 5,
    constants: {},
    inputs: [X, ROW, ROW, ROW, ROW, 1e-5],
    range: [0.1, 1],
    tolerance: 3e-6,
  },
};
const MOVED_AVERAGE: GpuKernel = {
  name: 'movedAverage',
  body: movedAverage,
  sample: { rows: 1, cols: 5, constants: {}, inputs: [ROW, ROW, 0.9, 0.125], tolerance: 1e-6 },
};
const CHUNK_CENTERED_SUMS: GpuKernel = {
  name: 'chunkCenteredSums',
  body: chunkCenteredSums,
  sample: { ...CHUNKS, inputs: [X, X, ROW] },
};
const GAIN_GRADIENT: GpuKernel = {
  name: 'gainGradient',
  body: gainGradient,
  sample: {
    rows: 1,
    cols: 5,
    constants: { chunks: 6 },
    inputs: [[6, 5], ROW, 1e-5],
    range: [0.1, 1],
    tolerance: 3e-6,
  },
};
const NORMALIZED_GRADIENT: GpuKernel = {
  name: 'normalizedGradient',
  body: normalizedGradient,
  sample: {
    rows: 10,
    cols: 5,
    constants: { rows: 10 },
    inputs: [X, X, ROW, ROW, ROW, ROW, ROW, 1e-5],
    range: [0.1, 1],
    tolerance: 1e-5,
  },
};

export function gpuBatchNorm({ queue }: GpuLink): BatchNormKernels {
  return {
    batchNormMoments(mean, variance, x, rows, cols) {
      queue(async (on) => {
        const input = await on.read(x, rows, cols);
        const center = await columnSumsOf(on, input, 1 / rows);
        const squares = await on.run(CHUNK_SQUARES, { ...chunksOf(rows, cols), inputs: [input, center] });
        await on.write(mean, center);
        await on.write(variance, await totalOf(on, squares, 1 / rows));
      });
    },
    batchNormForward(y, x, mean, variance, gain, bias, epsilon, rows, cols) {
      queue(async (on) => {
        const row = (operand: typeof mean) => on.read(operand, 1, cols);
        const statistics = [await row(mean), await row(variance), await row(gain), await row(bias)];
        const inputs = [await on.read(x, rows, cols), ...statistics, epsilon];
        await on.write(y, await on.run(NORMALIZED, { rows, cols, inputs }));
      });
    },
    batchNormBackward(dx, dGain, dBias, dy, x, mean, variance, gain, epsilon, rows, cols) {
      queue(async (on) => {
        const [above, input] = [await on.read(dy, rows, cols), await on.read(x, rows, cols)];
        const [center, spread] = [await on.read(mean, 1, cols), await on.read(variance, 1, cols)];
        const sum = await columnSumsOf(on, above);
        const centered = await on.run(CHUNK_CENTERED_SUMS, {
          ...chunksOf(rows, cols),
          inputs: [above, input, center],
        });
        const sumHat = await on.run(GAIN_GRADIENT, {
          rows: 1,
          cols,
          constants: { chunks: centered.rows },
          inputs: [centered, spread, epsilon],
        });
        const inputs = [above, input, center, spread, await on.read(gain, 1, cols), sum, sumHat, epsilon];
        await on.add(dx, await on.run(NORMALIZED_GRADIENT, { rows, cols, constants: { rows }, inputs }));
        await on.add(dBias, sum);
        await on.add(dGain, sumHat);
      });
    },
    moveAverage(average, sample, factor, momentum, n) {
      queue(async (on) => {
        const inputs = [await on.read(average, 1, n), await on.read(sample, 1, n), 1 - momentum, momentum * factor];
        await on.write(average, await on.run(MOVED_AVERAGE, { rows: 1, cols: n, inputs }));
      });
    },
  };
}
