import { requireFilledWithZeros } from '../../quantize/product/packed-codes.ts';
import type { ProductQuantizer } from '../../quantize/product/product-quantizer.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import {
  type Archive,
  type JsonObject,
  type NamedArray,
  requireArray,
  requireInteger,
} from '../../tensor/named-arrays.ts';
import { requireInRange } from '../../tensor/range.ts';
import type { VectorSource } from '../../tensor/vectors/vector-set.ts';
import type { Vectors } from '../../tensor/vectors/vectors.ts';
import { arrayAsMatrix, requireVectors, vectorsArray } from '../../tensor/vectors/vectors-array.ts';

const LARGEST = 2 ** 31 - 1;

type Arrays = ReadonlyMap<string, NamedArray>;

/**
 * The number of rows and of dimensions of an archive of this kind.
 *
 * @throws {RangeError} if it is of another kind, or one is missing or out of range
 */
export function requireSizes(archive: Archive, kind: string, where: string): { rows: number; dim: number } {
  if (archive.kind !== kind) throw new RangeError(`${where}: expected kind ${kind}, got ${archive.kind}.`);
  const rows = requireInteger(archive.parameters, 'rows', 0, LARGEST, where);
  return { rows, dim: requireInteger(archive.parameters, 'dim', 1, LARGEST, where) };
}

/** The finite float32 matrix of this name. @throws {RangeError} if it is missing, of another shape, or not finite */
export function requireMatrixArray(arrays: Arrays, name: string, rows: number, cols: number, where: string): Matrix {
  const matrix = arrayAsMatrix(arrays, name, rows, cols, where);
  requireInRange(matrix, `${where}: ${name}`);
  return matrix;
}

/** The same, or undefined where the archive has none. */
export function optionalMatrix(
  arrays: Arrays,
  name: string,
  rows: number,
  cols: number,
  where: string,
): Matrix | undefined {
  return arrays.has(name) ? requireMatrixArray(arrays, name, rows, cols, where) : undefined;
}

/** Vectors of any size, or undefined where the archive has none. @throws {RangeError} as `requireVectors` */
export function optionalVectors(
  arrays: Arrays,
  name: string,
  rows: number,
  cols: number,
  where: string,
): Vectors | undefined {
  return arrays.has(name) ? requireVectors(arrays, name, rows, cols, `${where}: ${name}`) : undefined;
}

/** The arrays of an index of codes, and what it keeps beside them where it does. */
export function withKept(
  arrays: Iterable<readonly [string, NamedArray]>,
  { rotation, vectors }: { readonly rotation?: Matrix | undefined; readonly vectors: VectorSource | undefined },
): Map<string, NamedArray> {
  const all = new Map(arrays);
  if (rotation) all.set('rotation', { shape: [rotation.rows, rotation.cols], data: rotation.data });
  if (vectors) all.set('vectors', vectorsArray(vectors.vectors));
  return all;
}

/** The packed codes. @throws {RangeError} if they are missing, of another shape, or hold bits that belong to no number */
export function requirePackedCodes(
  arrays: Arrays,
  rows: number,
  quantizer: ProductQuantizer,
  where: string,
): Uint8Array {
  const { m, bits, codeBytes } = quantizer;
  const { data } = requireArray(arrays, 'codes', 'uint8', [rows, codeBytes], where);
  requireFilledWithZeros(data, m, bits, where);
  return data;
}

/** The seed that something was made with. @throws {RangeError} if it is neither a number nor a text */
export function requireSeed(parameters: JsonObject, where: string): number | string {
  const value = parameters['seed'];
  if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw new RangeError(`${where}: expected "seed" to be a number or a text, got ${JSON.stringify(value)}.`);
}
