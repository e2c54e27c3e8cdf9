import {
  type ElementType,
  elementTypeOf,
  type JsonValue,
  type NamedArray,
  type NamedArrays,
  requireArrays,
} from '../../tensor/named-arrays.ts';
import { FileError, quoted } from '../file/file-error.ts';
import { arrayOver, bytesOfAll, ELEMENT_BYTES, requireBytes, sectionsOf, shapeBytes } from './array-bytes.ts';
import { crc32c } from './crc32c.ts';
import { isSafetensors, otherContent } from './signature.ts';
import { canonicalJson, isJsonObject, parseJsonObject } from './strict-json.ts';

/** The most bytes that decide whether a file is safetensors. */
export const SAFETENSORS_START = 9;
/** The format's own limit. */
const LONGEST_HEADER = 100_000_000;

const DTYPE: Readonly<Record<ElementType, string>> = {
  float64: 'F64',
  float32: 'F32',
  int32: 'I32',
  uint32: 'U32',
  int16: 'I16',
  uint16: 'U16',
  int8: 'I8',
  uint8: 'U8',
};
/** The metadata that holds the checksum of a model, and how its text begins: each alone shows a file whose other half is damaged. */
const CHECKSUM = 'cnt_checksum';
const CRC = 'crc32c:';

const ELEMENT_OF = new Map(Object.entries(DTYPE).map(([element, dtype]) => [dtype, element as ElementType]));

/**
 * A model as the bytes of a `.safetensors` file; equal models give equal bytes.
 *
 * Source: huggingface/safetensors, README "Format": u64 N, N bytes of JSON, the tensors. As its own writer does, wider
 * elements come first, then names in order, and spaces pad the header to a multiple of 8.
 * Departs: the metadata have a checksum of all that the model holds, which other readers take for a note.
 *
 * @throws {RangeError} if a shape and its elements differ, or a name is one that JSON or the format reserves
 *
 * @category Vectors, models and files
 */
export function encodeSafetensors(model: NamedArrays): Uint8Array {
  const where = 'encodeSafetensors';
  requireArrays(model, 'a model', where);
  const sections = sectionsOf(model.arrays, where).sort((a, b) => ELEMENT_BYTES[b.type] - ELEMENT_BYTES[a.type]);
  const metadata = { ...model.metadata, [CHECKSUM]: checksumOf(model, where) };
  const members = [`"__metadata__":${canonicalJson(metadata, where)}`];
  let end = 0;
  for (const { name, type, shape, length } of sections) {
    const entry = { dtype: DTYPE[type], shape, data_offsets: [end, end + length] };
    members.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    end += length;
  }
  const header = new TextEncoder().encode(`{${members.join(',')}}`);
  const padded = Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(8 + padded + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.fill(0x20, 8, 8 + padded);
  file.set(header, 8);
  let at = 8 + padded;
  for (const section of sections) {
    for (const bytes of bytesOfAll(section)) {
      file.set(bytes, at);
      at += bytes.length;
    }
  }
  return file;
}

interface Entry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads the bytes of a `.safetensors` file. The tensors are views into `file` where their place allows it.
 *
 * Source: as `encodeSafetensors`, with all of the format's rules: keys once, shape x width = bytes, tensors that tile
 * the rest of the file without gap or overlap. A checksum in the metadata is compared, and is no part of what is returned; files
 * without one are read as they are.
 * Departs: BOOL, F16, BF16, I64, U64 and the 8-bit floats, which no model of ours holds, are refused by name.
 *
 * @param where the file's path, for errors
 * @throws {FileError} on anything else
 *
 * @category Vectors, models and files
 */
export function decodeSafetensors(file: Uint8Array, where = 'safetensors'): NamedArrays {
  requireBytes(file, where);
  const length = headerLength(file, file.length, where);
  const header = parseJsonObject(file.subarray(8, 8 + length), where, 8);
  const entries: Entry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = parseMetadata(value, where);
    else entries.push(parseEntry(name, value, where));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of entries) {
    if (entry.begin !== end) {
      throw new FileError(where, `expected tensor ${quoted(entry.name)} to begin at ${end}, got ${entry.begin}`, {
        offset: 8 + length + end,
      });
    }
    end = entry.end;
  }
  const size = file.length - 8 - length;
  if (end !== size) {
    throw new FileError(where, `expected ${end} bytes of tensors, got ${size}`, { offset: 8 + length });
  }
  const arrays = new Map<string, NamedArray>();
  for (const { name, type, shape, begin, end } of entries) {
    const data = arrayOver(type, file, 8 + length + begin, (end - begin) / ELEMENT_BYTES[type]);
    arrays.set(name, { shape, data });
  }
  return withoutChecksum({ arrays, metadata }, where);
}

/**
 * CRC-32C of the names, types, shapes and elements of all tensors in the order of their names, and of the metadata: of the content, so that
 * a writer that lays the same model out otherwise keeps it.
 */
function checksumOf({ arrays, metadata }: NamedArrays, where: string): string {
  const tensors = [...arrays].sort(([a], [b]) => (a < b ? -1 : 1));
  const described = tensors.map(([name, { shape, data }]) => ({ name, dtype: DTYPE[elementTypeOf(data)], shape }));
  let sum = crc32c(new TextEncoder().encode(canonicalJson({ metadata, tensors: described }, where)));
  for (const [, array] of tensors) for (const bytes of bytesOfAll(array)) sum = crc32c(bytes, sum);
  return `${CRC}${sum.toString(16).padStart(8, '0')}`;
}

/** @throws {FileError} if there is a checksum, and it is not that of the model without it */
function withoutChecksum(model: NamedArrays, where: string): NamedArrays {
  const { [CHECKSUM]: named, ...metadata } = model.metadata;
  const given = named ?? Object.values(metadata).find((text) => text.startsWith(CRC));
  if (given === undefined) return model;
  const expected = checksumOf({ arrays: model.arrays, metadata }, where);
  if (named === expected) return { arrays: model.arrays, metadata };
  throw new FileError(
    where,
    `expected a model of checksum ${quoted(given)}, got ${expected}: the file was damaged or changed`,
  );
}

/**
 * Checks how a file begins.
 *
 * @param start its first `SAFETENSORS_START` bytes or more
 * @returns the length of its header
 * @throws {FileError} if it is no safetensors, saying what else it is
 */
export function headerLength(start: Uint8Array, size: number, where: string): number {
  const other = isSafetensors(start, size) ? undefined : otherContent(start, size, where);
  if (other !== undefined) {
    throw new FileError(where, `expected a model, which cnt train writes, got ${other}`);
  }
  if (size < 8) throw new FileError(where, `expected at least 8 bytes of safetensors, got ${size}`);
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  const most = Math.min(LONGEST_HEADER, size - 8);
  if (length > most) {
    throw new FileError(where, `expected a safetensors header of at most ${most} bytes, got ${length}`, { offset: 0 });
  }
  if (start[8] !== 0x7b || length < 2) {
    throw new FileError(where, 'expected a safetensors header to begin with "{", got another byte', { offset: 8 });
  }
  return Number(length);
}

function parseMetadata(value: JsonValue, where: string): Record<string, string> {
  const metadata: Record<string, string> = {};
  if (!isJsonObject(value)) throw new FileError(where, 'expected __metadata__ to be an object, got another value');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw new FileError(where, `expected __metadata__ ${quoted(key)} to be text, got ${quoted(text)}`);
    }
    metadata[key] = text;
  }
  return metadata;
}

function parseEntry(name: string, value: JsonValue, where: string): Entry {
  const tensor = `tensor ${quoted(name)}`;
  if (!isJsonObject(value) || Object.keys(value).sort().join() !== 'data_offsets,dtype,shape') {
    throw new FileError(where, `expected ${tensor} to have dtype, shape and data_offsets, got ${quoted(value)}`);
  }
  const { dtype, shape, data_offsets: offsets } = value;
  const type = typeof dtype === 'string' ? ELEMENT_OF.get(dtype) : undefined;
  if (!type) {
    const types = [...ELEMENT_OF.keys()].join(' ');
    throw new FileError(where, `expected ${tensor} to be one of ${types}, got ${quoted(dtype)}`);
  }
  const bytes = shapeBytes(shape, ELEMENT_BYTES[type]);
  if (bytes === undefined) throw new FileError(where, `expected ${tensor} to have a shape, got ${quoted(shape)}`);
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? offsets : [];
  if (!Number.isSafeInteger(begin) || !Number.isSafeInteger(end) || begin < 0 || end - begin !== bytes) {
    throw new FileError(where, `expected ${tensor} to take ${bytes} bytes, got offsets ${quoted(offsets)}`);
  }
  return { name, type, shape: shape as number[], begin, end };
}
