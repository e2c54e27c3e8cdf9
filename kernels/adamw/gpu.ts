/**
 * AdamW on the GPU, one kernel for each array that it changes; tiny gradients and moments become 0 as in the reference.
 *
 * Bound: 1e-6, relative to 1 + |value|, against float64.
 */
import type { GpuKernel, KernelMatrix, KernelThis } from '../gpu/gpu-kernel.ts';
import type { GpuLink } from '../gpu/link.ts';
import type { AdamwKernels } from './kernel.ts';
import { adamwFactors } from './reference.ts';

/** beta1 · first + (1 - beta1) · gradient */
function firstMoment(
  this: KernelThis,
  first: KernelMatrix,
  gradient: KernelMatrix,
  beta1: number,
  rest1: number,
): number {
  const slope = gradient[this.thread.y]![this.thread.x]!;
  let moment = beta1 * first[this.thread.y]![this.thread.x]!;
  if (!(Math.abs(slope) < 1e-15)) moment += rest1 * slope;
  if (Math.abs(moment) < 1e-30) return 0;
  return moment;
}

/** beta2 · second + (1 - beta2) · gradient² */
function secondMoment(
  this: KernelThis,
  second: KernelMatrix,
  gradient: KernelMatrix,
  beta2: number,
  rest2: number,
): number {
  const slope = gradient[this.thread.y]![this.thread.x]!;
  let moment = beta2 * second[this.thread.y]![this.thread.x]!;
  if (!(Math.abs(slope) < 1e-15)) moment += rest2 * (slope * slope);
  if (moment < 1e-30) return 0;
  return moment;
}

/** keep · parameter - step · first / (sqrt(second) · inverseRoot + epsilon) */
function updatedParameter(
  this: KernelThis,
  parameter: KernelMatrix,
  first: KernelMatrix,
  second: KernelMatrix,
  keep: number,
  step: number,
  inverseRoot: number,
  epsilon: number,
): number {
  const deviation = Math.sqrt(second[this.thread.y]![this.thread.x]!) * inverseRoot + epsilon;
  return keep * parameter[this.thread.y]![this.thread.x]! - step * (first[this.thread.y]![this.thread.x]! / deviation);
}

const MATRIX = [3, 5] as const;
const SAMPLE = { rows: 3, cols: 5, constants: {}, tolerance: 1e-6 } as const;

const FIRST_MOMENT: GpuKernel = {
  name: 'firstMoment',
  body: firstMoment,
  sample: { ...SAMPLE, inputs: [MATRIX, MATRIX, 0.9, 0.1] },
};
const SECOND_MOMENT: GpuKernel = {
  name: 'secondMoment',
  body: secondMoment,
  sample: { ...SAMPLE, inputs: [MATRIX, MATRIX, 0.999, 0.001], range: [0, 1] },
};
const UPDATED_PARAMETER: GpuKernel = {
  name: 'updatedParameter',
  body: updatedParameter,
  sample: { ...SAMPLE, inputs: [MATRIX, MATRIX, MATRIX, 0.999, 0.01, 1.5, 1e-8], range: [0.1, 1] },
};

export function gpuAdamw({ queue }: GpuLink): AdamwKernels {
  return {
    adamw(parameter, gradient, first, second, _, rates) {
      const { keep, beta1, rest1, beta2, rest2, step, inverseRoot, epsilon } = adamwFactors(rates, Math.fround);
      queue(async (on) => {
        const slope = await on.read(gradient);
        const { rows, cols } = slope;
        const read = (operand: typeof first) => on.read(operand, rows, cols);
        const m = await on.run(FIRST_MOMENT, { rows, cols, inputs: [await read(first), slope, beta1, rest1] });
        const v = await on.run(SECOND_MOMENT, { rows, cols, inputs: [await read(second), slope, beta2, rest2] });
        const inputs = [await read(parameter), m, v, keep, step, inverseRoot, epsilon];
        await on.write(parameter, await on.run(UPDATED_PARAMETER, { rows, cols, inputs }));
        await on.write(first, m);
        await on.write(second, v);
      });
    },
  };
}
