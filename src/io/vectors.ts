import { type Matrix, requireShape } from '../tensor/matrix.ts';
import { LARGEST_VALUE } from '../tensor/range.ts';
import { createVectorStore, type VectorStoreOptions } from '../tensor/vectors/vector-store.ts';
import { rowBlocks, type Vectors } from '../tensor/vectors/vectors.ts';
import { ELEMENTS, type FileElement } from './table/element.ts';
import { formatOf, type TableFormat } from './table/layout.ts';
import { type Acceptance, readAndClose, requireLimit, TableFile } from './table/table-file.ts';
import { writeTable } from './table/write-table.ts';

/** The formats of vectors; `data/README.md` describes them. */
export const VECTOR_FORMATS: readonly TableFormat[] = ['fvecs', 'bvecs', 'npy', 'fbin', 'u8bin', 'i8bin'];

/** Vectors on disk, read by position in blocks of rows. */
export interface VectorFile {
  readonly path: string;
  readonly format: TableFormat;
  /** The element type in the file; what is read is float32. */
  readonly type: FileElement;
  readonly rows: number;
  readonly cols: number;
  /**
   * Rows [first, first + count), row-major.
   *
   * @throws {RangeError} if there are no such rows
   * @throws {FileError} if a row has another length, or a value is not from -2^48 to 2^48
   */
  read(first: number, count: number): Promise<Float32Array>;
  /** The same, to the beginning of `out`. */
  readInto(out: Float32Array, first: number, count: number): Promise<void>;
  close(): Promise<void>;
}

/** Integers up to 2^24 are exact in float32; a larger one would change in silence. */
const EXACT_INTEGERS: Acceptance = {
  expected: 'an integer from -2^24 to 2^24',
  accepts: (value) => value >= -16777216 && value <= 16777216,
};
const IN_RANGE: Acceptance = {
  expected: 'a number from -2^48 to 2^48 (2.8e14; where vectors are larger, divide them all by one power of two)',
  accepts: (value) => Math.abs(value) <= LARGEST_VALUE,
};
const ANYTHING: Acceptance = { expected: 'a number', accepts: () => true };

/**
 * Opens a file of vectors; the extension names the format. Only the header is read.
 *
 * @param options.nonFinite 'keep' lets NaN and infinities through, for a reader that reports them
 * @throws {FileError} if the file cannot be read, or is no whole table of its format
 *
 * @category Vectors, models and files
 */
export async function openVectors(path: string, options: { nonFinite?: 'refuse' | 'keep' } = {}): Promise<VectorFile> {
  const table = await TableFile.open(path, formatOf(path, VECTOR_FORMATS, 'vectors'));
  const { format, element, rows, cols } = table.layout;
  const float = options.nonFinite === 'keep' ? ANYTHING : IN_RANGE;
  const acceptance = ELEMENTS[element].integer ? EXACT_INTEGERS : float;
  return {
    path,
    format,
    type: element,
    rows,
    cols,
    read: (first, count) => table.read(first, count, acceptance, (length) => new Float32Array(length)),
    readInto: (out, first, count) => table.readInto(out, first, count, acceptance),
    close: () => table.close(),
  };
}

/**
 * Reads vectors as float32: all of them, or the first `limit`.
 *
 * @throws {RangeError} if `limit` is not from 1 to the number of rows
 * @throws {FileError} as `openVectors` and its `read`
 *
 * @category Vectors, models and files
 */
export async function readVectors(path: string, options: { limit?: number } = {}): Promise<Matrix> {
  return readAndClose(await openVectors(path), options.limit);
}

export interface LoadVectorsOptions extends VectorStoreOptions {
  /** The first so many rows; all if not given. */
  readonly limit?: number;
  /** Rows read so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Rows between two looks at the signal. */
const ROWS_AT_ONCE = 1 << 14;

/**
 * Reads vectors as float32 straight to where kernels reach them, so that an index over them needs no other copy. What exceeds one
 * memory of 4 GiB lies in several.
 *
 * @throws {RangeError} if `limit` is not from 1 to the number of rows, or the machine has no room
 * @throws {FileError} as `openVectors` and its `read`
 * @throws the signal's reason, when it aborts
 *
 * @category Vectors, models and files
 */
export async function loadVectors(path: string, options: LoadVectorsOptions = {}): Promise<Vectors> {
  const { limit, onProgress, signal, ...store } = options;
  const file = await openVectors(path);
  try {
    const rows = requireLimit(path, file.rows, limit);
    const vectors = createVectorStore(rows, file.cols, store);
    for (const { first, matrix } of rowBlocks(vectors, 0, rows, ROWS_AT_ONCE)) {
      signal?.throwIfAborted();
      await file.readInto(matrix.data, first, matrix.rows);
      onProgress?.(first + matrix.rows, rows);
    }
    return vectors;
  } finally {
    await file.close();
  }
}

/**
 * Writes vectors in the format that the extension names: float32, or bytes for .bvecs, .u8bin and .i8bin.
 *
 * @throws {RangeError} if the matrix is empty, is not rows x cols, or holds a value that the format cannot
 * @throws {FileError} if the extension is none of ours, or the file cannot be written
 *
 * @category Vectors, models and files
 */
export async function writeVectors(
  path: string,
  matrix: Matrix,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  requireShape(matrix, 'writeVectors');
  await writeVectorBlocks(path, matrix, [matrix.data], options);
}

/**
 * The same for vectors that come a block of rows at a time: memory holds one block.
 *
 * @param blocks whole rows each, `shape.rows` of them in all; a block is not used after the next has been asked for
 * @throws as `writeVectors`, and whatever `blocks` throws; no file is left then
 */
export async function writeVectorBlocks(
  path: string,
  shape: { readonly rows: number; readonly cols: number },
  blocks: Iterable<Float32Array> | AsyncIterable<Float32Array>,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  const { rows, cols } = shape;
  const format = formatOf(path, VECTOR_FORMATS, 'vectors');
  await writeTable(path, format, { rows, cols, type: 'float32' }, blocks, 'writeVectors', options);
}
