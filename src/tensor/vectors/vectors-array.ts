import { createMatrix, type Matrix } from '../matrix.ts';
import { type NamedArray, requireArray } from '../named-arrays.ts';
import { createVectorStore, type VectorStoreOptions } from './vector-store.ts';
import { partsOf, requireBase, type Vectors } from './vectors.ts';

/** Arrays of archives that are vectors to search among or to rank by. */
const VECTORS = ['vectors', 'pipeline.vectors'];

/**
 * Where an array of vectors of an archive is read to: a store.
 *
 * @returns `undefined` for any other array, and for what no vectors are
 */
export function placeVectors(
  { name, type, shape }: { readonly name: string; readonly type: string; readonly shape: readonly number[] },
  options: VectorStoreOptions = {},
): Omit<NamedArray<Float32Array>, 'shape'> | undefined {
  const [rows, cols] = shape;
  if (!VECTORS.includes(name) || type !== 'float32' || shape.length !== 2 || rows === undefined || !cols)
    return undefined;
  return vectorsArray(createVectorStore(rows, cols, options));
}

/** Vectors as an array of an archive; not copied. */
export function vectorsArray(vectors: Vectors): NamedArray<Float32Array> {
  const parts = Array.from(partsOf(vectors), ({ matrix }) => matrix);
  const [data, ...more] = parts.map(({ rows, cols, data }) => data.subarray(0, rows * cols));
  const memories = parts.map(({ memory }) => memory);
  return {
    shape: [vectors.rows, vectors.cols],
    data: data!,
    ...(more.length > 0 && { more }),
    ...(memories.some(Boolean) && { memories }),
  };
}

/**
 * The vectors that `vectorsArray` gave: all finite, of this shape.
 *
 * @param where begins messages
 * @throws {RangeError} if they are missing, of another shape, not finite, or cut within a row
 */
export function requireVectors(
  arrays: ReadonlyMap<string, NamedArray>,
  name: string,
  rows: number,
  cols: number,
  where: string,
): Vectors {
  const vectors = arrays.get(name)?.more
    ? { rows, cols, parts: requireParts(arrays, name, [rows, cols], where) }
    : arrayAsMatrix(arrays, name, rows, cols, where);
  requireBase(vectors, where);
  return vectors;
}

/** The float32 array of this name as a matrix, where it lies. @throws {RangeError} if it is missing or of another shape */
export function arrayAsMatrix(
  arrays: ReadonlyMap<string, NamedArray>,
  name: string,
  rows: number,
  cols: number,
  where: string,
): Matrix {
  const { data, memories } = requireArray(arrays, name, 'float32', [rows, cols], where);
  return createMatrix(rows, cols, data, memories?.[0]);
}

/** An array that lies in several, as matrices. */
function requireParts(
  arrays: ReadonlyMap<string, NamedArray>,
  name: string,
  [rows, cols]: readonly [number, number],
  where: string,
): Matrix[] {
  const { shape, data, more = [], memories } = arrays.get(name)!;
  const parts = [data, ...more].map((part, i, all) => {
    const fits = part instanceof Float32Array && part.length % cols === 0;
    const even = i === 0 || part.length === data.length || (i === all.length - 1 && part.length < data.length);
    return fits && even ? createMatrix(part.length / cols, cols, part, memories?.[i]) : undefined;
  });
  const found = parts.reduce((sum, part) => sum + (part?.rows ?? 0), 0);
  if (shape.length !== 2 || shape[0] !== rows || shape[1] !== cols || parts.includes(undefined) || found !== rows) {
    throw new RangeError(
      `${where}: expected array "${name}" of float32 [${rows}, ${cols}] in parts of whole rows, got [${shape.join(', ')}].`,
    );
  }
  return parts as Matrix[];
}
