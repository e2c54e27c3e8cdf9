import { type Ids, requireIds } from '../tensor/nearest/neighbors.ts';
import { FileError } from './file/file-error.ts';
import { ELEMENTS, type FileElement } from './table/element.ts';
import { formatOf, type TableFormat } from './table/layout.ts';
import { type Acceptance, readAndClose, TableFile } from './table/table-file.ts';
import { writeTable } from './table/write-table.ts';

/** The formats of ids. */
export const ID_FORMATS: readonly TableFormat[] = ['ivecs', 'npy', 'ibin'];

const IDS: Acceptance = {
  expected: 'an id from 0 to 2^31 - 1, or -1 for none,',
  accepts: (value) => value >= -1 && value <= 2147483647,
};

/** Ids on disk, read by position in blocks of rows. */
export interface IdFile {
  readonly path: string;
  readonly format: TableFormat;
  /** The element type in the file; what is read is int32. */
  readonly type: FileElement;
  readonly rows: number;
  readonly cols: number;
  /**
   * Rows [first, first + count), row-major.
   *
   * @throws {RangeError} if there are no such rows
   * @throws {FileError} if a row has another length, or a number is no id
   */
  read(first: number, count: number): Promise<Int32Array>;
  close(): Promise<void>;
}

/**
 * Opens a table of ids (ground truth, results, a k-nearest-neighbor graph). Only the header is read.
 *
 * @throws {FileError} if the file cannot be read, or is no whole table of integers
 */
export async function openIds(path: string): Promise<IdFile> {
  const table = await TableFile.open(path, formatOf(path, ID_FORMATS, 'ids'));
  const { format, element, rows, cols } = table.layout;
  if (!ELEMENTS[element].integer) {
    await table.close();
    throw new FileError(path, `expected ids, which are integers, got ${element}`);
  }
  return {
    path,
    format,
    type: element,
    rows,
    cols,
    read: (first, count) => table.read(first, count, IDS, (length) => new Int32Array(length)),
    close: () => table.close(),
  };
}

/**
 * Reads a table of ids: all rows, or the first `limit`.
 *
 * @throws {RangeError} if `limit` is not from 1 to the number of rows
 * @throws {FileError} as `openIds` and its `read`
 *
 * @category Vectors, models and files
 */
export async function readIds(path: string, options: { limit?: number } = {}): Promise<Ids> {
  return readAndClose(await openIds(path), options.limit);
}

/**
 * Writes ids as int32 in the format that the extension names.
 *
 * @throws {RangeError} if the table is empty, or is not rows x cols
 * @throws {FileError} if the extension is none of ours, or the file cannot be written
 *
 * @category Vectors, models and files
 */
export async function writeIds(path: string, ids: Ids, options: { signal?: AbortSignal } = {}): Promise<void> {
  requireIds(ids, 'writeIds');
  const { rows, cols, data } = ids;
  const format = formatOf(path, ID_FORMATS, 'ids');
  await writeTable(path, format, { rows, cols, type: 'int32' }, [data], 'writeIds', options);
}
