/** What Catalyst needs to compress on the GPU. Bound: 1e-6, relative to the largest output, against float64. */
import type { GpuKernel, KernelMatrix, KernelThis } from '../gpu/gpu-kernel.ts';
import type { GpuLink } from '../gpu/link.ts';
import type { RowKernels } from './kernel.ts';

/** max(|x_y|, 1e-12) */
function rowNorms(this: KernelThis<'cols'>, x: KernelMatrix): number {
  let squares = 0;
  for (let c = 0; c < this.constants.cols; c++) {
    const value = x[this.thread.y]![c]!;
    squares += value * value;
  }
  const norm = Math.sqrt(squares);
  if (norm < 1e-12) return 1e-12;
  return norm;
}

/** x / norm of its row */
function dividedRows(this: KernelThis, x: KernelMatrix, norms: KernelMatrix): number {
  return x[this.thread.y]![this.thread.x]! / norms[this.thread.y]![0]!;
}

const ROW_NORMS: GpuKernel = {
  name: 'rowNorms',
  body: rowNorms,
  sample: { rows: 3, cols: 1, constants: { cols: 5 }, inputs: [[3, 5]], tolerance: 1e-6 },
};
const DIVIDED_ROWS: GpuKernel = {
  name: 'dividedRows',
  body: dividedRows,
  sample: {
    rows: 3,
    cols: 5,
    constants: {},
    range: [0.5, 1],
    tolerance: 1e-6,
    inputs: [
      [3, 5],
      [3, 1],
    ],
  },
};

export function gpuRows({ queue }: GpuLink): Pick<RowKernels, 'normalizeRows'> {
  return {
    normalizeRows(y, norms, x, rows, cols) {
      queue(async (on) => {
        const input = await on.read(x, rows, cols);
        const lengths = await on.run(ROW_NORMS, { rows, cols: 1, constants: { cols }, inputs: [input] });
        await on.write(y, await on.run(DIVIDED_ROWS, { rows, cols, inputs: [input, lengths] }));
        await on.write(norms, lengths);
      });
    },
  };
}
