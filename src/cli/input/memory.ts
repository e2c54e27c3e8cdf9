import { stat } from 'node:fs/promises';
import { contentOf, type FileContent } from '../../io/file-content.ts';
import { openVectors } from '../../io/vectors.ts';

/*
 * What a command will hold is known from the sizes and headers of its files, before it reads gigabytes that the system would end it
 * for, without a word. Counted is the least: each file once as it lies in memory, and the program. What does not fit is refused;
 * what may just fit is tried.
 */

/** Node with the program, and nothing else. */
const PROGRAM_BYTES = 48 * 2 ** 20;

/** Of a session: bytes of the machine, `undefined` where they are not known, and where a note goes. */
interface Machine {
  readonly memory: { readonly limit: number | undefined; readonly available: number | undefined };
  note(line: string): void;
}

/** What of a file is in memory at once. */
export interface Held {
  readonly path: string;
  readonly bytes: number;
}

/** Vectors are float32 in memory, whatever the file has. A file that cannot be read counts for nothing: its reader says why. */
async function vectorsHeld(path: string, limit = Number.POSITIVE_INFINITY): Promise<Held> {
  const file = await openVectors(path).catch(() => undefined);
  if (!file) return { path, bytes: 0 };
  await file.close();
  return { path, bytes: 4 * Math.min(file.rows, limit) * file.cols };
}

/**
 * A model, an index or ids. A model is in memory twice while it is read: as the file, and as its arrays. A file of something else counts for
 * nothing: it is refused by its header.
 */
export async function contentHeld(path: string, content: FileContent): Promise<Held> {
  const found = await contentOf(path).catch(() => undefined);
  if (found !== content) return { path, bytes: 0 };
  const { size } = await stat(path);
  return { path, bytes: content === 'model' ? 2 * size : size };
}

/** Files that are named twice are counted once. @param paths those not given are left out */
export function allVectorsHeld(paths: readonly (string | undefined)[], limit?: number): Promise<Held[]> {
  const given = new Set(paths.filter((path) => path !== undefined));
  return Promise.all(Array.from(given, (path) => vectorsHeld(path, limit)));
}

/**
 * Checks that what a command will hold fits into memory; where it may, but not into what is free now, a note says so.
 *
 * @param remedy what takes less
 * @throws {RangeError} if it exceeds the limit of the process
 */
export function requireMemory({ memory, note }: Machine, held: readonly Held[], remedy: string): void {
  const { limit, available } = memory;
  const needed = held.reduce((sum, { bytes }) => sum + bytes, PROGRAM_BYTES);
  const largest = held.reduce((most, one) => (one.bytes > most.bytes ? one : most), { path: '', bytes: 0 });
  const needs = `${mebibytes(needed)} or more, ${mebibytes(largest.bytes)} of them for ${largest.path}`;
  if (limit !== undefined && needed > limit) {
    throw new RangeError(
      `memory: expected work that fits into ${mebibytes(limit)}, got one that needs ${needs}; ${remedy}.`,
    );
  }
  if (available === undefined || needed <= available) return;
  note(`memory: needs ${needs}, and ${mebibytes(available)} are free now.`);
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
