import { createHash, type Hash } from 'node:crypto';
import type { Archive, ElementArray, JsonObject, NamedArrays } from '../tensor/named-arrays.ts';
import { type Ids, requireIds } from '../tensor/nearest/neighbors.ts';
import { partsOf, requireVectorsShape, type Vectors } from '../tensor/vectors/vectors.ts';
import { readArchiveHeader, scanArray } from './container/archive-file.ts';
import { bytesOf, bytesOfAll, sectionsOf } from './container/array-bytes.ts';
import { readModel } from './container/safetensors-file.ts';
import { canonicalJson } from './container/strict-json.ts';
import { withInput } from './file/input-file.ts';
import { contentOf } from './file-content.ts';
import { openIds } from './ids.ts';
import { openVectors } from './vectors.ts';

/*
 * A digest is the SHA-256, in hexadecimal, of one line of canonical JSON that describes the content, a newline, and
 * the values in order, little-endian. It does not depend on the format of the file: vectors are float32 and ids int32
 * however they were stored, and arrays are sorted by name.
 */

/** Values that are read together. */
const BLOCK_VALUES = 1 << 20;

/**
 * The digest of vectors, wherever they lie.
 *
 * @category Vectors, models and files
 */
export function digestMatrix(vectors: Vectors): string {
  requireVectorsShape(vectors, 'digestMatrix');
  const hash = vectorsHash(vectors.rows, vectors.cols);
  for (const { matrix } of partsOf(vectors)) addValues(hash, matrix.data.subarray(0, matrix.rows * matrix.cols));
  return hash.digest('hex');
}

/**
 * The digest of a table of ids.
 *
 * @category Vectors, models and files
 */
export function digestIds(ids: Ids): string {
  requireIds(ids, 'digestIds');
  return digestValues(idsHash(ids.rows, ids.cols), ids.data);
}

/**
 * The digest of a model, or of an index or a checkpoint. @throws as `planArchive` and `encodeSafetensors`
 *
 * @category Vectors, models and files
 */
export function digestArrays(content: NamedArrays | Archive): string {
  const sections = sectionsOf(content.arrays, 'digestArrays');
  const arrays = sections.map(({ name, type, shape }) => ({ name, type, shape }));
  const hash =
    'kind' in content
      ? begin({ content: 'archive', kind: content.kind, parameters: content.parameters, arrays })
      : begin({ content: 'model', metadata: content.metadata, arrays });
  for (const section of sections) for (const bytes of bytesOfAll(section)) hash.update(bytes);
  return hash.digest('hex');
}

/**
 * The digest of any file that we read: equal to that of what it holds. Large files are read in blocks.
 *
 * @throws {FileError} if the file cannot be read
 * @throws the signal's reason, when it aborts
 *
 * @category Vectors, models and files
 */
export async function digestFile(path: string, { signal }: { signal?: AbortSignal } = {}): Promise<string> {
  const content = await contentOf(path);
  if (content === 'vectors') return digestRows(await openVectors(path), vectorsHash, signal);
  if (content === 'ids') return digestRows(await openIds(path), idsHash, signal);
  if (content === 'model') return digestArrays(await readModel(path));
  return withInput(path, async (file) => {
    const { kind, parameters, entries } = await readArchiveHeader(file);
    const arrays = entries.map(({ name, type, shape }) => ({ name, type, shape }));
    const hash = begin({ content: 'archive', kind, parameters, arrays });
    const add = (bytes: Uint8Array): void => {
      signal?.throwIfAborted();
      hash.update(bytes);
    };
    for (const entry of entries) await scanArray(file, entry, add);
    return hash.digest('hex');
  });
}

/** A hash that takes the values of (rows, cols) float32 next. */
export function vectorsHash(rows: number, cols: number): Hash {
  return begin({ content: 'vectors', type: 'float32', rows, cols });
}

/** A hash that takes the values of (rows, cols) int32 next. */
export function idsHash(rows: number, cols: number): Hash {
  return begin({ content: 'ids', type: 'int32', rows, cols });
}

/** Adds the bytes of an array to a hash. */
export function addValues(hash: Hash, data: ElementArray): void {
  for (const bytes of bytesOf(data)) hash.update(bytes);
}

function begin(description: JsonObject): Hash {
  return createHash('sha256').update(`${canonicalJson(description, 'digest')}\n`);
}

function digestValues(hash: Hash, data: ElementArray): string {
  addValues(hash, data);
  return hash.digest('hex');
}

interface RowFile {
  readonly rows: number;
  readonly cols: number;
  read(first: number, count: number): Promise<Float32Array | Int32Array>;
  close(): Promise<void>;
}

async function digestRows(
  file: RowFile,
  start: (rows: number, cols: number) => Hash,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    const hash = start(file.rows, file.cols);
    for await (const values of blocks(file, signal)) addValues(hash, values);
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

/** All rows of an open file in order, a bounded number at a time. @throws the signal's reason, when it aborts */
export async function* blocks<V extends Float32Array | Int32Array>(
  file: {
    readonly rows: number;
    readonly cols: number;
    read(first: number, count: number): Promise<V>;
  },
  signal: AbortSignal | undefined,
): AsyncGenerator<V> {
  const most = Math.max(1, Math.floor(BLOCK_VALUES / file.cols));
  for (let first = 0; first < file.rows; first += most) {
    signal?.throwIfAborted();
    yield await file.read(first, Math.min(most, file.rows - first));
  }
}
