import { type Matrix, requireFinite, viewRows } from '../matrix.ts';

/** Vectors, one a row, in several matrices that follow each other, because no single memory holds them. */
export interface SplitMatrix {
  readonly rows: number;
  readonly cols: number;
  /** At least two, all of the same number of rows but the last, which may have fewer. */
  readonly parts: readonly Matrix[];
}

/** A base of any size. */
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

/**
 * `requireFinite` for vectors of any size; the row in the message counts from the first of all.
 *
 * @throws {RangeError} naming the first value that is not finite, and its place
 */
export function requireFiniteVectors(vectors: Vectors, where: string): void {
  for (const { first, matrix } of partsOf(vectors)) requireFinite(matrix, where, first);
}

/** Vectors that lie in one memory. @throws {RangeError} if they lie in several */
export function requireMatrix(vectors: Vectors, where: string): Matrix {
  if (!('parts' in vectors)) return vectors;
  const got = `${vectors.rows} x ${vectors.cols} in ${vectors.parts.length}`;
  throw new RangeError(`${where}: expected vectors that fit in one memory of 4 GiB, got ${got}.`);
}
