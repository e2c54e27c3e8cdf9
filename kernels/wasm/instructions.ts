/**
 * The WebAssembly instructions that kernels use, under the names of the specification: `f32x4.add(a, b)`.
 * An expression is a value on the stack: the code of its operands, then its own. Plain numbers are constants.
 *
 * Source: WebAssembly Core Specification 2.0, section 5.4 (opcodes).
 */
import { float32, unsigned } from './encoding.ts';
import { type Expression, type F32, type I32, push, type Statement, type V128, type ValueType } from './expressions.ts';
import {
  FLOAT_ALIGNMENT,
  f32Binary,
  f32Compare,
  f32FromI32,
  f32Unary,
  i32Binary,
  i32FromF32,
  i32Unary,
  i64Binary,
  i64Compare,
  load,
  simd,
  store,
  vBinary,
  vShift,
  vTest,
  vUnary,
} from './instruction-shapes.ts';

export const memory = {
  /** Copies `bytes` bytes; the ranges may overlap. */
  copy: (target: I32, source: I32, bytes: I32): Statement => ({
    type: 'void',
    code: [push('i32', target), push('i32', source), push('i32', bytes), 0xfc, 10, 0, 0],
  }),
  fill: (target: I32, byte: I32, bytes: I32): Statement => ({
    type: 'void',
    code: [push('i32', target), push('i32', byte), push('i32', bytes), 0xfc, 11, 0],
  }),
};

/** condition != 0 ? a : b; both are evaluated. */
export function select<T extends ValueType>(a: Expression<T>, b: Expression<T>, condition: I32): Expression<T> {
  return { type: a.type, code: [a.code, b.code, push('i32', condition), 0x1b] };
}

// ---- scalars

export const i32 = {
  const: (value: number): Expression<'i32'> => ({ type: 'i32', code: push('i32', value) }),
  load: load('i32', 0x28),
  load8_u: load('i32', 0x2d, 0),
  store: store('i32', 0x36),
  store8: store('i32', 0x3a, 0),
  eqz: i32Unary(0x45),
  eq: i32Binary(0x46),
  ne: i32Binary(0x47),
  lt_s: i32Binary(0x48),
  lt_u: i32Binary(0x49),
  gt_s: i32Binary(0x4a),
  gt_u: i32Binary(0x4b),
  le_s: i32Binary(0x4c),
  le_u: i32Binary(0x4d),
  ge_s: i32Binary(0x4e),
  ge_u: i32Binary(0x4f),
  clz: i32Unary(0x67),
  ctz: i32Unary(0x68),
  add: i32Binary(0x6a),
  sub: i32Binary(0x6b),
  mul: i32Binary(0x6c),
  div_s: i32Binary(0x6d),
  div_u: i32Binary(0x6e),
  rem_s: i32Binary(0x6f),
  rem_u: i32Binary(0x70),
  and: i32Binary(0x71),
  or: i32Binary(0x72),
  xor: i32Binary(0x73),
  shl: i32Binary(0x74),
  shr_s: i32Binary(0x75),
  shr_u: i32Binary(0x76),
  reinterpret_f32: i32FromF32(0xbc),
  trunc_sat_f32_s: i32FromF32([0xfc, 0]),
  trunc_sat_f32_u: i32FromF32([0xfc, 1]),
};

/** Without plain numbers as constants: `extend_i32_u` makes one. */
export const i64 = {
  load: load('i64', 0x29),
  store: store('i64', 0x37),
  lt_u: i64Compare(0x54),
  or: i64Binary(0x84),
  shl: i64Binary(0x86),
  extend_i32_u: (a: I32): Expression<'i64'> => ({ type: 'i64', code: [push('i32', a), 0xad] }),
};

export const f32 = {
  const: (value: number): Expression<'f32'> => ({ type: 'f32', code: push('f32', value) }),
  load: load('f32', 0x2a),
  store: store('f32', 0x38),
  eq: f32Compare(0x5b),
  ne: f32Compare(0x5c),
  lt: f32Compare(0x5d),
  gt: f32Compare(0x5e),
  le: f32Compare(0x5f),
  ge: f32Compare(0x60),
  abs: f32Unary(0x8b),
  neg: f32Unary(0x8c),
  ceil: f32Unary(0x8d),
  floor: f32Unary(0x8e),
  trunc: f32Unary(0x8f),
  nearest: f32Unary(0x90),
  sqrt: f32Unary(0x91),
  add: f32Binary(0x92),
  sub: f32Binary(0x93),
  mul: f32Binary(0x94),
  div: f32Binary(0x95),
  /** NaN if either operand is, and -0 below +0, as Math.min. */
  min: f32Binary(0x96),
  max: f32Binary(0x97),
  copysign: f32Binary(0x98),
  convert_i32_s: f32FromI32(0xb2),
  convert_i32_u: f32FromI32(0xb3),
  reinterpret_i32: f32FromI32(0xbe),
};

// ---- vectors of four 32-bit lanes

function lane(index: number): number {
  if (!Number.isInteger(index) || index < 0 || index > 3) {
    throw new RangeError(`instructions: expected a lane from 0 to 3, got ${index}.`);
  }
  return index;
}

export const v128 = {
  load: load('v128', simd(0)),
  /** Eight bytes widened to eight unsigned 16-bit lanes. */
  load8x8_u: load('v128', simd(2), 0),
  store: store('v128', simd(11)),
  load32_splat: load('v128', simd(9)),
  /** One float in lane 0, zeros above. */
  load32_zero: load('v128', simd(0x5c)),
  /** Two floats in lanes 0 and 1, zeros above. */
  load64_zero: load('v128', simd(0x5d)),
  /** `rest` with one lane replaced by the float at the address. */
  load32_lane: (address: I32, rest: V128, index: number, offset = 0): Expression<'v128'> => ({
    type: 'v128',
    code: [push('i32', address), rest.code, simd(0x56), FLOAT_ALIGNMENT, unsigned(offset), lane(index)],
  }),
  store32_lane: (address: I32, value: V128, index: number, offset = 0): Statement => ({
    type: 'void',
    code: [push('i32', address), value.code, simd(0x5a), FLOAT_ALIGNMENT, unsigned(offset), lane(index)],
  }),
  /** Stores lanes 0 and 1 (`half` 0) or 2 and 3 (`half` 1). */
  store64_lane: (address: I32, value: V128, half: 0 | 1, offset = 0): Statement => ({
    type: 'void',
    code: [push('i32', address), value.code, simd(0x5b), FLOAT_ALIGNMENT, unsigned(offset), half],
  }),
  not: vUnary(0x4d),
  and: vBinary(0x4e),
  /** a & ~b */
  andnot: vBinary(0x4f),
  or: vBinary(0x50),
  xor: vBinary(0x51),
  /** Bits of a where mask is 1, of b where it is 0. */
  bitselect: (a: V128, b: V128, mask: V128): Expression<'v128'> => ({
    type: 'v128',
    code: [a.code, b.code, mask.code, simd(0x52)],
  }),
  any_true: vTest(0x53),
};

export const i32x4 = {
  const: (a: number, b = a, c = a, d = a): Expression<'v128'> => ({
    type: 'v128',
    code: [simd(12), new Uint8Array(Int32Array.of(a, b, c, d).buffer)],
  }),
  /** Lanes by number: 0 to 3 are those of a, 4 to 7 those of b. (The instruction is i8x16.shuffle.) */
  shuffle: (a: V128, b: V128, lanes: readonly [number, number, number, number]): Expression<'v128'> => ({
    type: 'v128',
    code: [a.code, b.code, simd(13), lanes.map((one) => [4 * one, 4 * one + 1, 4 * one + 2, 4 * one + 3])],
  }),
  splat: (a: I32): Expression<'v128'> => ({ type: 'v128', code: [push('i32', a), simd(0x11)] }),
  extract_lane: (a: V128, index: number): Expression<'i32'> => ({
    type: 'i32',
    code: [a.code, simd(0x1b), lane(index)],
  }),
  replace_lane: (a: V128, index: number, value: I32): Expression<'v128'> => ({
    type: 'v128',
    code: [a.code, push('i32', value), simd(0x1c), lane(index)],
  }),
  eq: vBinary(0x37),
  ne: vBinary(0x38),
  lt_s: vBinary(0x39),
  lt_u: vBinary(0x3a),
  gt_s: vBinary(0x3b),
  gt_u: vBinary(0x3c),
  le_s: vBinary(0x3d),
  le_u: vBinary(0x3e),
  ge_s: vBinary(0x3f),
  ge_u: vBinary(0x40),
  abs: vUnary(0xa0),
  neg: vUnary(0xa1),
  all_true: vTest(0xa3),
  bitmask: vTest(0xa4),
  shl: vShift(0xab),
  shr_s: vShift(0xac),
  shr_u: vShift(0xad),
  add: vBinary(0xae),
  sub: vBinary(0xb1),
  mul: vBinary(0xb5),
  min_s: vBinary(0xb6),
  min_u: vBinary(0xb7),
  max_s: vBinary(0xb8),
  max_u: vBinary(0xb9),
  trunc_sat_f32x4_s: vUnary(0xf8),
  trunc_sat_f32x4_u: vUnary(0xf9),
  /** Widens 16-bit lanes 0 to 3. */
  extend_low_i16x8_u: vUnary(0xa9),
  /** Widens 16-bit lanes 4 to 7. */
  extend_high_i16x8_u: vUnary(0xaa),
  /** Lane i = a[2i] b[2i] + a[2i + 1] b[2i + 1] of signed 16-bit lanes. */
  dot_i16x8_s: vBinary(0xba),
};

/** Eight 16-bit lanes. */
export const i16x8 = {
  sub: vBinary(0x91),
  /** The lanes of a, then those of b, each held within 16 signed bits. */
  narrow_i32x4_s: vBinary(0x85),
  /** Widens bytes 0 to 7. */
  extend_low_i8x16_u: vUnary(0x89),
};

/** Sixteen bytes. */
export const i8x16 = {
  /** The signed lanes of a, then those of b, each held within 0 and 255. */
  narrow_i16x8_u: vBinary(0x66),
};

/** Two 64-bit lanes. */
export const f64x2 = {
  splat: (a: Expression<'f64'>): Expression<'v128'> => ({ type: 'v128', code: [a.code, simd(0x14)] }),
  add: vBinary(0xf0),
  sub: vBinary(0xf1),
  div: vBinary(0xf3),
  /** Of 32-bit lanes 0 and 1. */
  promote_low_f32x4: vUnary(0x5f),
};

export const f32x4 = {
  const: (a: number, b = a, c = a, d = a): Expression<'v128'> => ({
    type: 'v128',
    code: [simd(12), float32(a), float32(b), float32(c), float32(d)],
  }),
  splat: (a: F32): Expression<'v128'> => ({ type: 'v128', code: [push('f32', a), simd(0x13)] }),
  extract_lane: (a: V128, index: number): Expression<'f32'> => ({
    type: 'f32',
    code: [a.code, simd(0x1f), lane(index)],
  }),
  replace_lane: (a: V128, index: number, value: F32): Expression<'v128'> => ({
    type: 'v128',
    code: [a.code, push('f32', value), simd(0x20), lane(index)],
  }),
  /** Comparisons give all ones or all zeros in each lane. */
  eq: vBinary(0x41),
  ne: vBinary(0x42),
  lt: vBinary(0x43),
  gt: vBinary(0x44),
  le: vBinary(0x45),
  ge: vBinary(0x46),
  ceil: vUnary(0x67),
  floor: vUnary(0x68),
  trunc: vUnary(0x69),
  nearest: vUnary(0x6a),
  abs: vUnary(0xe0),
  neg: vUnary(0xe1),
  sqrt: vUnary(0xe3),
  /** Into lanes 0 and 1, zeros above. */
  demote_f64x2_zero: vUnary(0x5e),
  add: vBinary(0xe4),
  sub: vBinary(0xe5),
  mul: vBinary(0xe6),
  div: vBinary(0xe7),
  /** NaN if either operand is, and -0 below +0, as Math.min. */
  min: vBinary(0xe8),
  max: vBinary(0xe9),
  /** b < a ? b : a */
  pmin: vBinary(0xea),
  /** a < b ? b : a */
  pmax: vBinary(0xeb),
  convert_i32x4_s: vUnary(0xfa),
  convert_i32x4_u: vUnary(0xfb),
};
