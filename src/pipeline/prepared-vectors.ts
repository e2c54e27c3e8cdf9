import { type Computing, computingOf } from '../../kernels/backend.ts';
import type { GpuDevice } from '../../kernels/gpu/device.ts';
import type { Compressor } from '../compress/compressor.ts';
import { bare } from '../compress/normalizing-compressor.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { requireInRange } from '../tensor/range.ts';
import { unitRows } from '../tensor/unit-rows.ts';
import { createVectorStore } from '../tensor/vectors/vector-store.ts';
import { type Part, rowBlocks, rowOf, type Vectors } from '../tensor/vectors/vectors.ts';
import { yieldToEventLoop } from '../workers/event-loop.ts';

/** How vectors are prepared, and watched. */
export interface Preparation extends Computing {
  /** Compresses them. */
  readonly gpu?: GpuDevice | undefined;
  /** Rows done so far, and all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Rows between two looks at the signal. */
export const BLOCK_ROWS = 2048;
/** Rows that are looked at, to tell whether codes are those of a model: spread evenly, the first and the last among them. */
const PROBES = 8;
/** Of the largest value of a row: what a GPU and another machine may differ by, and no other model or row. */
const TOLERANCE = 1e-3;

/** Vectors that come a block at a time, so that they need not lie in memory. */
export interface VectorBlocks {
  readonly rows: number;
  readonly cols: number;
  readonly blocks: Iterable<Part> | AsyncIterable<Part>;
}

/** Vectors in memory, a block at a time. */
export function blocksOf(vectors: Vectors): VectorBlocks {
  return { rows: vectors.rows, cols: vectors.cols, blocks: rowBlocks(vectors, 0, vectors.rows, BLOCK_ROWS) };
}

/**
 * Vectors brought to length 1, where kernels reach them.
 *
 * @param where begins messages
 * @param into receives them; may be the vectors themselves
 * @throws {RangeError} if a value is out of range, or a row has zeros only
 * @throws the signal's reason, when it aborts
 */
export function normalizedVectors(
  vectors: Vectors,
  where: string,
  preparation: Preparation,
  into: Vectors = storeFor(vectors.rows, vectors.cols, preparation),
): Promise<Vectors> {
  return prepared(blocksOf(vectors), into, preparation, (block, first) => unitRows(block, where, undefined, first));
}

/**
 * Vectors compressed, where kernels reach them.
 *
 * @param model brings them to length 1 where it was trained so
 * @param where begins messages
 * @throws {RangeError} if they do not fit the model, or a value is out of range
 * @throws the signal's reason, when it aborts
 */
export function compressedVectors(
  model: Compressor,
  vectors: VectorBlocks,
  where: string,
  preparation: Preparation,
): Promise<Vectors> {
  const store = storeFor(vectors.rows, model.dOut, preparation);
  return prepared(vectors, store, preparation, (block, first) =>
    compressedBlock(model, block, first, where, preparation),
  );
}

/**
 * The same of one block.
 *
 * @param first what number its first row has, for messages
 * @throws {RangeError} as `compressedVectors`
 */
export async function compressedBlock(
  model: Compressor,
  block: Matrix,
  first: number,
  where: string,
  { gpu, ...computing }: Computing & Pick<Preparation, 'gpu'>,
): Promise<Matrix> {
  requireInRange(block, where, first);
  const asked = model.normalizes ? unitRows(block, where, undefined, first) : block;
  return gpu ? bare(model).encodeOnGpu(gpu, asked) : bare(model).encode(asked, computingOf(computing));
}

async function prepared(
  vectors: VectorBlocks,
  into: Vectors,
  { onProgress, signal }: Preparation,
  prepare: (block: Matrix, first: number) => Matrix | Promise<Matrix>,
): Promise<Vectors> {
  for await (const { first, matrix } of vectors.blocks) {
    signal?.throwIfAborted();
    const { cols, data } = await prepare(matrix, first);
    for (const room of rowBlocks(into, first, matrix.rows, matrix.rows)) {
      const from = (room.first - first) * cols;
      room.matrix.data.set(data.subarray(from, from + room.matrix.rows * cols));
    }
    onProgress?.(first + matrix.rows, vectors.rows);
    await yieldToEventLoop();
  }
  return into;
}

function storeFor(rows: number, cols: number, { backend, threads = 1 }: Computing): Vectors {
  return createVectorStore(rows, cols, { ...(backend && { backend }), attachable: threads - 1 });
}

/**
 * Checks that codes are what a model makes of vectors, row for row: by their number and width, and by a few of them.
 *
 * @param vectorAt gives one of the vectors, as a matrix of one row
 * @param where begins messages
 * @throws {RangeError} if they are others
 */
export async function requireCodesOf(
  where: string,
  codes: Vectors,
  model: Compressor,
  rows: number,
  vectorAt: (row: number) => Matrix | Promise<Matrix>,
): Promise<void> {
  if (codes.rows !== rows || codes.cols !== model.dOut) {
    const expected = `${rows} x ${model.dOut} compressed vectors`;
    throw new RangeError(`${where}: expected ${expected}, got ${codes.rows} x ${codes.cols}.`);
  }
  const step = Math.max(1, Math.floor((rows - 1) / (PROBES - 1)));
  for (let row = 0; row < rows; row += step) {
    const expected = model.encode(await vectorAt(row)).data;
    const { data } = rowOf(codes, row);
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (expected.every((value, i) => Math.abs(value - data[i]!) <= TOLERANCE * largest)) continue;
    const got = `other compressed vectors at row ${row}`;
    throw new RangeError(`${where}: expected what the model makes of the base, got ${got}.`);
  }
}
