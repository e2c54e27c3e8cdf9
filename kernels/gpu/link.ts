import type { Counts, Floats } from '../operands.ts';
import type { GpuCall, GpuMatrix } from './device.ts';
import type { GpuKernel } from './gpu-kernel.ts';

/** One piece of work on operands that stay on the GPU. Matrices that it makes and gives to no operand are taken back at its end. */
export interface GpuWork {
  /** What an operand holds, as (rows, cols); without them in the shape in which it lies. */
  read(operand: Floats, rows?: number, cols?: number): Promise<GpuMatrix>;
  /** The same values as (rows, cols). */
  reshape(matrix: GpuMatrix, rows: number, cols: number): GpuMatrix;
  run(kernel: GpuKernel, call: Omit<GpuCall, 'slot'>): Promise<GpuMatrix>;
  /** The operand becomes this result of `run`. */
  write(operand: Floats, result: GpuMatrix): Promise<void>;
  /** The operand becomes its sum with this result of `run`: the result itself where it was cleared. */
  add(operand: Floats, result: GpuMatrix): Promise<void>;
  /** The operand becomes what the other holds; nothing is copied. */
  share(operand: Floats, other: Floats): Promise<void>;
  /** The operand becomes 0 everywhere; nothing is computed. */
  clear(operand: Floats): void;
  isClear(operand: Floats): boolean;
}

/** What binds the kernels of a family to operands: the counterpart of kernels/link.ts. */
export interface GpuLink {
  readonly counts: Counts;
  /** Whether kernels of several columns a thread run here. */
  readonly lanes: boolean;
  /** Work to be done, after all that was queued before, when the kernels are next run. */
  queue(work: (on: GpuWork) => Promise<void>): void;
}
