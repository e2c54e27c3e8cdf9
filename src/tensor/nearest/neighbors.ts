import type { Counts } from '../../../kernels/operands.ts';
import { createMatrix, type Matrix, requireTable } from '../matrix.ts';

/**
 * Ids of base rows, a query a row, nearest first; -1 where there is none.
 *
 * @category Vectors, models and files
 */
export interface Ids {
  readonly rows: number;
  readonly cols: number;
  /** (rows, cols), row-major. */
  readonly data: Int32Array;
}

/**
 * Checks that an argument is a table of ids.
 *
 * @param where who asks; begins the message
 * @throws {TypeError} if it is something else, or its data is no Int32Array
 * @throws {RangeError} if a size is no whole number, or the data has another length than rows x cols
 */
export function requireIds(ids: Ids, where: string): void {
  requireTable(ids, Int32Array, 'a table of ids', where);
}

/** The k nearest base rows of each query, nearest first; equal distances by smaller id. */
export interface Neighbors {
  /** (queries, k); -1 where a search found fewer. */
  readonly ids: Ids;
  /** (queries, k), squared; `NO_DISTANCE` beside -1. */
  readonly distances: Matrix;
  readonly counts: Counts;
}

/** Stands where fewer than k points were found, with id -1: the largest float32. */
export const NO_DISTANCE = 3.4028234663852886e38;

/** Room for the k nearest rows of each query, all absent. */
export function noNeighbors(queries: number, k: number): Pick<Neighbors, 'ids' | 'distances'> {
  return {
    ids: { rows: queries, cols: k, data: new Int32Array(queries * k).fill(-1) },
    distances: createMatrix(queries, k, new Float32Array(queries * k).fill(NO_DISTANCE)),
  };
}
