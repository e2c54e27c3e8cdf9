/**
 * The activations of CNT on the GPU, and those that VAE and Catalyst need to compress.
 *
 * Bound: 3 roundings an output. A backward kernel gives the derivative times dy; the sum onto dx is another kernel.
 */
import type { GpuKernel, KernelMatrix, KernelThis } from '../gpu/gpu-kernel.ts';
import type { GpuLink } from '../gpu/link.ts';
import type { Floats } from '../operands.ts';
import type { ActivationKernels } from './kernel.ts';

/** x · min(max(x + 3, 0), 6) / 6 */
function hardswish(this: KernelThis, x: KernelMatrix): number {
  const value = x[this.thread.y]![this.thread.x]!;
  return value * (Math.min(Math.max(value + 3, 0), 6) * 0.16666667);
}

/** dy · hardswish'(x): 0 up to x = -3, 1 from x = 3. */
function hardswishGradient(this: KernelThis, dy: KernelMatrix, x: KernelMatrix): number {
  const value = x[this.thread.y]![this.thread.x]!;
  const above = dy[this.thread.y]![this.thread.x]!;
  let slope = value * 0.33333334 + 0.5;
  if (value <= -3) slope = 0;
  if (value >= 3) slope = 1;
  return above * slope;
}

/** min(max(x, -1), 1) */
function hardtanh(this: KernelThis, x: KernelMatrix): number {
  const value = x[this.thread.y]![this.thread.x]!;
  if (value > 1) return 1;
  if (value < -1) return -1;
  return value;
}

/** dy where -1 < x < 1. */
function hardtanhGradient(this: KernelThis, dy: KernelMatrix, x: KernelMatrix): number {
  const value = x[this.thread.y]![this.thread.x]!;
  if (value > -1 && value < 1) return dy[this.thread.y]![this.thread.x]!;
  return 0;
}

/** max(x, 0) */
function relu(this: KernelThis, x: KernelMatrix): number {
  const value = x[this.thread.y]![this.thread.x]!;
  if (value <= 0) return 0;
  return value;
}

const SAMPLE = { rows: 5, cols: 7, constants: {}, range: [-4, 4], tolerance: 1e-6 } as const;

const HARDSWISH: GpuKernel = { name: 'hardswish', body: hardswish, sample: { ...SAMPLE, inputs: [[5, 7]] } };
const HARDSWISH_GRADIENT: GpuKernel = {
  name: 'hardswishGradient',
  body: hardswishGradient,
  sample: {
    ...SAMPLE,
    inputs: [
      [5, 7],
      [5, 7],
    ],
  },
};
const RELU: GpuKernel = { name: 'relu', body: relu, sample: { ...SAMPLE, inputs: [[5, 7]] } };
const HARDTANH: GpuKernel = { name: 'hardtanh', body: hardtanh, sample: { ...SAMPLE, inputs: [[5, 7]] } };
const HARDTANH_GRADIENT: GpuKernel = {
  name: 'hardtanhGradient',
  body: hardtanhGradient,
  sample: {
    ...SAMPLE,
    inputs: [
      [5, 7],
      [5, 7],
    ],
    tolerance: 0,
  },
};

export type GpuActivationKernels = Pick<
  ActivationKernels,
  'relu' | 'hardswish' | 'hardswishBackward' | 'hardtanh' | 'hardtanhBackward'
>;

export function gpuActivation({ queue }: GpuLink): GpuActivationKernels {
  const forward = (kernel: GpuKernel) => (y: Floats, x: Floats) => {
    queue(async (on) => {
      const input = await on.read(x);
      await on.write(y, await on.run(kernel, { rows: input.rows, cols: input.cols, inputs: [input] }));
    });
  };
  const backward = (kernel: GpuKernel) => (dx: Floats, dy: Floats, x: Floats) => {
    queue(async (on) => {
      const input = await on.read(x);
      const { rows, cols } = input;
      await on.add(dx, await on.run(kernel, { rows, cols, inputs: [await on.read(dy, rows, cols), input] }));
    });
  };
  return {
    relu: forward(RELU),
    hardswish: forward(HARDSWISH),
    hardswishBackward: backward(HARDSWISH_GRADIENT),
    hardtanh: forward(HARDTANH),
    hardtanhBackward: backward(HARDTANH_GRADIENT),
  };
}
