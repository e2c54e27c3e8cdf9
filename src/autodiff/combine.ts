import type { Tape } from './tape.ts';
import { colsOf, requireShape, rowsOf, sizeOf, type Tensor } from './tensor.ts';

/**
 * The same numbers under another shape; takes no memory and no time.
 *
 * @throws {RangeError} if the shape holds another number of values
 */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  if (sizeOf(shape) !== sizeOf(x.shape)) {
    throw new RangeError(`reshape: expected ${sizeOf(x.shape)} values, got shape (${shape.join(', ')}).`);
  }
  return { shape, value: x.value, gradient: x.gradient };
}

/**
 * y = a + b.
 *
 * @throws {RangeError} if the shapes differ
 */
export function add(tape: Tape, a: Tensor, b: Tensor): Tensor {
  requireShape('add', b, a.shape);
  return addToColumns(tape, a, b, 0);
}

/**
 * y = a + factor · b: of losses, so of few numbers; in float64, rounded once by the store.
 *
 * @throws {RangeError} if the shapes differ
 */
export function addScaled(tape: Tape, a: Tensor, b: Tensor, factor: number): Tensor {
  requireShape('addScaled', b, a.shape);
  const n = sizeOf(a.shape);
  const y = tape.result(a.shape, [a, b]);
  const [da, db, dy] = [a.gradient, b.gradient, y.gradient];
  tape.record(
    () => {
      for (let i = 0; i < n; i++) y.value[i] = a.value[i]! + factor * b.value[i]!;
    },
    dy &&
      (() => {
        for (let i = 0; i < n; i++) {
          if (da) da[i]! += dy[i]!;
          if (db) db[i]! += factor * dy[i]!;
        }
      }),
  );
  return y;
}

/**
 * The rows first .. first + count - 1: a view, which takes no memory and no time.
 *
 * @param x (rows, cols)
 * @returns (count, cols)
 * @throws {RangeError} if x has no such rows
 */
export function selectRows(x: Tensor, first: number, count: number): Tensor {
  const rows = rowsOf(x);
  const cols = colsOf(x);
  if (first < 0 || first + count > rows) {
    throw new RangeError(`selectRows: expected rows within 0 .. ${rows - 1}, got ${first} .. ${first + count - 1}.`);
  }
  const [start, end] = [first * cols, (first + count) * cols];
  const gradient = x.gradient?.subarray(start, end);
  return { shape: [count, cols], value: x.value.subarray(start, end), gradient };
}

/**
 * y = x, with b added to the columns from `first` on.
 *
 * @param x (rows, cols)
 * @param b (rows, at most cols - first)
 * @throws {RangeError} if the shapes do not fit
 */
export function addToColumns(tape: Tape, x: Tensor, b: Tensor, first: number): Tensor {
  const { kernels } = tape;
  const rows = rowsOf(x);
  const cols = colsOf(x);
  const width = colsOf(b);
  if (rowsOf(b) !== rows) throw new RangeError(`addToColumns: expected ${rows} rows, got ${rowsOf(b)}.`);
  requireColumns('addToColumns', first, width, cols);
  const y = tape.result(x.shape, [x, b]);
  const dx = x.gradient;
  const db = b.gradient;
  const dy = y.gradient;
  tape.record(
    () => {
      kernels.copyBlock(y.value, cols, 0, x.value, cols, 0, rows, cols);
      kernels.addBlock(y.value, cols, first, b.value, width, 0, rows, width);
    },
    dy &&
      (() => {
        if (dx) kernels.add(dx, dy, rows * cols);
        if (db) kernels.addBlock(db, width, 0, dy, cols, first, rows, width);
      }),
  );
  return y;
}

/**
 * The columns of the parts side by side.
 *
 * @param parts each (rows, its own number of columns)
 * @throws {RangeError} if the numbers of rows differ
 */
export function concatenateColumns(tape: Tape, parts: readonly Tensor[]): Tensor {
  const { kernels } = tape;
  const rows = parts[0] ? rowsOf(parts[0]) : 0;
  const cols = parts.reduce((sum, part) => sum + colsOf(part), 0);
  const y = tape.result([rows, cols], parts);
  const dy = y.gradient;
  let first = 0;
  for (const part of parts) {
    if (rowsOf(part) !== rows) throw new RangeError(`concatenateColumns: expected ${rows} rows, got ${rowsOf(part)}.`);
    const begin = first;
    const width = colsOf(part);
    const dPart = part.gradient;
    tape.record(
      () => kernels.copyBlock(y.value, cols, begin, part.value, width, 0, rows, width),
      dPart && dy && (() => kernels.addBlock(dPart, width, 0, dy, cols, begin, rows, width)),
    );
    first += width;
  }
  return y;
}

/**
 * The columns first .. first + width - 1.
 *
 * @param x (rows, cols)
 * @returns (rows, width)
 * @throws {RangeError} if x has no such columns
 */
export function selectColumns(tape: Tape, x: Tensor, first: number, width: number): Tensor {
  const { kernels } = tape;
  const rows = rowsOf(x);
  const cols = colsOf(x);
  requireColumns('selectColumns', first, width, cols);
  const y = tape.result([rows, width], [x]);
  const dx = x.gradient;
  const dy = y.gradient;
  tape.record(
    () => kernels.copyBlock(y.value, width, 0, x.value, cols, first, rows, width),
    dx && dy && (() => kernels.addBlock(dx, cols, first, dy, width, 0, rows, width)),
  );
  return y;
}

function requireColumns(where: string, first: number, width: number, cols: number): void {
  if (first < 0 || first + width > cols) {
    throw new RangeError(`${where}: expected columns within 0 .. ${cols - 1}, got ${first} .. ${first + width - 1}.`);
  }
}
