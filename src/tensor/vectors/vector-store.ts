import { type BackendChoice, createKernels } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import { createMatrix, type KernelMemory, type Matrix } from '../matrix.ts';
import { besideThatFits } from './beside.ts';
import type { Vectors } from './vectors.ts';

/** What of a memory of 4 GiB vectors may take; the rest is scratch and room for queries and answers. 1,000,000 x 960 fits. */
const STORE_BYTES = 2 ** 32 - 2 ** 28;
/** Of that rest, what the sets over one store may take together: more than 100 times what one takes. */
const ROOM_BYTES = 2 ** 24;
/** Beyond that room, what may lie beside each row where the memory can hold it: links of a graph. It costs nothing unless used. */
const SPARE_BYTES_A_ROW = 512;
/** What one set may take, here or in another thread; there, besides, where there is room, a byte for each row: the marks of a walk. */
const PLACE_BYTES = 2 ** 18;

export interface VectorStoreOptions {
  readonly backend?: BackendChoice;
  /** How many sets in other threads may measure the vectors at once; 0 if not given. */
  readonly attachable?: number;
  /** The most that one memory holds; a test makes it small. */
  readonly storeBytes?: number;
}

/** What a set asks of the kernels of a store. */
interface Demand {
  readonly backend: BackendChoice;
  readonly attachable: number;
  /** Of the set, here and in each other thread, besides what lies beside its points. */
  readonly bytesEach: number;
}

/**
 * Room for vectors where the kernels reach them, so that a file can be read to where it is searched: one copy in all. Vectors that
 * exceed one memory lie in several, as many rows in each, fewer in the last.
 *
 * @returns zeros, to be filled
 * @throws {RangeError} if a size is no whole number, a row exceeds a memory, or the machine has no room
 *
 * @category Vectors, models and files
 */
export function createVectorStore(rows: number, cols: number, options: VectorStoreOptions = {}): Vectors {
  const { storeBytes = STORE_BYTES } = options;
  createMatrix(0, cols);
  const most = Math.floor(storeBytes / (4 * cols));
  if (!Number.isSafeInteger(rows) || rows < 0 || most < 1) {
    throw new RangeError(
      `createVectorStore: expected a whole number of rows of at most ${storeBytes} bytes, got ${rows} of ${4 * cols}.`,
    );
  }
  const stores = Math.max(1, Math.ceil(rows / most));
  const each = Math.ceil(rows / stores);
  const parts = [createStore(Math.min(each, rows), cols, options)];
  for (let first = each; first < rows; first += each) {
    parts.push(createStore(Math.min(each, rows - first), cols, options));
  }
  return parts.length === 1 ? parts[0]! : { rows, cols, parts };
}

function createStore(rows: number, cols: number, options: VectorStoreOptions): Matrix {
  const { backend = 'auto', attachable = 0, storeBytes = STORE_BYTES } = options;
  const vectors = 4 * rows * cols;
  const spare = Math.max(0, Math.min(SPARE_BYTES_A_ROW * rows, storeBytes - vectors));
  const bytes = vectors + spare + ROOM_BYTES;
  const bytesEach = PLACE_BYTES + besideThatFits(bytes, PLACE_BYTES, attachable, { spareEach: rows }).spareEach;
  const kernels = createKernels({ backend, bytes, attachable, bytesEach });
  const data = kernels.floats(rows * cols) as Float32Array; // kernels of createKernels are float32
  return createMatrix(rows, cols, data, { kernels, attachable });
}

/** Bytes that may be taken from the kernels of a store without taking room from sets. */
export function spareOfStore(kernels: Kernels): number {
  return Math.max(0, kernels.room() - ROOM_BYTES);
}

/** The kernels of the memory of a store, if they are as is asked. */
export function kernelsOfStore(memory: KernelMemory | undefined, demand: Demand): Kernels | undefined {
  const { backend, attachable, bytesEach } = demand;
  if (!memory || (backend !== 'auto' && backend !== memory.kernels.backend)) return undefined;
  return attachable <= memory.attachable && bytesEach <= PLACE_BYTES ? memory.kernels : undefined;
}
