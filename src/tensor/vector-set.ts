import { type BackendChoice, createKernels } from '../../kernels/backend.ts';
import type { Counts, Floats, Kernels } from '../../kernels/kernels.ts';
import type { Matrix } from './matrix.ts';

/**
 * All that a graph knows of its points: their numbers, 0 .. size - 1, and distances, always many at a time. Whoever asks writes
 * the points into `ids` and reads the answers in `distances`, both overwritten by every call.
 */
export interface DistanceSource {
  readonly size: number;
  /** The points of the next call; its length is the most that one call can take. */
  readonly ids: Int32Array;
  /** Squared distances, in the order of `ids`. */
  readonly distances: Floats;
  /** Distances and multiply-adds so far. */
  readonly counts: Readonly<Counts>;
  /** Whether what `setQueryRow` compares with differs from what is stored, so that `measure` and `measureFrom` answer differently. */
  readonly asymmetric?: boolean;
  /** The query of `measure` becomes what was stored as this point. */
  setQueryRow(row: number): void;
  /** distances[i] = |query - point ids[i]|², i < count. */
  measure(count: number): void;
  /** distances[i] = |point row - point ids[i]|², i < count; leaves the query as it is. */
  measureFrom(row: number, count: number): void;
}

export interface VectorSetOptions {
  readonly backend?: BackendChoice;
  /** The most points that one call measures, 256 if not given. */
  readonly batch?: number;
}

/** Vectors where the kernels reach them, and room for one query and its answers. */
export class VectorSet implements DistanceSource {
  readonly size: number;
  readonly dim: number;
  readonly ids: Int32Array;
  readonly distances: Floats;
  readonly #kernels: Kernels;
  readonly #vectors: Float32Array;
  readonly #own: Floats;
  /** What `measure` compares with: a vector from outside, or one of the rows. */
  #query: Floats;
  #queryOffset = 0;

  /** @param matrix copied, except where the kernels can use it in place */
  constructor(matrix: Matrix, options: VectorSetOptions = {}) {
    const batch = options.batch ?? 256;
    const length = matrix.rows * matrix.cols;
    const room = 4 * (length + matrix.cols + 2 * batch) + 1024;
    const kernels = createKernels({ backend: options.backend ?? 'auto', bytes: room });
    this.size = matrix.rows;
    this.dim = matrix.cols;
    this.ids = kernels.ints(batch);
    this.distances = kernels.floats(batch);
    this.#kernels = kernels;
    this.#own = kernels.floats(matrix.cols);
    this.#query = this.#own;
    if (kernels.backend === 'reference') {
      this.#vectors = matrix.data.subarray(0, length);
    } else {
      this.#vectors = kernels.floats(length) as Float32Array; // kernels of createKernels are float32
      this.#vectors.set(matrix.data.subarray(0, length));
    }
  }

  /** What really runs. */
  get backend(): Kernels['backend'] {
    return this.#kernels.backend;
  }

  /** The vectors where they lie; not to be changed. */
  get matrix(): Matrix {
    return { rows: this.size, cols: this.dim, data: this.#vectors };
  }

  get counts(): Readonly<Counts> {
    return this.#kernels.counts;
  }

  /** The query becomes a copy of the `dim` numbers from `offset`; the caller has checked them. */
  setQuery(vectors: Float32Array, offset: number): void {
    const own = this.#own;
    for (let i = 0; i < this.dim; i++) own[i] = vectors[offset + i]!;
    this.#query = own;
    this.#queryOffset = 0;
  }

  setQueryRow(row: number): void {
    this.#query = this.#vectors;
    this.#queryOffset = row * this.dim;
  }

  measure(count: number): void {
    this.#kernels.squaredDistances(
      this.distances,
      this.#query,
      this.#queryOffset,
      this.#vectors,
      this.ids,
      count,
      this.dim,
    );
  }

  measureFrom(row: number, count: number): void {
    const vectors = this.#vectors;
    this.#kernels.squaredDistances(this.distances, vectors, row * this.dim, vectors, this.ids, count, this.dim);
  }
}
