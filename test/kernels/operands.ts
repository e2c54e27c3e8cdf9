/** Operands of kernels with given contents, and shapes that tests of kernels on rows share. */
import type { Kernels } from '../../kernels/kernels.ts';
import type { Operand } from '../../kernels/shared.ts';

/** [rows, cols]: below, at and above multiples of four. */
export const ROW_SHAPES = [
  [1, 1],
  [2, 3],
  [3, 2],
  [5, 4],
  [6, 7],
  [7, 19],
  [13, 33],
] as const;

function filled<T extends Operand>(operand: T, values: readonly number[]): T {
  operand.set(values);
  return operand;
}

export const floatsOf = (kernels: Kernels, values: readonly number[]) => filled(kernels.floats(values.length), values);
export const intsOf = (kernels: Kernels, values: readonly number[]) => filled(kernels.ints(values.length), values);
export const bytesOf = (kernels: Kernels, values: readonly number[]) => filled(kernels.bytes(values.length), values);
