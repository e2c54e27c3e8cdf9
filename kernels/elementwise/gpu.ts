/**
 * Sums, blocks and gathered rows on the GPU. Nothing is changed in place there: each kernel gives a new matrix.
 *
 * Bound: one rounding an output.
 */
import type { GpuMatrix } from '../gpu/device.ts';
import type { GpuKernel, KernelMatrix, KernelThis } from '../gpu/gpu-kernel.ts';
import type { GpuLink, GpuWork } from '../gpu/link.ts';
import type { Floats } from '../operands.ts';
import type { ElementwiseKernels } from './kernel.ts';

/** a + b */
function sum(this: KernelThis, a: KernelMatrix, b: KernelMatrix): number {
  return a[this.thread.y]![this.thread.x]! + b[this.thread.y]![this.thread.x]!;
}

/** 0, but the block of source in its columns. */
function placedBlock(
  this: KernelThis,
  source: KernelMatrix,
  targetFirst: number,
  sourceFirst: number,
  cols: number,
): number {
  const c = this.thread.x - targetFirst;
  if (c >= 0 && c < cols) return source[this.thread.y]![c + sourceFirst]!;
  return 0;
}

/** target, but the block of source in its columns. */
function replacedBlock(
  this: KernelThis,
  target: KernelMatrix,
  source: KernelMatrix,
  targetFirst: number,
  sourceFirst: number,
  cols: number,
): number {
  const c = this.thread.x - targetFirst;
  if (c >= 0 && c < cols) return source[this.thread.y]![c + sourceFirst]!;
  return target[this.thread.y]![this.thread.x]!;
}

/** target, with the block of source added to its columns. */
function addedBlock(
  this: KernelThis,
  target: KernelMatrix,
  source: KernelMatrix,
  targetFirst: number,
  sourceFirst: number,
  cols: number,
): number {
  const c = this.thread.x - targetFirst;
  const before = target[this.thread.y]![this.thread.x]!;
  if (c >= 0 && c < cols) return before + source[this.thread.y]![c + sourceFirst]!;
  return before;
}

/** x[r, c] + bias[c] */
function biased(this: KernelThis, x: KernelMatrix, bias: KernelMatrix): number {
  return x[this.thread.y]![this.thread.x]! + bias[0]![this.thread.x]!;
}

/** Row y is row ids[y] of x. */
function gatheredRows(this: KernelThis, x: KernelMatrix, ids: KernelMatrix): number {
  return x[ids[0]![this.thread.y]!]![this.thread.x]!;
}

/** The same number everywhere. */
function filled(this: KernelThis, value: number): number {
  return value;
}

const SUM: GpuKernel = {
  name: 'sum',
  body: sum,
  sample: {
    rows: 3,
    cols: 5,
    constants: {},
    inputs: [
      [3, 5],
      [3, 5],
    ],
    tolerance: 2e-7,
  },
};
const BLOCK = { rows: 3, cols: 7, constants: {}, tolerance: 2e-7 } as const;
const PLACED_BLOCK: GpuKernel = {
  name: 'placedBlock',
  body: placedBlock,
  sample: { ...BLOCK, inputs: [[3, 5], 2, 1, 4] },
};
const REPLACED_BLOCK: GpuKernel = {
  name: 'replacedBlock',
  body: replacedBlock,
  sample: { ...BLOCK, inputs: [[3, 7], [3, 5], 2, 1, 4] },
};
const ADDED_BLOCK: GpuKernel = {
  name: 'addedBlock',
  body: addedBlock,
  sample: { ...BLOCK, inputs: [[3, 7], [3, 5], 2, 1, 4] },
};
const FILLED: GpuKernel = {
  name: 'filled',
  body: filled,
  sample: { rows: 1, cols: 5, constants: {}, inputs: [0.5], tolerance: 0 },
};
const BIASED: GpuKernel = {
  name: 'biased',
  body: biased,
  sample: {
    rows: 3,
    cols: 5,
    constants: {},
    inputs: [
      [3, 5],
      [1, 5],
    ],
    tolerance: 2e-7,
  },
};
const GATHERED_ROWS: GpuKernel = {
  name: 'gatheredRows',
  body: gatheredRows,
  sample: {
    rows: 6,
    cols: 5,
    constants: {},
    inputs: [
      [4, 5],
      [1, 6, [3, 0, 2, 2, 1, 3]],
    ],
    tolerance: 0,
  },
};

/** a + b, of one shape. */
export function sumOf(on: GpuWork, a: GpuMatrix, b: GpuMatrix): Promise<GpuMatrix> {
  return on.run(SUM, { rows: a.rows, cols: a.cols, inputs: [a, b] });
}

/** The columns first .. first + cols - 1 of x. */
export function columnsOf(on: GpuWork, x: GpuMatrix, first: number, cols: number): Promise<GpuMatrix> {
  return on.run(PLACED_BLOCK, { rows: x.rows, cols, inputs: [x, 0, first, cols] });
}

/** x, with other columns from `first` on. */
export function withColumns(on: GpuWork, x: GpuMatrix, first: number, columns: GpuMatrix): Promise<GpuMatrix> {
  return on.run(REPLACED_BLOCK, { rows: x.rows, cols: x.cols, inputs: [x, columns, first, 0, columns.cols] });
}

/** Row r is row ids[r] of x; ids is (1, count). */
export function rowsOf(on: GpuWork, x: GpuMatrix, ids: GpuMatrix): Promise<GpuMatrix> {
  return on.run(GATHERED_ROWS, { rows: ids.cols, cols: x.cols, inputs: [x, ids] });
}

export function gpuElementwise({ queue }: GpuLink): Omit<ElementwiseKernels, 'standardize'> {
  return {
    fill(x, value, n) {
      queue(async (on) => {
        if (value === 0) on.clear(x);
        else await on.write(x, await on.run(FILLED, { rows: 1, cols: n, inputs: [value] }));
      });
    },
    add(y, x) {
      queue((on) => addOperand(on, y, x));
    },
    copyBlock(target, targetStride, targetOffset, source, sourceStride, sourceOffset, rows, cols) {
      const wholeTarget = cols === targetStride;
      const offsets = [targetOffset, sourceOffset, cols];
      queue(async (on) => {
        if (wholeTarget && cols === sourceStride) return on.share(target, source);
        const from = await on.read(source, rows, sourceStride);
        const inputs = [from, ...offsets];
        const shape = { rows, cols: targetStride };
        if (wholeTarget || on.isClear(target))
          return on.write(target, await on.run(PLACED_BLOCK, { ...shape, inputs }));
        const before = await on.read(target, rows, targetStride);
        return on.write(target, await on.run(REPLACED_BLOCK, { ...shape, inputs: [before, ...inputs] }));
      });
    },
    addBlock(target, targetStride, targetOffset, source, sourceStride, sourceOffset, rows, cols) {
      const offsets = [targetOffset, sourceOffset, cols];
      queue(async (on) => {
        if (cols === targetStride && cols === sourceStride) return addOperand(on, target, source);
        const inputs = [await on.read(source, rows, sourceStride), ...offsets];
        const shape = { rows, cols: targetStride };
        if (on.isClear(target)) return on.write(target, await on.run(PLACED_BLOCK, { ...shape, inputs }));
        const before = await on.read(target, rows, targetStride);
        return on.write(target, await on.run(ADDED_BLOCK, { ...shape, inputs: [before, ...inputs] }));
      });
    },
    addBias(y, bias, rows, cols) {
      queue(async (on) => {
        const inputs = [await on.read(y, rows, cols), await on.read(bias, 1, cols)];
        await on.write(y, await on.run(BIASED, { rows, cols, inputs }));
      });
    },
  };
}

/** y += x; where y is clear it becomes x, without a copy. */
async function addOperand(on: GpuWork, y: Floats, x: Floats): Promise<void> {
  if (on.isClear(y)) return on.share(y, x);
  const a = await on.read(y);
  await on.write(y, await sumOf(on, a, await on.read(x, a.rows, a.cols)));
}
