import { FileError } from './file/file-error.ts';
import { withInput } from './file/input-file.ts';
import { NPY_HEADER_BYTES, parseNpyHeader } from './table/npy.ts';

/**
 * Reads ids of one's own: `.txt`, one a line in UTF-8, or `.npy`, int64 of shape (rows,).
 *
 * @throws {FileError} if the file cannot be read, or is of neither kind
 *
 * @category Vectors, models and files
 */
export async function readOwnIds(path: string): Promise<BigInt64Array | string[]> {
  if (path.endsWith('.npy')) return readNumbers(path);
  if (path.endsWith('.txt')) return readLines(path);
  throw new FileError(path, 'expected ids in .txt, one a line, or .npy of int64, got another extension');
}

async function readNumbers(path: string): Promise<BigInt64Array> {
  return withInput(path, async (file) => {
    const start = await file.read(0, Math.min(file.size, NPY_HEADER_BYTES));
    const { element, shape, dataOffset } = parseNpyHeader(start, path);
    const rows = shape[0] ?? 0;
    if (element !== 'int64' || shape.length > 2 || (shape[1] ?? 1) !== 1 || shape.length === 0) {
      throw new FileError(path, `expected int64 of shape (rows,), got ${element} of (${shape.join(', ')})`);
    }
    if (file.size !== dataOffset + 8 * rows) {
      throw new FileError(path, `expected ${dataOffset + 8 * rows} bytes for ${rows} ids, got ${file.size}`);
    }
    const bytes = await file.read(dataOffset, 8 * rows);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return BigInt64Array.from({ length: rows }, (_, row) => view.getBigInt64(8 * row, true));
  });
}

async function readLines(path: string): Promise<string[]> {
  const bytes = await withInput(path, (file) => file.read(0, file.size));
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FileError(path, 'expected ids in UTF-8, one a line, got other bytes', { cause });
  }
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop(); // what follows the last end of a line
  return lines;
}
