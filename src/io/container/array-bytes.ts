import type { ElementArray, ElementType, NamedArray } from '../../tensor/named-arrays.ts';
import { elementCount, elementTypeOf } from '../../tensor/named-arrays.ts';

/** Bytes of one element. */
export const ELEMENT_BYTES: Readonly<Record<ElementType, number>> = {
  float32: 4,
  float64: 8,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
};

const MAKERS: { readonly [T in ElementType]: (buffer: ArrayBufferLike, at: number, length: number) => ElementArray } = {
  float32: (buffer, at, length) => new Float32Array(buffer, at, length),
  float64: (buffer, at, length) => new Float64Array(buffer, at, length),
  int8: (buffer, at, length) => new Int8Array(buffer, at, length),
  uint8: (buffer, at, length) => new Uint8Array(buffer, at, length),
  int16: (buffer, at, length) => new Int16Array(buffer, at, length),
  uint16: (buffer, at, length) => new Uint16Array(buffer, at, length),
  int32: (buffer, at, length) => new Int32Array(buffer, at, length),
  uint32: (buffer, at, length) => new Uint32Array(buffer, at, length),
};

// Arrays go to files as the bytes that memory holds, which every machine that runs Node 20 on a desktop, a server
// or a telephone keeps little-endian.
if (new Uint8Array(new Uint32Array([1]).buffer)[0] !== 1) {
  throw new Error('cnt-ann: expected a little-endian machine, got a big-endian one.');
}

/** The elements that begin at a byte of a buffer: a view where the byte is aligned, a copy where not. */
export function arrayOver(type: ElementType, bytes: Uint8Array, begin: number, length: number): ElementArray {
  const at = bytes.byteOffset + begin;
  const width = ELEMENT_BYTES[type];
  if (at % width === 0) return MAKERS[type](bytes.buffer, at, length);
  // Not `slice`: that of Node's Buffer gives a view, whose buffer begins elsewhere.
  return MAKERS[type](new Uint8Array(bytes.subarray(begin, begin + length * width)).buffer, 0, length);
}

/** A new array of zeros. */
export function zeros(type: ElementType, length: number): ElementArray {
  return MAKERS[type](new ArrayBuffer(length * ELEMENT_BYTES[type]), 0, length);
}

/** The bytes of an array, of all that it lies in, in pieces of bounded size. */
export function* bytesOfAll({ data, more = [] }: Pick<NamedArray, 'data' | 'more'>): Generator<Uint8Array> {
  for (const part of [data, ...more]) yield* bytesOf(part);
}

/** The bytes of an array in pieces of bounded size: an array may be larger than one view of bytes can be. */
export function* bytesOf(data: ElementArray, most = 1 << 26): Generator<Uint8Array> {
  for (let at = 0; at < data.byteLength; at += most) {
    yield new Uint8Array(data.buffer, data.byteOffset + at, Math.min(most, data.byteLength - at));
  }
}

/** An array ready to be written, with the name it goes by. */
export interface Section extends NamedArray {
  readonly name: string;
  readonly type: ElementType;
  /** In bytes. */
  readonly length: number;
}

/**
 * The arrays as sections, sorted by name.
 *
 * @throws {RangeError} if a shape is not made of sizes, or does not give the number of elements
 */
export function sectionsOf(arrays: ReadonlyMap<string, NamedArray>, where: string): Section[] {
  const sections = [...arrays].map(([name, array]) => {
    const { shape, data, more = [] } = array;
    const type = elementTypeOf(data);
    const sizes = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
    const elements = more.reduce((sum, part) => sum + part.length, data.length);
    if (!sizes || elementCount(shape) !== elements || more.some((part) => elementTypeOf(part) !== type)) {
      throw new RangeError(`${where}: expected "${name}" of shape [${shape.join(', ')}], got ${elements} elements.`);
    }
    if (name === '__proto__' || name === '__metadata__' || name === '') {
      throw new RangeError(`${where}: expected another name for an array, got "${name}".`);
    }
    return { ...array, name, type, length: elements * ELEMENT_BYTES[type] };
  });
  return sections.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The product of sizes that a file gives, times the width; `undefined` for what is no shape or is beyond 2^53. */
export function shapeBytes(shape: unknown, width: number): number | undefined {
  if (!Array.isArray(shape) || shape.length > 16) return undefined;
  let product = width;
  for (const size of shape) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
    product *= size;
    if (!Number.isSafeInteger(product)) return undefined;
  }
  return product;
}

/** @throws {TypeError} if it is no array of bytes */
export function requireBytes(file: Uint8Array, where: string): void {
  if (file instanceof Uint8Array) return;
  throw new TypeError(`${where}: expected the bytes of a file in a Uint8Array, got ${typeof file}.`);
}
