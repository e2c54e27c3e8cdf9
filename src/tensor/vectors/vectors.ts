import { type Matrix, requireShape, viewRows } from '../matrix.ts';
import { LEAST_DIFFERENCE, placeOf, requireInRange } from '../range.ts';
import { requireWhole } from '../whole-number.ts';

/** Vectors, one a row, in several matrices that follow each other, because no single memory holds them. */
export interface SplitMatrix {
  readonly rows: number;
  readonly cols: number;
  /** At least two, all of the same number of rows but the last, which may have fewer. */
  readonly parts: readonly Matrix[];
}

/**
 * A base of any size. Whatever is made from it, an index or a set, may go on reading the arrays that it is given, and copies them only
 * where kernels do not reach them in place (`createVectorStore`, `loadVectors` put them where they do): they must not be changed while
 * it lives.
 */
export type Vectors = Matrix | SplitMatrix;

/** Rows that lie together. */
export interface Part {
  /** The number of the first row. */
  readonly first: number;
  readonly matrix: Matrix;
}

/** The parts in order; a matrix is one. */
export function* partsOf(vectors: Vectors): Generator<Part> {
  if (!('parts' in vectors)) {
    yield { first: 0, matrix: vectors };
    return;
  }
  let first = 0;
  for (const matrix of vectors.parts) {
    yield { first, matrix };
    first += matrix.rows;
  }
}

/** Each part as `map` makes it: as many rows, of another width perhaps. */
export function mapParts(vectors: Vectors, map: (part: Matrix) => Matrix): Vectors {
  if (!('parts' in vectors)) return map(vectors);
  const parts = vectors.parts.map(map);
  return { rows: vectors.rows, cols: parts[0]!.cols, parts };
}

/** Rows [first, first + count), part after part, at most `most` together; views of the same values in the same memory. */
export function* rowBlocks(vectors: Vectors, first: number, count: number, most: number): Generator<Part> {
  for (const part of partsOf(vectors)) {
    const end = Math.min(first + count, part.first + part.matrix.rows);
    for (let row = Math.max(first, part.first); row < end; row += most) {
      yield { first: row, matrix: viewRows(part.matrix, row - part.first, Math.min(most, end - row)) };
    }
  }
}

/** One of the vectors, as a view. */
export function rowOf(vectors: Vectors, row: number): Matrix {
  const [{ matrix }] = [...rowBlocks(vectors, row, 1, 1)] as [Part];
  return matrix;
}

/**
 * `requireInRange` for vectors of any size; the row in the message counts from the first of all.
 *
 * @throws {TypeError} if they are no vectors
 * @throws {RangeError} if the sizes do not fit, or naming the first value out of range, and its place
 */
export function requireVectorsInRange(vectors: Vectors, where: string): void {
  requireVectorsShape(vectors, where);
  for (const { first, matrix } of partsOf(vectors)) requireInRange(matrix, where, first);
}

/** `requireShape` for vectors of any size. @throws {TypeError} if they are no vectors @throws {RangeError} if the sizes do not fit */
export function requireVectorsShape(vectors: Vectors, where: string): void {
  const { rows, cols, parts = undefined } = Object(vectors) as SplitMatrix & Partial<Matrix>;
  if (!Array.isArray(parts)) {
    requireShape(vectors as Matrix, where);
    return;
  }
  for (const part of parts) {
    requireShape(part, where);
    requireWhole(where, 'cols of all parts', part.cols, cols, cols);
  }
  const all = parts.reduce((sum, part) => sum + part.rows, 0);
  requireWhole(where, 'rows', rows, all, all);
}

/**
 * Checks vectors to search among or to learn from: all in range, and not so alike that the squares of differences vanish.
 *
 * @throws {TypeError} if they are no vectors
 * @throws {RangeError} as `requireVectorsInRange`; else naming the largest difference, its place, and what helps
 */
export function requireBase(vectors: Vectors, where: string): void {
  requireVectorsInRange(vectors, where);
  requireDifferences(vectors, where);
}

/** @throws {RangeError} if rows differ, and all by so little that the squares of differences vanish */
export function requireDifferences(vectors: Vectors, where: string): void {
  const start = firstRowOf(vectors);
  let [most, place] = [0, ''];
  for (const { first, matrix } of partsOf(vectors)) {
    const { cols, data } = matrix;
    for (let i = 0; i < data.length; i++) {
      const difference = Math.abs(data[i]! - start[i % cols]!);
      if (difference >= LEAST_DIFFERENCE) return; // in ordinary vectors, the second row's first number
      if (difference > most) [most, place] = [difference, placeOf(matrix, i, first)];
    }
  }
  if (most === 0) return;
  const got = `at most ${most} (${place}, from row 0)`;
  throw new RangeError(
    `${where}: expected rows that differ by 2^-40 (9.1e-13) or more in some column, got ${got}; multiply all vectors by one power of two.`,
  );
}

function firstRowOf(vectors: Vectors): Float32Array {
  for (const { matrix } of partsOf(vectors)) if (matrix.rows > 0) return matrix.data.subarray(0, matrix.cols);
  return new Float32Array(0);
}

/** Vectors that lie in one memory. @throws {RangeError} if they lie in several */
export function requireMatrix(vectors: Vectors, where: string): Matrix {
  if (!('parts' in vectors)) return vectors;
  const got = `${vectors.rows} x ${vectors.cols} in ${vectors.parts.length}`;
  throw new RangeError(`${where}: expected vectors that fit in one memory of 4 GiB, got ${got}.`);
}

/** The data in which a row lies, and where it begins there. */
export function placeOfRow(vectors: Vectors, row: number): { readonly data: Float32Array; readonly at: number } {
  if (!('parts' in vectors)) return { data: vectors.data, at: row * vectors.cols };
  const rowsEach = vectors.parts[0]!.rows;
  return { data: vectors.parts[Math.floor(row / rowsEach)]!.data, at: (row % rowsEach) * vectors.cols };
}
