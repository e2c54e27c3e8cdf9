/** Loops of WebAssembly kernels that work on all columns of some rows: a few columns at a time, down the rows. */
import type { FunctionScope, Local } from './assembler.ts';
import { forUp } from './control.ts';
import type { Expression, I32, Statement, V128 } from './expressions.ts';
import { i32, v128 } from './instructions.ts';

/** Neighboring columns that are kept in `vectors` registers: 4 · vectors columns, or a single one in lane 0. */
export interface Strip {
  readonly vectors: readonly number[];
  load(address: I32, vector: number): Expression<'v128'>;
  store(address: I32, value: V128, vector: number): Statement;
}

const SINGLE: Strip = {
  vectors: [0],
  load: (address) => v128.load32_zero(address),
  store: (address, value) => v128.store32_lane(address, value, 0),
};

function wideStrip(vectors: number): Strip {
  return {
    vectors: Array.from({ length: vectors }, (_, v) => v),
    load: (address, vector) => v128.load(address, 16 * vector),
    store: (address, value, vector) => v128.store(address, value, 16 * vector),
  };
}

/**
 * Covers all columns: strips of `widest` vectors (a power of two), then of one vector, then single columns, all through the
 * same expressions. `byte` is the place of the strip in a row.
 */
export function eachStrip(
  f: FunctionScope,
  cols: I32,
  widest: number,
  body: (byte: Local<'i32'>, strip: Strip) => readonly Statement[],
): Statement[] {
  const bytes = i32.shl(cols, 2);
  const wide = i32.and(bytes, -16 * widest);
  const whole = i32.and(bytes, -16);
  const strips = [
    forUp(f, whole, bytes, 4, (byte) => body(byte, SINGLE)),
    forUp(f, wide, whole, 16, (byte) => body(byte, wideStrip(1))),
    forUp(f, 0, wide, 16 * widest, (byte) => body(byte, wideStrip(widest))),
  ];
  return strips.reverse();
}
