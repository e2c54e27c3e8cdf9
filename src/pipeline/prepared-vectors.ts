import { type Computing, computingOf } from '../../kernels/backend.ts';
import type { GpuDevice } from '../../kernels/gpu/device.ts';
import type { Compressor } from '../compress/compressor.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { unitRows } from '../tensor/unit-rows.ts';
import { createVectorStore } from '../tensor/vectors/vector-store.ts';
import { type Part, rowBlocks, type Vectors } from '../tensor/vectors/vectors.ts';
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
const ROWS = 2048;
/** Rows that are looked at, to tell whether codes are those of a model: spread evenly, the first and the last among them. */
const PROBES = 8;
/** Of the largest value of a row: what a GPU and another machine may differ by, and no other model or row. */
const TOLERANCE = 1e-3;

/**
 * Vectors brought to length 1, where kernels reach them.
 *
 * @param where begins messages
 * @param into receives them; may be the vectors themselves
 * @throws {RangeError} if a value is not finite, or a row has zeros only
 * @throws the signal's reason, when it aborts
 */
export function normalizedVectors(
  vectors: Vectors,
  where: string,
  preparation: Preparation,
  into: Vectors = storeFor(vectors.rows, vectors.cols, preparation),
): Promise<Vectors> {
  return prepared(vectors, into, preparation, (block, first) => unitRows(block, where, undefined, first));
}

/**
 * Vectors compressed, where kernels reach them.
 *
 * @throws {RangeError} if they do not fit the model, or a value is not finite
 * @throws the signal's reason, when it aborts
 */
export function compressedVectors(model: Compressor, vectors: Vectors, preparation: Preparation): Promise<Vectors> {
  const { gpu } = preparation;
  const store = storeFor(vectors.rows, model.dOut, preparation);
  return prepared(vectors, store, preparation, (block) =>
    gpu ? model.encodeOnGpu(gpu, block) : model.encode(block, computingOf(preparation)),
  );
}

async function prepared(
  vectors: Vectors,
  into: Vectors,
  { onProgress, signal }: Preparation,
  prepare: (block: Matrix, first: number) => Matrix | Promise<Matrix>,
): Promise<Vectors> {
  for (const { first, matrix } of rowBlocks(vectors, 0, vectors.rows, ROWS)) {
    signal?.throwIfAborted();
    const { cols, data } = await prepare(matrix, first);
    for (const room of rowBlocks(into, first, matrix.rows, ROWS)) {
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
 * @param model without bringing vectors to length 1: these have it if they are to
 * @param where begins messages
 * @throws {RangeError} if they are others
 */
export function requireCodesOf(where: string, codes: Vectors, model: Compressor, vectors: Vectors): void {
  if (codes.rows !== vectors.rows || codes.cols !== model.dOut) {
    const expected = `${vectors.rows} x ${model.dOut} compressed vectors`;
    throw new RangeError(`${where}: expected ${expected}, got ${codes.rows} x ${codes.cols}.`);
  }
  const step = Math.max(1, Math.floor((vectors.rows - 1) / (PROBES - 1)));
  for (let row = 0; row < vectors.rows; row += step) {
    const expected = model.encode(rowOf(vectors, row)).data;
    const { data } = rowOf(codes, row);
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (expected.every((value, i) => Math.abs(value - data[i]!) <= TOLERANCE * largest)) continue;
    throw new RangeError(
      `${where}: expected what the model makes of the base, got other compressed vectors at row ${row}.`,
    );
  }
}

function rowOf(vectors: Vectors, row: number): Matrix {
  const [{ matrix }] = [...rowBlocks(vectors, row, 1, 1)] as [Part];
  return matrix;
}
