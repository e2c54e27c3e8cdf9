import { FileError, quoted } from '../file/file-error.ts';
import { requirePath } from '../file/path.ts';
import { ELEMENTS, type FileElement } from './element.ts';
import { NPY_HEADER_BYTES, parseNpyHeader } from './npy.ts';

/** A format is named by its extension, without the dot. */
export type TableFormat = 'fvecs' | 'bvecs' | 'ivecs' | 'npy' | 'fbin' | 'u8bin' | 'i8bin' | 'ibin';

/** Where the values of a table lie in its file: row r begins at `dataOffset + r * stride`, after `prefix` bytes. */
export interface TableLayout {
  readonly format: TableFormat;
  readonly element: FileElement;
  readonly rows: number;
  readonly cols: number;
  readonly dataOffset: number;
  readonly stride: number;
  /** 4 where each row repeats `cols` as an int32 before its values. */
  readonly prefix: 0 | 4;
}

/** The most bytes from the beginning of a file that decide its layout. */
export const LAYOUT_BYTES = NPY_HEADER_BYTES;

/** The element type of each format; `.npy` says it itself. */
const ELEMENT_OF: Readonly<Record<Exclude<TableFormat, 'npy'>, FileElement>> = {
  fvecs: 'float32',
  bvecs: 'uint8',
  ivecs: 'int32',
  fbin: 'float32',
  u8bin: 'uint8',
  i8bin: 'int8',
  ibin: 'int32',
};

/** The format that the extension of `path` names, which must be one of `accepted`. @throws {FileError} */
export function formatOf<F extends string>(path: string, accepted: readonly F[], what: string): F {
  requirePath(path);
  const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase();
  const format = accepted.find((candidate) => candidate === extension);
  if (format) return format;
  const choices = accepted.map((candidate) => `.${candidate}`).join(' ');
  const got = extension === undefined ? 'no extension' : quoted(`.${extension}`);
  throw new FileError(path, `expected ${what} (${choices}), got ${got}`);
}

/**
 * Finds where a table's values lie; every count is compared with the size of the file before anyone allocates.
 *
 * @param start the first `LAYOUT_BYTES` bytes of the file, or all of it
 * @throws {FileError} if the header is malformed, or the file is empty, cut off, or longer than it says
 */
export function tableLayout(path: string, format: TableFormat, start: Uint8Array, size: number): TableLayout {
  if (size === 0) throw new FileError(path, `expected at least one row of .${format}, got an empty file`);
  if (format === 'npy') return npyLayout(path, start, size);
  const element = ELEMENT_OF[format];
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  return format.endsWith('vecs')
    ? vecsLayout(path, format, element, view, size)
    : binLayout(path, format, element, view, size);
}

/** Each row: its number of values as int32, then the values. The number of rows follows from the size. */
function vecsLayout(
  path: string,
  format: TableFormat,
  element: FileElement,
  view: DataView,
  size: number,
): TableLayout {
  if (view.byteLength < 4) throw new FileError(path, `expected at least 4 bytes, got ${size}`);
  const cols = view.getInt32(0, true);
  if (cols <= 0) throw new FileError(path, `expected rows of at least 1 value, got ${cols}`, { offset: 0 });
  const stride = 4 + cols * ELEMENTS[element].bytes;
  const rows = Math.floor(size / stride);
  const rest = size - rows * stride;
  if (rest !== 0) {
    const fault = `expected a whole number of rows of ${stride} bytes (4 + ${cols} x ${element}), got`;
    throw new FileError(path, `${fault} ${size} bytes: ${rows} rows and ${rest} bytes`, { offset: rows * stride });
  }
  return { format, element, rows, cols, dataOffset: 0, stride, prefix: 4 };
}

/** The number of rows and of columns as uint32, then all values; in a truth file of big-ann then as many float32 distances. */
function binLayout(path: string, format: TableFormat, element: FileElement, view: DataView, size: number): TableLayout {
  if (view.byteLength < 8) throw new FileError(path, `expected at least 8 bytes, got ${size}`);
  const rows = view.getUint32(0, true);
  const cols = view.getUint32(4, true);
  const distances = 4 * rows * cols;
  const withDistances = format === 'ibin' && size === 8 + 2 * distances;
  return denseLayout(path, { format, element, rows, cols, dataOffset: 8 }, withDistances ? size - distances : size);
}

function npyLayout(path: string, start: Uint8Array, size: number): TableLayout {
  const { element, shape, dataOffset } = parseNpyHeader(start, path);
  const [rows, cols] = shape;
  if (rows === undefined || cols === undefined || shape.length !== 2) {
    throw new FileError(path, `expected an array of shape (rows, columns), got (${shape.slice(0, 8).join(', ')})`);
  }
  return denseLayout(path, { format: 'npy', element, rows, cols, dataOffset }, size);
}

function denseLayout(path: string, table: Omit<TableLayout, 'stride' | 'prefix'>, size: number): TableLayout {
  const { element, rows, cols, dataOffset } = table;
  if (rows === 0 || cols === 0) {
    throw new FileError(path, `expected at least one row and one column, got ${rows} x ${cols}`);
  }
  const expected = dataOffset + rows * cols * ELEMENTS[element].bytes;
  if (expected !== size) {
    const why = `${dataOffset} + ${rows} x ${cols} x ${element}`;
    throw new FileError(path, `expected ${expected} bytes (${why}), got ${size}`, { offset: Math.min(expected, size) });
  }
  return { ...table, stride: cols * ELEMENTS[element].bytes, prefix: 0 };
}
