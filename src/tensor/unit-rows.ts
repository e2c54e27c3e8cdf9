import { createMatrix, type Matrix } from './matrix.ts';
import { requireInRange } from './range.ts';

/**
 * Each row divided by its Euclidean length: among rows of length 1 the order of Euclidean distances is that of cosine, since
 * |a - b|² = 2 - 2 cos(a, b).
 *
 * The squares of a row, exact in float64, are added up in float64, column after column; each value is divided by the root of the sum in
 * float64 and rounded once to float32. So no row is too long or too short, and the bits are the same everywhere.
 *
 * @param where begins messages
 * @param out (rows, cols), receives the result; may be `rows` itself
 * @param firstRow what number the first row has in messages
 * @throws {RangeError} if a value is not finite or out of range, or a row has zeros only and therefore no direction
 */
export function unitRows(
  rows: Matrix,
  where: string,
  out: Matrix = createMatrix(rows.rows, rows.cols),
  firstRow = 0,
): Matrix {
  requireInRange(rows, where, firstRow);
  const { cols, data } = rows;
  for (let row = 0; row < rows.rows; row++) {
    let squares = 0;
    for (let i = row * cols; i < (row + 1) * cols; i++) squares += data[i]! * data[i]!;
    if (squares === 0) throw noDirection(where, firstRow + row);
    const length = Math.sqrt(squares);
    for (let i = row * cols; i < (row + 1) * cols; i++) out.data[i] = data[i]! / length;
  }
  return out;
}

/** Checks that rows can be brought to length 1. @throws {RangeError} if one has zeros only */
export function requireDirections({ rows, cols, data }: Matrix, where: string): void {
  for (let row = 0; row < rows; row++) {
    if (data.subarray(row * cols, (row + 1) * cols).every((value) => value === 0)) throw noDirection(where, row);
  }
}

function noDirection(where: string, row: number): RangeError {
  return new RangeError(
    `${where}: expected vectors with a direction, to normalize them, got zeros alone at row ${row}.`,
  );
}
