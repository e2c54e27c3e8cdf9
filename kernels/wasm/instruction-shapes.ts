/** One function for each combination of operands and result that WebAssembly instructions have. */
import { type Code, unsigned } from './encoding.ts';
import {
  type Expression,
  type F32,
  type I32,
  type I64,
  type Operand,
  push,
  type Statement,
  type V128,
  type ValueType,
} from './expressions.ts';

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
