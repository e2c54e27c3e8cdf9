import type { GpuDevice, GpuMatrix } from './device.ts';
import type { GpuKernel, KernelMatrix, KernelThis } from './gpu-kernel.ts';

function transposed(this: KernelThis, a: KernelMatrix): number {
  return a[this.thread.x]![this.thread.y]!;
}

/** (cols, rows) from (rows, cols). */
export const TRANSPOSE: GpuKernel = {
  name: 'transpose',
  body: transposed,
  sample: { rows: 5, cols: 3, constants: {}, inputs: [[3, 5]], tolerance: 0 },
};

/** The transpose of a resident matrix. */
export function transpose(device: GpuDevice, a: GpuMatrix, slot?: string): Promise<GpuMatrix> {
  return device.run(TRANSPOSE, { rows: a.cols, cols: a.rows, inputs: [a], ...(slot === undefined ? {} : { slot }) });
}
