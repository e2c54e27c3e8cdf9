/** exp, log and tanh of four lanes: the operations of reference.ts one by one, in float32. */
import type { FunctionScope, Local } from '../wasm/assembler.ts';
import type { Statement, V128 } from '../wasm/expressions.ts';
import { f32x4, i32x4, v128 } from '../wasm/instructions.ts';
import {
  EXP_NEGLIGIBLE,
  EXP_SERIES,
  EXP_SMALLEST,
  EXP_TERMS_32,
  LN2_HIGH,
  LN2_LOW,
  LOG_SERIES,
  LOG_TERMS_32,
  SQRT_HALF_BITS,
  TANH_BY_EXP,
  TANH_DENOMINATORS,
  TANH_DENOMINATORS_32,
  TANH_NEGLIGIBLE,
  TANH_SATURATED,
} from './reference.ts';

/** y = e^x; x is left changed. */
export function expStatements(f: FunctionScope, y: Local<'v128'>, x: Local<'v128'>): Statement[] {
  const n = f.local('v128');
  const r = f.local('v128');
  const zero = f.local('v128'); // where the result is 0
  return [
    zero.set(f32x4.lt(x, f32x4.const(EXP_SMALLEST))),
    // Out of range or negligible: 0 instead, so that nothing subnormal is computed; e^0 = 1.
    x.set(v128.andnot(x, v128.or(zero, f32x4.lt(f32x4.abs(x), f32x4.const(EXP_NEGLIGIBLE))))),
    n.set(f32x4.floor(f32x4.add(f32x4.mul(x, f32x4.const(Math.LOG2E)), f32x4.const(0.5)))),
    r.set(f32x4.sub(f32x4.sub(x, f32x4.mul(n, f32x4.const(LN2_HIGH))), f32x4.mul(n, f32x4.const(LN2_LOW)))),
    ...series(y, r, EXP_SERIES.slice(0, EXP_TERMS_32)),
    y.set(f32x4.mul(y, i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.const(127)), 23))),
    y.set(v128.andnot(y, zero)),
  ];
}

/** y = ln x. */
export function logStatements(f: FunctionScope, y: Local<'v128'>, x: V128): Statement[] {
  const bits = f.local('v128');
  const e = f.local('v128');
  const rest = f.local('v128'); // f in reference.ts: x / 2^e - 1
  const s = f.local('v128');
  const square = f.local('v128');
  const exponent = f.local('v128');
  return [
    bits.set(x),
    e.set(i32x4.shr_s(i32x4.sub(bits, i32x4.const(SQRT_HALF_BITS)), 23)),
    rest.set(f32x4.sub(f32x4.mul(bits, i32x4.shl(i32x4.sub(i32x4.const(127), e), 23)), f32x4.const(1))),
    s.set(f32x4.div(rest, f32x4.add(f32x4.const(2), rest))),
    square.set(f32x4.mul(s, s)),
    ...series(y, square, LOG_SERIES.slice(0, LOG_TERMS_32)),
    exponent.set(f32x4.convert_i32x4_s(e)),
    y.set(f32x4.mul(s, f32x4.sub(rest, f32x4.mul(square, y)))),
    y.set(f32x4.sub(y, f32x4.mul(exponent, f32x4.const(LN2_LOW)))),
    y.set(f32x4.add(f32x4.mul(exponent, f32x4.const(LN2_HIGH)), f32x4.sub(rest, y))),
  ];
}

/** y = tanh x. */
export function tanhStatements(f: FunctionScope, y: Local<'v128'>, x: V128): Statement[] {
  const [value, size, square, q, power] = f.locals('v128', 5);
  const one = f32x4.const(1);
  const negligible = f32x4.lt(f32x4.abs(value), f32x4.const(TANH_NEGLIGIBLE));
  const denominators = TANH_DENOMINATORS.slice(0, TANH_DENOMINATORS_32).reverse();
  return [
    value.set(x),
    // Negligible: 0 instead, so that nothing subnormal is computed.
    size.set(v128.andnot(f32x4.pmin(f32x4.abs(value), f32x4.const(TANH_SATURATED)), negligible)),
    square.set(f32x4.mul(size, size)),
    q.set(f32x4.const(0)),
    ...denominators.map((odd) => q.set(f32x4.div(square, f32x4.add(f32x4.const(odd), q)))),
    y.set(f32x4.sub(size, f32x4.div(f32x4.mul(size, q), f32x4.add(one, q)))),
    square.set(f32x4.add(size, size)),
    ...expStatements(f, power, square),
    power.set(f32x4.sub(one, f32x4.div(f32x4.const(2), f32x4.add(power, one)))),
    y.set(v128.bitselect(y, power, f32x4.lt(size, f32x4.const(TANH_BY_EXP)))),
    y.set(v128.or(y, v128.and(value, i32x4.const(SIGN_BIT)))),
    y.set(v128.bitselect(value, y, negligible)),
  ];
}

const SIGN_BIT = 1 << 31;

/** y = c0 + x (c1 + x (c2 + …)) */
function series(y: Local<'v128'>, x: V128, coefficients: readonly number[]): Statement[] {
  const [highest, ...lower] = [...coefficients].reverse();
  return [
    y.set(f32x4.const(highest!)),
    ...lower.map((coefficient) => y.set(f32x4.add(f32x4.mul(y, x), f32x4.const(coefficient)))),
  ];
}
