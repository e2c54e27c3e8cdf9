import type { Archive, ElementType, NamedArray } from '../../tensor/named-arrays.ts';
import { writeAtomically } from '../file/atomic-file.ts';
import { allocate, type InputFile, withInput } from '../file/input-file.ts';
import {
  ARCHIVE_START,
  type ArchiveEntry,
  type ArchiveHeader,
  parseArchiveHeader,
  parseArchiveStart,
  planArchive,
  requireChecksum,
  requireZeros,
} from './archive.ts';
import { bytesOfAll, ELEMENT_BYTES, zeros } from './array-bytes.ts';
import { crc32c } from './crc32c.ts';

/** Bytes of an array that are looked at together when it is not kept. */
const BLOCK_BYTES = 1 << 22;

/**
 * Writes an index or a checkpoint, whole or not at all; its arrays are not copied.
 *
 * @throws {TypeError} if a parameter is no JSON value
 * @throws {RangeError} if a shape and its elements differ
 * @throws {FileError} if the file cannot be written
 *
 * @category Vectors, models and files
 */
export async function writeArchive(
  path: string,
  archive: Archive,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  const { start, sections } = planArchive(archive);
  await writeAtomically(
    path,
    async (write) => {
      await write(start);
      let end = start.length;
      for (const section of sections) {
        await write(new Uint8Array(section.offset - end));
        for (const bytes of bytesOfAll(section)) await write(bytes);
        end = section.offset + section.length;
      }
    },
    options,
  );
}

/** Where an array is to be read to: zeros of its type, as many as its shape has; `undefined` for a new array. */
export type Placement = (array: {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
}) => Omit<NamedArray, 'shape'> | undefined;

export interface ReadArchiveOptions {
  /** Asked for each array, once its size has been compared with that of the file. */
  readonly place?: Placement;
  /** Only arrays of these names are read and checked; all if not given. */
  readonly names?: readonly string[];
  readonly signal?: AbortSignal;
}

/**
 * Reads an index or a checkpoint, each array straight to its place; every checksum has been compared.
 *
 * @throws {FileError} if the file cannot be read, or differs in any byte from what was written
 * @throws the signal's reason, when it aborts
 *
 * @category Vectors, models and files
 */
export async function readArchive(path: string, options: ReadArchiveOptions = {}): Promise<Archive> {
  const { place, names, signal } = options;
  return withInput(path, async (file) => {
    const { kind, parameters, entries, headerEnd } = await readArchiveHeader(file);
    const arrays = new Map<string, NamedArray>();
    let end = headerEnd;
    for (const entry of entries) {
      await requireGap(file, end, entry.offset);
      end = entry.offset + entry.length;
      if (names && !names.includes(entry.name)) continue;
      const elements = entry.length / ELEMENT_BYTES[entry.type];
      const room = allocate(path, () => place?.(entry) ?? { data: zeros(entry.type, elements) }, entry.length);
      const array = { ...room, shape: entry.shape };
      await readArray(file, entry, array, signal);
      arrays.set(entry.name, array);
    }
    await requireGap(file, end, file.size);
    return { kind, parameters, arrays };
  });
}

async function readArray(
  file: InputFile,
  entry: ArchiveEntry,
  array: NamedArray,
  signal: AbortSignal | undefined,
): Promise<void> {
  let sum = 0;
  let at = entry.offset;
  for (const bytes of bytesOfAll(array)) {
    signal?.throwIfAborted();
    await file.readInto(bytes, at);
    sum = crc32c(bytes, sum);
    at += bytes.length;
  }
  requireChecksum(entry, sum, file.path);
}

/** What stands before the arrays of an open file. @throws {FileError} */
export async function readArchiveHeader(file: InputFile): Promise<ArchiveHeader & { readonly headerEnd: number }> {
  const start = await file.read(0, Math.min(file.size, ARCHIVE_START));
  const { headerEnd } = parseArchiveStart(start, file.size, file.path);
  const header = parseArchiveHeader(await file.read(0, headerEnd), file.size, file.path);
  return { ...header, headerEnd };
}

/**
 * Shows the bytes of one array in order, without keeping them.
 *
 * @throws {FileError} at the end, if they are not those that were written
 */
export async function scanArray(file: InputFile, entry: ArchiveEntry, use: (bytes: Uint8Array) => void): Promise<void> {
  const block = new Uint8Array(Math.min(BLOCK_BYTES, entry.length));
  let sum = 0;
  for (let done = 0; done < entry.length; ) {
    const bytes = block.subarray(0, Math.min(block.length, entry.length - done));
    await file.readInto(bytes, entry.offset + done);
    sum = crc32c(bytes, sum);
    use(bytes);
    done += bytes.length;
  }
  requireChecksum(entry, sum, file.path);
}

/** The bytes from `begin` to `end` are zeros; less than 64, for the header has been checked. */
async function requireGap(file: InputFile, begin: number, end: number): Promise<void> {
  if (begin < end) requireZeros(await file.read(begin, end - begin), begin, file.path);
}
