/**
 * exp, log and tanh from the four operations only, because engines differ in `Math.exp`, `Math.log` and `Math.tanh`. One series
 * (for tanh, one continued fraction) serves both precisions: float64 takes more of its terms. Relative error below 1.1e-7 in
 * float32 and 4.5e-16 in float64, checked in test/kernels/math.test.ts.
 */
import type { Round } from '../operands.ts';

/** ln 2 = high + low; high has 9 significant bits, so its product with an exponent is exact in float32. */
export const LN2_HIGH = 0.693359375;
export const LN2_LOW = -2.1219444005469057e-4;

/** 1 / k!: the series of e^r, |r| <= ln(2) / 2; what is cut off is below 2^-27 (8 terms), 2^-57 (14 terms). */
export const EXP_SERIES: readonly number[] = inverseFactorials(14);
export const EXP_TERMS_32 = 8;
/** Below this e^x would leave the normal float32 range; it counts as 0. */
export const EXP_SMALLEST = -87;
/** 2^-60; nearer to 0 than this, e^x is 1 (and x may be subnormal). */
export const EXP_NEGLIGIBLE = 2 ** -60;

/** 2 / (2k + 3): the series of 2 atanh(s) / s - 2 in s², |s| <= 0.172; cut off below 2^-34 (5 terms), 2^-65 (11). */
export const LOG_SERIES: readonly number[] = Array.from({ length: 11 }, (_, k) => 2 / (2 * k + 3));
export const LOG_TERMS_32 = 5;
/** Bits of sqrt(1/2) in float32: mantissas are taken from [sqrt(1/2), sqrt(2)), so that log is precise around 1. */
export const SQRT_HALF_BITS = 0x3f3504f3;

/** Nearer to 0 than 2^-28, tanh x is x (and x² may be subnormal). */
export const TANH_NEGLIGIBLE = 2 ** -28;
/** From here on, by the exponential: where both ways have the same error (measured). */
export const TANH_BY_EXP = 0.875;
/** From here on tanh is 1 in both precisions: 2 / (e^40 + 1) < 2^-56. */
export const TANH_SATURATED = 20;
/** Lambert's denominators 3, 5, 7, ..; what is cut off is below 2^-31 (up to 11), 2^-63 (up to 19). */
export const TANH_DENOMINATORS: readonly number[] = Array.from({ length: 9 }, (_, k) => 2 * k + 3);
export const TANH_DENOMINATORS_32 = 5;

const single = new Float32Array(1);
const singleBits = new Int32Array(single.buffer);

/**
 * e^x for x <= 88. Exactly 0 below -87 (e^-87 = 1.6e-38), so that no subnormal number is ever returned.
 *
 * x = n ln 2 + r; e^x = 2^n (1 + r (1 + r (1/2 + r (1/6 + …)))).
 */
export function exp(x: number, round: Round): number {
  if (x < EXP_SMALLEST) return 0;
  if (Math.abs(x) < EXP_NEGLIGIBLE) return 1;
  const n = Math.floor(round(round(x * round(Math.LOG2E)) + 0.5));
  const r = round(round(x - n * LN2_HIGH) - round(n * round(LN2_LOW)));
  const terms = isSingle(round) ? EXP_TERMS_32 : EXP_SERIES.length;
  let sum = round(EXP_SERIES[terms - 1]!);
  for (let k = terms - 2; k >= 0; k--) sum = round(round(sum * r) + round(EXP_SERIES[k]!));
  singleBits[0] = (n + 127) << 23; // the bits of 2^n
  return round(sum * single[0]!);
}

/**
 * Natural logarithm of a normal number, 2^-126 <= x < 2^126.
 *
 * x = 2^e (1 + f), sqrt(1/2) <= 1 + f < sqrt(2); with s = f / (2 + f), ln(1 + f) = 2 atanh(s) = f - s (f - s² (2/3 + 2/5 s² + …)):
 * f is exact, so only the small correction carries rounding.
 */
export function log(x: number, round: Round): number {
  single[0] = x;
  const e = (singleBits[0]! - SQRT_HALF_BITS) >> 23;
  singleBits[0] = (127 - e) << 23; // the bits of 2^-e
  const f = x * single[0]! - 1;
  const s = round(f / round(2 + f));
  const square = round(s * s);
  const terms = isSingle(round) ? LOG_TERMS_32 : LOG_SERIES.length;
  let series = round(LOG_SERIES[terms - 1]!);
  for (let k = terms - 2; k >= 0; k--) series = round(round(series * square) + round(LOG_SERIES[k]!));
  const correction = round(s * round(f - round(square * series)));
  const low = round(correction - round(e * round(LN2_LOW)));
  return round(e * LN2_HIGH + round(f - low));
}

/**
 * Hyperbolic tangent. Odd to the last bit, exactly ±1 where that is nearest; a subnormal x, and no other, gives a subnormal.
 *
 * For a = |x| < 7/8, tanh a = a / (1 + q), q = a² / (3 + a² / (5 + a² / (7 + …))); written a - a q / (1 + q), so that only the
 * small correction carries rounding. Beyond, tanh a = 1 - 2 / (e^2a + 1).
 *
 * Source: Lambert 1761 (the continued fraction).
 */
export function tanh(x: number, round: Round): number {
  const a = Math.min(Math.abs(x), TANH_SATURATED);
  if (a < TANH_NEGLIGIBLE) return x;
  const size = a < TANH_BY_EXP ? tanhByFraction(a, round) : round(1 - round(2 / round(exp(2 * a, round) + 1)));
  return x < 0 ? -size : size;
}

function tanhByFraction(a: number, round: Round): number {
  const square = round(a * a);
  let q = 0;
  for (let k = (isSingle(round) ? TANH_DENOMINATORS_32 : TANH_DENOMINATORS.length) - 1; k >= 0; k--) {
    q = round(square / round(TANH_DENOMINATORS[k]! + q));
  }
  return round(a - round(round(a * q) / round(1 + q)));
}

function isSingle(round: Round): boolean {
  return round(0.1) !== 0.1;
}

function inverseFactorials(count: number): number[] {
  const result = [1];
  for (let k = 1; k < count; k++) result.push(result[k - 1]! / k);
  return result;
}
