import { placeOf } from '../range.ts';
import { partsOf, rowOf, type Vectors } from './vectors.ts';

/** The most pairs of rows that are looked at. */
const PAIRS = 2048;
/** A few far rows lie in few pairs, and a column of one value in none; copies make up less than all. */
const SHARE = 0.9;

/**
 * How much rows of a set differ, whatever a few far values or columns do: the most, for a number, in nine of ten pairs of rows.
 *
 * @returns the root mean square of the differences of a pair, divided by √2, so that it is the standard deviation of independent numbers
 */
export function ordinarySpread(vectors: Vectors): number {
  const { rows, cols } = vectors;
  const half = Math.floor(rows / 2);
  const pairs = Math.min(half, PAIRS);
  if (pairs === 0) return 0;
  const squares = Float64Array.from({ length: pairs }, (_, pair) => {
    const i = Math.floor((pair * half) / pairs);
    return squaredDifference(rowOf(vectors, i).data, rowOf(vectors, i + half).data);
  }).sort();
  return Math.sqrt(squares[Math.ceil(SHARE * pairs) - 1]! / (2 * cols));
}

/** What lies farthest from the rest, in words: a value from what is usual in its column, or a column from what is usual in others. */
export function farthestValue(vectors: Vectors): string {
  const { rows, cols } = vectors;
  const sample = Math.min(rows, PAIRS);
  const usual = Float64Array.from({ length: cols }, (_, column) =>
    median(
      Float64Array.from({ length: sample }, (_, i) => rowOf(vectors, Math.floor((i * rows) / sample)).data[column]!),
    ),
  );
  const usualColumn = median(usual.slice());
  let [most, what] = [-1, ''];
  for (const [column, value] of usual.entries()) {
    const far = Math.abs(value - usualColumn);
    if (far > most) [most, what] = [far, `values near ${value} all along column ${column}`];
  }
  for (const { first, matrix } of partsOf(vectors)) {
    const { data } = matrix;
    for (let i = 0; i < data.length; i++) {
      const far = Math.abs(data[i]! - usual[i % cols]!);
      if (far > most) [most, what] = [far, `${data[i]} at ${placeOf(matrix, i, first)}`];
    }
  }
  return what;
}

/** Sorts them. */
function median(values: Float64Array): number {
  return values.sort()[values.length >> 1]!;
}

/** In float64, which holds it for all float32. */
function squaredDifference(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j]! - b[j]!) ** 2;
  return sum;
}
