/**
 * What WebAssembly instructions have in common: the types of their operands and results, and one function for each combination of them.
 */
import { type Code, float32, signed, unsigned } from './encoding.ts';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export interface Expression<T extends ValueType | 'void'> {
  readonly type: T;
  readonly code: Code;
}

/** Leaves nothing on the stack. */
export type Statement = Expression<'void'>;

export type Operand<T extends ValueType> = T extends 'v128' | 'i64' | 'f64' ? Expression<T> : Expression<T> | number;
export type I32 = Operand<'i32'>;
export type I64 = Operand<'i64'>;
export type F32 = Operand<'f32'>;
export type V128 = Operand<'v128'>;

/** The code that pushes a value; a number becomes a constant of this type. */
export function push(type: ValueType, value: Expression<ValueType> | number): Code {
  if (typeof value !== 'number') return value.code;
  return type === 'i32' ? [0x41, signed(value)] : [0x43, float32(value)];
}

export function simd(opcode: number): Code {
  return [0xfd, unsigned(opcode)];
}

// ---- shapes of instructions: operands -> result

export function i32Unary(opcode: Code) {
  return (a: I32): Expression<'i32'> => ({ type: 'i32', code: [push('i32', a), opcode] });
}
export function i32Binary(opcode: Code) {
  return (a: I32, b: I32): Expression<'i32'> => ({ type: 'i32', code: [push('i32', a), push('i32', b), opcode] });
}
export function i64Binary(opcode: Code) {
  return (a: I64, b: I64): Expression<'i64'> => ({ type: 'i64', code: [a.code, b.code, opcode] });
}
export function i64Compare(opcode: Code) {
  return (a: I64, b: I64): Expression<'i32'> => ({ type: 'i32', code: [a.code, b.code, opcode] });
}
export function f32Unary(opcode: Code) {
  return (a: F32): Expression<'f32'> => ({ type: 'f32', code: [push('f32', a), opcode] });
}
export function f32Binary(opcode: Code) {
  return (a: F32, b: F32): Expression<'f32'> => ({ type: 'f32', code: [push('f32', a), push('f32', b), opcode] });
}
export function f32Compare(opcode: Code) {
  return (a: F32, b: F32): Expression<'i32'> => ({ type: 'i32', code: [push('f32', a), push('f32', b), opcode] });
}
export function i32FromF32(opcode: Code) {
  return (a: F32): Expression<'i32'> => ({ type: 'i32', code: [push('f32', a), opcode] });
}
export function f32FromI32(opcode: Code) {
  return (a: I32): Expression<'f32'> => ({ type: 'f32', code: [push('i32', a), opcode] });
}
export function vUnary(opcode: number) {
  const own = simd(opcode);
  return (a: V128): Expression<'v128'> => ({ type: 'v128', code: [a.code, own] });
}
export function vBinary(opcode: number) {
  const own = simd(opcode);
  return (a: V128, b: V128): Expression<'v128'> => ({ type: 'v128', code: [a.code, b.code, own] });
}
export function vShift(opcode: number) {
  const own = simd(opcode);
  return (a: V128, bits: I32): Expression<'v128'> => ({
    type: 'v128',
    code: [a.code, push('i32', bits), own],
  });
}
export function vTest(opcode: number) {
  const own = simd(opcode);
  return (a: V128): Expression<'i32'> => ({ type: 'i32', code: [a.code, own] });
}

// ---- memory: address + a constant offset in bytes; the alignment is only a hint

export const FLOAT_ALIGNMENT = 2;

export function load<T extends ValueType>(type: T, opcode: Code, alignment = FLOAT_ALIGNMENT) {
  return (address: I32, offset = 0): Expression<T> => ({
    type,
    code: [push('i32', address), opcode, alignment, unsigned(offset)],
  });
}
export function store<T extends ValueType>(type: T, opcode: Code, alignment = FLOAT_ALIGNMENT) {
  return (address: I32, value: Operand<T>, offset = 0): Statement => ({
    type: 'void',
    code: [push('i32', address), push(type, value), opcode, alignment, unsigned(offset)],
  });
}
