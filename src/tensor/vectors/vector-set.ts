import { attachKernels, type BackendChoice, createKernels } from '../../../kernels/backend.ts';
import type { LayerWalk, WalkStart } from '../../../kernels/graph-walk/kernel.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Counts, Floats } from '../../../kernels/operands.ts';
import { openView, type SharedKernels, type SharedView, shareView } from '../../../kernels/shared.ts';
import { bytesNeeded } from '../bytes-needed.ts';
import { createMatrix, type Matrix, requireShape, viewRows } from '../matrix.ts';
import { type Beside, besideThatFits } from './beside.ts';
import type { DistanceSource } from './distance-source.ts';
import { kernelsOfStore, spareOfStore } from './vector-store.ts';
import type { Vectors } from './vectors.ts';

/** Vectors as points: what a graph is searched over. */
export interface VectorSource extends DistanceSource {
  readonly dim: number;
  /** What really runs. */
  readonly backend: Kernels['backend'];
  /** The vectors where they lie; not to be changed. */
  readonly vectors: Vectors;
  /** The query becomes a copy of the `dim` numbers from `offset`; the caller has checked them. */
  setQuery(vectors: Float32Array, offset: number): void;
}

/** Points in a memory that also has room for the links of a graph, so that a walk over them never leaves WebAssembly. */
export interface WalkedSource extends DistanceSource {
  readonly backend: Kernels['backend'];
  /** Where the points lie. */
  readonly kernels: Kernels;
  /** Bytes that may be taken from the kernels for what lies beside the points. */
  readonly spare: number;
  /** `Kernels.walkLayer` from the query, over these points. */
  walkLayer(walk: LayerWalk, start: WalkStart): number;
}

export interface VectorSetOptions extends Beside {
  readonly backend?: BackendChoice;
  /** The most points that one call measures, 256 if not given. */
  readonly batch?: number;
  /** How many sets in other threads may measure the same vectors at once; 0 if not given. */
  readonly attachable?: number;
}

/** A vector set as another thread can attach to it; can be sent by `postMessage`. */
export interface SharedVectorSet {
  readonly kernels: SharedKernels;
  readonly vectors: SharedView<Float32Array>;
  readonly size: number;
  readonly dim: number;
  readonly batch: number;
}

/** Vectors where the kernels reach them, and room for one query and its answers. */
export class VectorSet implements VectorSource, WalkedSource {
  readonly size: number;
  readonly dim: number;
  readonly ids: Int32Array;
  readonly distances: Floats;
  readonly kernels: Kernels;
  /** The vectors where the kernels reach them; not to be changed. */
  readonly matrix: Matrix;
  readonly #vectors: Float32Array;
  readonly #memory: 'own' | 'store' | 'another thread';
  readonly #queryCopy: Floats;
  readonly #otherVector: Floats;
  readonly #counts: Counts = { multiplyAdds: 0, distances: 0 };
  /** What `measure` compares with: a vector from outside, or one of the rows. */
  #query: Floats;
  #queryOffset = 0;

  /**
   * @param matrix copied, except where the kernels can use it in place: in a store, or without SIMD
   * @param attached kernels that reach the matrix where it is
   */
  constructor(
    matrix: Matrix,
    { backend = 'auto', batch = 256, attachable = 0, ...beside }: VectorSetOptions = {},
    attached?: Kernels,
  ) {
    requireShape(matrix, 'VectorSet');
    const { rows, cols } = matrix;
    const each = bytesNeeded((kernels) => takePlaces(kernels, cols, batch));
    const own = each + bytesNeeded((kernels) => kernels.floats(rows * cols));
    const { spare, spareEach } = besideThatFits(own, each, attachable, beside);
    const present = attached ?? kernelsOfStore(matrix.memory, { backend, attachable, bytesEach: each });
    const bytesEach = each + spareEach;
    const kernels = present ?? createKernels({ backend, bytes: own + spare, attachable, bytesEach });
    this.#memory = attached ? 'another thread' : present ? 'store' : 'own';
    this.size = rows;
    this.dim = cols;
    const { ids, distances, queryCopy, otherVector } = takePlaces(kernels, cols, batch);
    this.ids = ids;
    this.distances = distances;
    this.kernels = kernels;
    this.#queryCopy = queryCopy;
    this.#otherVector = otherVector;
    this.#query = this.#queryCopy;
    this.matrix = viewRows(matrix, 0, rows);
    if (!present && (kernels.backend === 'simd' || attachable > 0)) {
      const copy = kernels.floats(rows * cols) as Float32Array; // kernels of createKernels are float32
      copy.set(this.matrix.data);
      this.matrix = createMatrix(rows, cols, copy);
    }
    this.#vectors = this.matrix.data;
  }

  /**
   * The vectors of a set of another thread, without a copy, with a query, ids and answers of its own.
   *
   * @param slot which of the places reserved by `attachable`, each used by one thread at a time
   * @throws {RangeError} if there is no such place
   */
  static attach(shared: SharedVectorSet, slot: number): VectorSet {
    const { size: rows, dim: cols, batch } = shared;
    const data = openView(shared.kernels, shared.vectors);
    return new VectorSet({ rows, cols, data }, { batch }, attachKernels(shared.kernels, slot));
  }

  /** @throws {Error} if the set was made without attachable places */
  share(): SharedVectorSet {
    const { size, dim } = this;
    return { kernels: this.kernels.share(), vectors: shareView(this.#vectors), size, dim, batch: this.ids.length };
  }

  get spare(): number {
    if (this.#memory === 'another thread') return 0;
    return this.#memory === 'store' ? spareOfStore(this.kernels) : this.kernels.room();
  }

  /** What really runs. */
  get backend(): Kernels['backend'] {
    return this.kernels.backend;
  }

  get vectors(): Matrix {
    return this.matrix;
  }

  /** Of this set alone: kernels of a store may serve several. */
  get counts(): Readonly<Counts> {
    return this.#counts;
  }

  /** The query becomes a copy of the `dim` numbers from `offset`; the caller has checked them. */
  setQuery(vectors: Float32Array, offset: number): void {
    this.#query = this.#copy(this.#queryCopy, vectors, offset);
    this.#queryOffset = 0;
  }

  setQueryRow(row: number): void {
    this.#query = this.#vectors;
    this.#queryOffset = row * this.dim;
  }

  measure(count: number): void {
    this.#measure(this.#query, this.#queryOffset, count);
  }

  measureFrom(row: number, count: number): void {
    this.#measure(this.#vectors, row * this.dim, count);
  }

  /** distances[i] = |vector from `offset` - point ids[i]|², i < count; leaves the query as it is. */
  measureVector(vectors: Float32Array, offset: number, count: number): void {
    this.#measure(this.#copy(this.#otherVector, vectors, offset), 0, count);
  }

  walkLayer(walk: LayerWalk, start: WalkStart): number {
    const { dim } = this;
    const found = this.kernels.walkLayer(walk, start, this.#query, this.#queryOffset, this.#vectors, dim);
    this.#counts.distances += walk.work[1]!;
    this.#counts.multiplyAdds += walk.work[1]! * dim;
    return found;
  }

  #copy(target: Floats, vectors: Float32Array, offset: number): Floats {
    for (let i = 0; i < this.dim; i++) target[i] = vectors[offset + i]!;
    return target;
  }

  #measure(query: Floats, offset: number, count: number): void {
    const { distances, ids, dim } = this;
    this.kernels.squaredDistances(distances, query, offset, this.#vectors, ids, count, dim);
    this.#counts.distances += count;
    this.#counts.multiplyAdds += count * dim;
  }
}

/** What each thread has of its own. */
function takePlaces(kernels: Kernels, dim: number, batch: number) {
  return {
    ids: kernels.ints(batch),
    distances: kernels.floats(batch),
    queryCopy: kernels.floats(dim),
    otherVector: kernels.floats(dim),
  };
}
