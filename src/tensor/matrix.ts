import type { Kernels } from '../../kernels/kernels.ts';
import { requireWhole } from './whole-number.ts';

/** Where values lie that kernels reach in place. */
export interface KernelMemory {
  readonly kernels: Kernels;
  /** How many other threads can attach to the kernels. */
  readonly attachable: number;
}

/**
 * Vectors, one a row: the one container that modules exchange.
 *
 * @category Vectors, models and files
 */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  /** (rows, cols), row-major. */
  readonly data: Float32Array;
  /** The memory that `data` lies in, if kernels reach it there: what is computed over these rows needs no copy of them. */
  readonly memory?: KernelMemory;
}

/**
 * A matrix over `data`, which is kept and not copied, or over zeros.
 *
 * @param data (rows, cols), row-major
 * @param memory that `data` lies in
 * @throws {RangeError} if a size is not a whole number, `cols` is 0, or `data` has another length than rows x cols
 *
 * @category Vectors, models and files
 */
export function createMatrix(rows: number, cols: number, data?: Float32Array, memory?: KernelMemory): Matrix {
  if (!Number.isSafeInteger(rows) || rows < 0) {
    throw new RangeError(`createMatrix: expected a whole number of rows, got ${rows}.`);
  }
  if (!Number.isSafeInteger(cols) || cols < 1) {
    throw new RangeError(`createMatrix: expected at least 1 column, got ${cols}.`);
  }
  if (data && data.length !== rows * cols) {
    throw new RangeError(`createMatrix: expected ${rows} x ${cols} = ${rows * cols} values, got ${data.length}.`);
  }
  return matrixOver(rows, cols, data ?? new Float32Array(rows * cols), memory);
}

/**
 * The first `rows` rows, as a view of the same values.
 *
 * @throws {RangeError} if the matrix has fewer rows
 *
 * @category Vectors, models and files
 */
export function firstRows(m: Matrix, rows: number): Matrix {
  requireShape(m, 'firstRows');
  if (!Number.isSafeInteger(rows) || rows < 0 || rows > m.rows) {
    throw new RangeError(`firstRows: expected at most ${m.rows} rows, got ${rows}.`);
  }
  return rows === m.rows ? m : viewRows(m, 0, rows);
}

/** Rows [first, first + count), as a view of the same values in the same memory. */
export function viewRows({ cols, data, memory }: Matrix, first: number, count: number): Matrix {
  return matrixOver(count, cols, data.subarray(first * cols, (first + count) * cols), memory);
}

function matrixOver(rows: number, cols: number, data: Float32Array, memory: KernelMemory | undefined): Matrix {
  return memory ? { rows, cols, data, memory } : { rows, cols, data };
}

/**
 * Checks that an argument is a matrix as `createMatrix` makes them.
 *
 * @param where who asks; begins the message
 * @throws {TypeError} if it is something else, or its data is no Float32Array
 * @throws {RangeError} if a size is no whole number, or the data has another length than rows x cols
 */
export function requireShape(m: Matrix, where: string): void {
  requireTable(m, Float32Array, 'a matrix', where);
}

/** `requireShape` for tables of numbers of any type. @param name of such a table */
export function requireTable(
  table: { readonly rows: number; readonly cols: number; readonly data: Float32Array | Int32Array },
  type: typeof Float32Array | typeof Int32Array,
  name: string,
  where: string,
): void {
  const { rows, cols, data } = Object(table) as Partial<typeof table>;
  if (!(data instanceof type)) {
    throw new TypeError(`${where}: expected ${name} whose data is a ${type.name}, got ${nameOf(data ?? table)}.`);
  }
  requireWhole(where, 'rows', rows!, 0);
  requireWhole(where, 'cols', cols!, 1);
  if (data.length === rows! * cols!) return;
  throw new RangeError(`${where}: expected ${rows} x ${cols} = ${rows! * cols!} values, got ${data.length}.`);
}

/** What something is, in a word. */
function nameOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}
