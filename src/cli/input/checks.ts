import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { requireOutput } from '../../io/file/atomic-file.ts';
import { FileError } from '../../io/file/file-error.ts';
import { inputBehind, outputTarget } from '../../io/file/output-target.ts';
import { ID_FORMATS } from '../../io/ids.ts';
import { RESULT_FORMATS } from '../../io/results.ts';
import { formatOf, type TableFormat } from '../../io/table/layout.ts';
import { UsageError } from '../arguments/usage-error.ts';

/** @throws {RangeError} if the vectors of two files cannot be compared */
export function requireSameCols(path: string, cols: number, otherPath: string, otherCols: number): void {
  if (cols === otherCols) return;
  throw new RangeError(`${path}: expected ${otherCols} columns as in ${otherPath}, got ${cols}.`);
}

/** @throws {RangeError} if two files do not speak of the same rows */
export function requireSameRows(path: string, rows: number, otherPath: string, otherRows: number): void {
  if (rows === otherRows) return;
  throw new RangeError(`${path}: expected ${otherRows} rows as in ${otherPath}, got ${rows}.`);
}

/** @throws {RangeError} if more neighbors are asked for than there are */
export function requireEnoughRows(path: string, rows: number, k: number): void {
  if (k <= rows) return;
  throw new RangeError(`${path}: expected at least k = ${k} rows, got ${rows}.`);
}

/** The formats of compressed vectors: those that hold any float32. */
const FLOAT_FORMATS: readonly TableFormat[] = ['fvecs', 'npy', 'fbin'];

/**
 * Checks, before any long work, that a file can be written later, and that no input would be lost by it.
 *
 * @param inputs files that the command reads
 * @throws {UsageError} if the path is that of an input, through whatever link
 * @throws {FileError} if the folder is missing or closed to us, or the path is a folder, a device or a pipe
 */
export async function requireWritable(path: string, inputs: readonly string[]): Promise<void> {
  const folder = dirname(resolve(path));
  if ((await stat(folder).catch(() => undefined))?.isDirectory() === false) {
    throw new FileError(path, `expected a folder that can be written, ${folder}, got a file`);
  }
  if ((await inputBehind(await outputTarget(path), inputs)) !== undefined) {
    throw new UsageError(`--out: expected another file than those that are read, got ${path}.`);
  }
  await requireOutput(path, inputs);
}

/** The same for ids. @throws {FileError} also if the extension is none that ids have */
export async function requireWritableIds(path: string, inputs: readonly string[]): Promise<void> {
  formatOf(path, ID_FORMATS, 'ids');
  await requireWritable(path, inputs);
}

/** The same for results. @throws {FileError} also if the extension is none that results have */
export async function requireWritableResults(path: string, inputs: readonly string[]): Promise<void> {
  formatOf(path, RESULT_FORMATS, 'results');
  await requireWritable(path, inputs);
}

/** The same for vectors of any values. @throws {FileError} also if the extension is none that they have */
export async function requireWritableVectors(path: string, inputs: readonly string[]): Promise<void> {
  formatOf(path, FLOAT_FORMATS, 'compressed vectors');
  await requireWritable(path, inputs);
}

/** `--limit` as readers take it. */
export function limited(limit: number | undefined): { limit?: number } {
  return limit === undefined ? {} : { limit };
}

/** Whether there is something of this name. */
export async function fileExists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/**
 * What the content of a file stands for, with the path in front of any complaint.
 *
 * @throws {RangeError} if `read` throws one
 */
export function interpreted<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RangeError(`${path}: ${cause.message}`, { cause });
  }
}
