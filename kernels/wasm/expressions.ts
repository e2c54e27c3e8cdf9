/** What WebAssembly code is made of: an expression leaves a value on the stack, a statement nothing. */
import { type Code, float32, signed } from './encoding.ts';

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

export function statement(...code: Code[]): Statement {
  return { type: 'void', code };
}

export function sequence(body: readonly Statement[]): Code {
  return body.map((one) => one.code);
}
