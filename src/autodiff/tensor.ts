import type { Floats } from '../../kernels/operands.ts';

/** Numbers with a shape, row-major, and the derivative of the loss by each of them. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly value: Floats;
  /** Same length as `value`; absent where nothing is to be learned (inputs, inference). */
  readonly gradient: Floats | undefined;
}

/** How many numbers a shape holds. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** The last extent: operations on matrices see every tensor as (rowsOf, colsOf). */
export function colsOf(x: Tensor): number {
  return x.shape.at(-1) ?? 1;
}

/** The product of all extents but the last. */
export function rowsOf(x: Tensor): number {
  return sizeOf(x.shape.slice(0, -1));
}

/** @throws {RangeError} `<where>: expected shape (a, b), got (c, d).` unless both shapes are the same */
export function requireShape(where: string, x: Pick<Tensor, 'shape'>, expected: readonly number[]): void {
  const same = x.shape.length === expected.length && x.shape.every((extent, i) => extent === expected[i]);
  if (!same) throw new RangeError(`${where}: expected shape (${expected.join(', ')}), got (${x.shape.join(', ')}).`);
}
