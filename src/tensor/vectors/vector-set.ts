import { attachKernels, type BackendChoice, createKernels } from '../../../kernels/backend.ts';
import type { LayerWalk, WalkStart } from '../../../kernels/graph-walk/kernel.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Counts, Floats } from '../../../kernels/operands.ts';
import { openView, type SharedKernels, type SharedView, shareView } from '../../../kernels/shared.ts';
import type { Matrix } from '../matrix.ts';
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
  readonly #vectors: Float32Array;
  readonly #home: 'own' | 'store' | 'another thread';
  readonly #own: Floats;
  readonly #guest: Floats;
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
    const { rows, cols } = matrix;
    const each = ownRoom(cols, batch);
    const own = 4 * rows * cols + 64 + each;
    const { spare, spareEach } = besideThatFits(own, each, attachable, beside);
    const home = attached ?? kernelsOfStore(matrix.data, { backend, attachable, bytesEach: each });
    const bytesEach = each + spareEach;
    const kernels = home ?? createKernels({ backend, bytes: own + spare, attachable, bytesEach });
    this.#home = attached ? 'another thread' : home ? 'store' : 'own';
    this.size = rows;
    this.dim = cols;
    this.ids = kernels.ints(batch);
    this.distances = kernels.floats(batch);
    this.kernels = kernels;
    this.#own = kernels.floats(cols);
    this.#guest = kernels.floats(cols);
    this.#query = this.#own;
    this.#vectors = matrix.data.subarray(0, rows * cols);
    if (!home && (kernels.backend === 'simd' || attachable > 0)) {
      this.#vectors = kernels.floats(rows * cols) as Float32Array; // kernels of createKernels are float32
      this.#vectors.set(matrix.data.subarray(0, rows * cols));
    }
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
    if (this.#home === 'another thread') return 0;
    return this.#home === 'store' ? spareOfStore(this.kernels) : this.kernels.room();
  }

  /** What really runs. */
  get backend(): Kernels['backend'] {
    return this.kernels.backend;
  }

  /** The vectors where they lie; not to be changed. */
  get matrix(): Matrix {
    return { rows: this.size, cols: this.dim, data: this.#vectors };
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
    this.#query = this.#copy(this.#own, vectors, offset);
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
    this.#measure(this.#copy(this.#guest, vectors, offset), 0, count);
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

/** Bytes of two vectors, ids and answers. */
function ownRoom(dim: number, batch: number): number {
  return 4 * (2 * dim + 2 * batch) + 256;
}
