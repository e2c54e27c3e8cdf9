import {
  type Archive,
  type ElementType,
  type JsonObject,
  type JsonValue,
  type NamedArray,
  requireArrays,
} from '../../tensor/named-arrays.ts';
import { FileError, quoted } from '../file/file-error.ts';
import {
  arrayOver,
  bytesOfAll,
  ELEMENT_BYTES,
  requireBytes,
  type Section,
  sectionsOf,
  shapeBytes,
} from './array-bytes.ts';
import { crc32c } from './crc32c.ts';
import { ARCHIVE_MAGIC, isArchive, otherContent } from './signature.ts';
import { canonicalJson, isJsonObject, parseJsonObject } from './strict-json.ts';

/**
 * Our container of named arrays, for indexes and checkpoints. Little-endian:
 *
 *      0  8 bytes  89 'C' 'N' 'T' 0D 0A 1A 0A
 *      8  u32      version, 1
 *     12  u32      length of the JSON header
 *     16  u64      length of the file
 *     24  u32      CRC-32C of the JSON header
 *     28  u32      CRC-32C of bytes 0 to 27
 *     32           JSON header {"arrays":[{"crc32c","length","name","offset","shape","type"}…],"kind","parameters"}
 *      …           each array at the next multiple of 64, zeros before it, sorted by name; the file ends with the last
 *
 * Equal archives give equal bytes, and a change of any one byte is detected.
 */
const VERSION = 1;
/** Bytes before the JSON header. */
export const ARCHIVE_START = 32;

const ALIGNMENT = 64;
/** Parameters and the list of arrays; far more than any index has. */
const LONGEST_HEADER = 1 << 24;

/** An array of an archive and where the file has it. */
export interface ArchiveEntry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  readonly crc32c: number;
}

/** What stands before the arrays. */
export interface ArchiveHeader {
  readonly kind: string;
  readonly parameters: JsonObject;
  readonly entries: readonly ArchiveEntry[];
}

/** The bytes before the first array, and the arrays in order with their places. */
export interface ArchivePlan {
  readonly start: Uint8Array;
  readonly sections: readonly (Section & ArchiveEntry)[];
  readonly totalLength: number;
}

/**
 * Lays an archive out, without copying its arrays.
 *
 * @throws {TypeError} if a parameter is no JSON value
 * @throws {RangeError} if a shape and its elements differ, or the header is too long
 */
export function planArchive(archive: Archive): ArchivePlan {
  const where = 'encodeArchive';
  const sums = sectionsOf(archive.arrays, where).map((section) => {
    let sum = 0;
    for (const bytes of bytesOfAll(section)) sum = crc32c(bytes, sum);
    return { ...section, crc32c: sum };
  });
  // Offsets stand in the header, whose length depends on them: from the shortest guess up to where they agree.
  for (let first = align(ARCHIVE_START); ; ) {
    let end = first;
    const sections = sums.map((section) => {
      const offset = align(end);
      end = offset + section.length;
      return { ...section, offset };
    });
    const arrays = sections.map(({ name, type, shape, offset, length, crc32c }) => {
      return { name, type, shape, offset, length, crc32c };
    });
    const header = { kind: archive.kind, parameters: archive.parameters, arrays };
    const json = new TextEncoder().encode(canonicalJson(header, where));
    if (json.length > LONGEST_HEADER) {
      throw new RangeError(`${where}: expected a header of at most ${LONGEST_HEADER} bytes, got ${json.length}.`);
    }
    const needed = align(ARCHIVE_START + json.length);
    if (needed <= first) return { start: startOf(json, first, end), sections, totalLength: end };
    first = needed;
  }
}

function startOf(json: Uint8Array, length: number, totalLength: number): Uint8Array {
  const start = new Uint8Array(length);
  const view = new DataView(start.buffer);
  start.set(ARCHIVE_MAGIC);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, json.length, true);
  view.setBigUint64(16, BigInt(totalLength), true);
  view.setUint32(24, crc32c(json), true);
  view.setUint32(28, crc32c(start.subarray(0, 28)), true);
  start.set(json, ARCHIVE_START);
  return start;
}

/**
 * The archive as the bytes of a file. @throws as `planArchive`
 *
 * @category Vectors, models and files
 */
export function encodeArchive(archive: Archive): Uint8Array {
  requireArrays(archive, 'an archive', 'encodeArchive');
  const { start, sections, totalLength } = planArchive(archive);
  const file = new Uint8Array(totalLength);
  file.set(start);
  for (const section of sections) {
    let at = section.offset;
    for (const bytes of bytesOfAll(section)) {
      file.set(bytes, at);
      at += bytes.length;
    }
  }
  return file;
}

/**
 * Reads the bytes of an archive. The arrays are views into `file` where it is aligned.
 *
 * @param where the file's path, for errors
 * @throws {FileError} if anything differs from what `encodeArchive` writes
 *
 * @category Vectors, models and files
 */
export function decodeArchive(file: Uint8Array, where = 'archive'): Archive {
  requireBytes(file, where);
  const start = parseArchiveStart(file.subarray(0, ARCHIVE_START), file.length, where);
  const { kind, parameters, entries } = parseArchiveHeader(file.subarray(0, start.headerEnd), file.length, where);
  const arrays = new Map<string, NamedArray>();
  let end = start.headerEnd;
  for (const entry of entries) {
    requireZeros(file.subarray(end, entry.offset), end, where);
    end = entry.offset + entry.length;
    requireChecksum(entry, crc32c(file.subarray(entry.offset, end)), where);
    const data = arrayOver(entry.type, file, entry.offset, entry.length / ELEMENT_BYTES[entry.type]);
    arrays.set(entry.name, { shape: entry.shape, data });
  }
  requireZeros(file.subarray(end), end, where);
  return { kind, parameters, arrays };
}

/**
 * Checks the first `ARCHIVE_START` bytes.
 *
 * @returns the byte after the JSON header
 * @throws {FileError}
 */
export function parseArchiveStart(start: Uint8Array, size: number, where: string): { headerEnd: number } {
  const other = isArchive(start) ? undefined : otherContent(start, size, where);
  if (other !== undefined) throw new FileError(where, `expected an index, which cnt build writes, got ${other}`);
  if (size < ARCHIVE_START) {
    throw new FileError(where, `expected an archive of at least ${ARCHIVE_START} bytes, got ${size}`);
  }
  const view = new DataView(start.buffer, start.byteOffset, ARCHIVE_START);
  if (!isArchive(start)) throw new FileError(where, 'expected an archive of ours, got other bytes', { offset: 0 });
  const version = view.getUint32(8, true);
  if (version !== VERSION) {
    throw new FileError(where, `expected version ${VERSION} of the archive format, got ${version}`, { offset: 8 });
  }
  if (view.getUint32(28, true) !== crc32c(start.subarray(0, 28))) {
    throw new FileError(where, 'expected the checksum of the first 28 bytes, got another', { offset: 28 });
  }
  const totalLength = view.getBigUint64(16, true);
  if (totalLength !== BigInt(size)) {
    throw new FileError(where, `expected ${totalLength} bytes, as the file says of itself, got ${size}`, {
      offset: 16,
    });
  }
  const length = view.getUint32(12, true);
  const most = Math.min(LONGEST_HEADER, size - ARCHIVE_START);
  if (length > most) {
    throw new FileError(where, `expected a header of at most ${most} bytes, got ${length}`, { offset: 12 });
  }
  return { headerEnd: ARCHIVE_START + length };
}

/**
 * Reads kind, parameters and the list of arrays; offsets and lengths have been compared with the file's size.
 *
 * @param start the file up to the end of its JSON header, as `parseArchiveStart` gave it
 * @throws {FileError}
 */
export function parseArchiveHeader(start: Uint8Array, size: number, where: string): ArchiveHeader {
  const json = start.subarray(ARCHIVE_START);
  if (crc32c(json) !== new DataView(start.buffer, start.byteOffset, ARCHIVE_START).getUint32(24, true)) {
    throw new FileError(where, 'expected the checksum of the header, got another', { offset: ARCHIVE_START });
  }
  const header = parseJsonObject(json, where, ARCHIVE_START);
  const { kind, parameters, arrays } = header;
  if (Object.keys(header).sort().join() !== 'arrays,kind,parameters' || !Array.isArray(arrays)) {
    throw new FileError(where, 'expected a header of arrays, kind and parameters, got another');
  }
  if (typeof kind !== 'string') throw new FileError(where, `expected a kind of archive, got ${quoted(kind)}`);
  if (!isJsonObject(parameters)) {
    throw new FileError(where, `expected parameters as an object, got ${quoted(parameters)}`);
  }
  const entries: ArchiveEntry[] = [];
  let end = start.length;
  for (const value of arrays as readonly JsonValue[]) {
    const entry = parseEntry(value, align(end), where);
    if (entry.name <= (entries.at(-1)?.name ?? '')) {
      throw new FileError(where, `expected arrays sorted by name, once each, got ${quoted(entry.name)}`);
    }
    entries.push(entry);
    end = entry.offset + entry.length;
  }
  const last = entries.length > 0 ? end : align(end);
  if (last !== size) throw new FileError(where, `expected ${last} bytes for all arrays, got ${size}`);
  return { kind, parameters, entries };
}

function parseEntry(value: JsonValue, place: number, where: string): ArchiveEntry {
  if (!isJsonObject(value) || Object.keys(value).sort().join() !== 'crc32c,length,name,offset,shape,type') {
    throw new FileError(where, `expected an array's name, type, shape and place, got ${quoted(value)}`);
  }
  const { name, type, shape, offset, length, crc32c: sum } = value;
  const array = `array ${quoted(name)}`;
  if (typeof name !== 'string') throw new FileError(where, `expected the name of an array, got ${quoted(name)}`);
  if (typeof type !== 'string' || !Object.hasOwn(ELEMENT_BYTES, type)) {
    const types = Object.keys(ELEMENT_BYTES).join(' ');
    throw new FileError(where, `expected ${array} to be one of ${types}, got ${quoted(type)}`);
  }
  const bytes = shapeBytes(shape, ELEMENT_BYTES[type as ElementType]);
  if (bytes === undefined || length !== bytes) {
    throw new FileError(where, `expected ${array} of shape ${quoted(shape)} as ${type}, got ${quoted(length)} bytes`);
  }
  if (offset !== place) throw new FileError(where, `expected ${array} at byte ${place}, got ${quoted(offset)}`);
  if (typeof sum !== 'number') throw new FileError(where, `expected the checksum of ${array}, got ${quoted(sum)}`);
  return {
    name,
    type: type as ElementType,
    shape: shape as readonly number[],
    offset: place,
    length: bytes,
    crc32c: sum,
  };
}

/** @throws {FileError} if the array's bytes are not those that were written */
export function requireChecksum(entry: ArchiveEntry, found: number, where: string): void {
  if (found === entry.crc32c) return;
  const fault = `expected CRC-32C ${entry.crc32c} of array ${quoted(entry.name)}, got ${found}`;
  throw new FileError(where, fault, { offset: entry.offset });
}

/** @throws {FileError} if there is anything but zeros between two arrays */
export function requireZeros(gap: Uint8Array, offset: number, where: string): void {
  const at = gap.findIndex((byte) => byte !== 0);
  if (at >= 0) throw new FileError(where, `expected zeros between arrays, got ${gap[at]}`, { offset: offset + at });
}

function align(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}
