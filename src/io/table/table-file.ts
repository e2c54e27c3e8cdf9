import { FileError } from '../file/file-error.ts';
import { allocate, InputFile } from '../file/input-file.ts';
import { ELEMENTS } from './element.ts';
import { LAYOUT_BYTES, type TableFormat, type TableLayout, tableLayout } from './layout.ts';

/** Which values a reader takes, and how it says so when another comes. */
export interface Acceptance {
  readonly expected: string;
  accepts(value: number): boolean;
}

/** Bytes read at a time: measured, larger blocks were no faster. */
const BLOCK_BYTES = 1 << 22;

/** A table on disk: its layout is known, its values are read row by row on demand. */
export class TableFile {
  readonly path: string;
  readonly layout: TableLayout;
  readonly #file: InputFile;

  private constructor(file: InputFile, layout: TableLayout) {
    this.path = file.path;
    this.layout = layout;
    this.#file = file;
  }

  /** @throws {FileError} if the file cannot be read, or is no whole table of this format */
  static async open(path: string, format: TableFormat): Promise<TableFile> {
    const file = await InputFile.open(path);
    try {
      const start = await file.read(0, Math.min(file.size, LAYOUT_BYTES));
      return new TableFile(file, tableLayout(path, format, start, file.size));
    } catch (cause) {
      await file.close();
      throw cause;
    }
  }

  /**
   * Rows [first, first + count).
   *
   * @returns (count, cols)
   * @throws as `readInto`
   * @throws {FileError} also if memory does not hold them
   */
  async read<A extends Float32Array | Int32Array>(
    first: number,
    count: number,
    acceptance: Acceptance,
    make: (length: number) => A,
  ): Promise<A> {
    this.#requireRows(first, count);
    const length = count * this.layout.cols;
    const out = allocate(this.path, () => make(length), 4 * length);
    await this.readInto(out, first, count, acceptance);
    return out;
  }

  /**
   * Reads rows [first, first + count) to the beginning of `out`, a block at a time.
   *
   * @throws {RangeError} if there are no such rows
   * @throws {FileError} if a row has another length, or holds a value that is not accepted
   */
  async readInto(out: Float32Array | Int32Array, first: number, count: number, acceptance: Acceptance): Promise<void> {
    this.#requireRows(first, count);
    const { cols, stride, dataOffset } = this.layout;
    const rowsAtOnce = Math.max(1, Math.floor(BLOCK_BYTES / stride));
    const block = new Uint8Array(Math.min(rowsAtOnce, count) * stride);
    for (let row = 0; row < count; row += rowsAtOnce) {
      const bytes = block.subarray(0, Math.min(rowsAtOnce, count - row) * stride);
      await this.#file.readInto(bytes, dataOffset + (first + row) * stride);
      this.#decode(bytes, first + row, out, row * cols, acceptance);
    }
  }

  #requireRows(first: number, count: number): void {
    const { rows } = this.layout;
    const inside = Number.isSafeInteger(first) && Number.isSafeInteger(count) && first >= 0 && count >= 0;
    if (inside && first + count <= rows) return;
    throw new RangeError(`${this.path}: expected rows within 0 to ${rows}, got ${count} rows from ${first}.`);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Copies whole rows, the first of which is row `first` of the file, to `out` from `at` on. */
  #decode(
    bytes: Uint8Array,
    first: number,
    out: Float32Array | Int32Array,
    at: number,
    { accepts, expected }: Acceptance,
  ): void {
    const { cols, stride, prefix, dataOffset, element } = this.layout;
    const { read, bytes: width } = ELEMENTS[element];
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const rows = bytes.length / stride;
    for (let r = 0, to = at; r < rows; r++) {
      let from = r * stride;
      if (prefix) {
        const found = view.getInt32(from, true);
        if (found !== cols) {
          const fault = `expected ${cols} values in row ${first + r} as in row 0, got ${found}`;
          throw new FileError(this.path, fault, { offset: dataOffset + (first + r) * stride });
        }
        from += prefix;
      }
      for (let c = 0; c < cols; c++, from += width) {
        const value = read(view, from);
        if (!accepts(value)) {
          const fault = `expected ${expected} at row ${first + r}, column ${c}, got ${value}`;
          throw new FileError(this.path, fault, { offset: dataOffset + first * stride + from });
        }
        out[to++] = value;
      }
    }
  }
}

/** A file of rows, opened for reading by position. */
interface RowFile<A> {
  readonly path: string;
  readonly rows: number;
  readonly cols: number;
  read(first: number, count: number): Promise<A>;
  close(): Promise<void>;
}

/**
 * The first `limit` rows of an open file, or all; closes it.
 *
 * @throws {RangeError} if `limit` is not from 1 to the number of rows
 */
export async function readAndClose<A>(
  file: RowFile<A>,
  limit: number | undefined,
): Promise<{ rows: number; cols: number; data: A }> {
  try {
    const rows = requireLimit(file.path, file.rows, limit);
    return { rows, cols: file.cols, data: await file.read(0, rows) };
  } finally {
    await file.close();
  }
}

/** How many rows to read. @throws {RangeError} if `limit` is not from 1 to `rows` */
export function requireLimit(path: string, rows: number, limit: number | undefined): number {
  if (limit === undefined) return rows;
  if (Number.isInteger(limit) && limit >= 1 && limit <= rows) return limit;
  throw new RangeError(`${path}: expected a limit from 1 to its ${rows} rows, got ${limit}.`);
}
