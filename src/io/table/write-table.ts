import { writeAtomically } from '../file/atomic-file.ts';
import type { TableFormat } from './layout.ts';
import { formatNpyHeader } from './npy.ts';

type Values = Float32Array | Int32Array;

/** What a table is, before any of its values. */
export interface TableShape {
  readonly rows: number;
  readonly cols: number;
  /** The type in memory. */
  readonly type: 'float32' | 'int32';
}

/** How each format is written: its element's width, the numbers it can hold, and how one is stored. */
interface Encoding {
  readonly bytes: number;
  readonly holds: string;
  fits(value: number): boolean;
  store(view: DataView, at: number, value: number): void;
}

const FLOAT32: Encoding = {
  bytes: 4,
  holds: 'finite values',
  fits: Number.isFinite,
  store: (view, at, value) => view.setFloat32(at, value, true),
};
const INT32: Encoding = {
  bytes: 4,
  holds: 'integers',
  fits: Number.isInteger,
  store: (view, at, value) => view.setInt32(at, value, true),
};
const UINT8: Encoding = {
  bytes: 1,
  holds: 'integers from 0 to 255',
  fits: (value) => Number.isInteger(value) && value >= 0 && value <= 255,
  store: (view, at, value) => view.setUint8(at, value),
};
const INT8: Encoding = {
  bytes: 1,
  holds: 'integers from -128 to 127',
  fits: (value) => Number.isInteger(value) && value >= -128 && value <= 127,
  store: (view, at, value) => view.setInt8(at, value),
};

const BLOCK_BYTES = 1 << 20;

/**
 * Writes a table whose rows come a block at a time, whole or not at all: memory holds one block.
 *
 * @param blocks whole rows each, `rows` of them in all; a block is not used after the next has been asked for
 * @param where the caller, for errors about the values
 * @throws {RangeError} if the table is empty, the blocks are not rows x cols, or hold a value that the format cannot
 * @throws {FileError} if the file cannot be written
 * @throws whatever `blocks` throws; no file is left then
 */
export async function writeTable(
  path: string,
  format: TableFormat,
  shape: TableShape,
  blocks: Iterable<Values> | AsyncIterable<Values>,
  where: string,
  options: { signal?: AbortSignal },
): Promise<void> {
  const { rows, cols } = shape;
  if (!(rows >= 1 && cols >= 1)) {
    throw new RangeError(`${where}: expected at least one row and column, got ${rows} x ${cols}.`);
  }
  await writeAtomically(
    path,
    async (write) => {
      if (!format.endsWith('vecs')) await write(header(format, shape));
      let values = 0;
      for await (const block of blocks) {
        if (block.length % cols !== 0) throw wrongLength(where, shape, `a block of ${block.length}`);
        for (const bytes of encoded(format, shape, block, values / cols, where)) await write(bytes);
        values += block.length;
      }
      if (values !== rows * cols) throw wrongLength(where, shape, String(values));
    },
    options,
  );
}

function wrongLength(where: string, { rows, cols }: TableShape, got: string): RangeError {
  return new RangeError(`${where}: expected ${rows} x ${cols} = ${rows * cols} values, got ${got}.`);
}

/** Rows as bytes, a bounded number at a time; each piece is overwritten by the next. @param firstRow of `data`, for errors */
function* encoded(
  format: TableFormat,
  { cols, type }: TableShape,
  data: Values,
  firstRow: number,
  where: string,
): Generator<Uint8Array> {
  const { bytes, holds, fits, store } = encodingOf(format, type);
  const rows = data.length / cols;
  const prefix = format.endsWith('vecs') ? 4 : 0;
  const stride = prefix + cols * bytes;
  const rowsAtOnce = Math.max(1, Math.floor(BLOCK_BYTES / stride));
  const block = new Uint8Array(Math.min(rows, rowsAtOnce) * stride);
  const view = new DataView(block.buffer);
  for (let first = 0; first < rows; first += rowsAtOnce) {
    const last = Math.min(rows, first + rowsAtOnce);
    let at = 0;
    for (let row = first; row < last; row++) {
      if (prefix) view.setInt32(at, cols, true);
      at += prefix;
      for (let i = row * cols; i < (row + 1) * cols; i++, at += bytes) {
        const value = data[i]!;
        if (!fits(value)) {
          const place = `row ${firstRow + row}, column ${i - row * cols}`;
          throw new RangeError(`${where}: expected ${holds} for .${format}, got ${value} at ${place}.`);
        }
        store(view, at, value);
      }
    }
    yield block.subarray(0, at);
  }
}

function encodingOf(format: TableFormat, type: TableShape['type']): Encoding {
  if (format === 'bvecs' || format === 'u8bin') return UINT8;
  if (format === 'i8bin') return INT8;
  return type === 'int32' ? INT32 : FLOAT32;
}

function header(format: TableFormat, { rows, cols, type }: TableShape): Uint8Array {
  if (format === 'npy') return formatNpyHeader(type === 'int32' ? '<i4' : '<f4', rows, cols);
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, rows, true);
  view.setUint32(4, cols, true);
  return bytes;
}
