import type { Computing } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Counts, Floats } from '../../../kernels/operands.ts';
import { kernelsFor } from '../../tensor/bytes-needed.ts';
import type { Matrix } from '../../tensor/matrix.ts';

/**
 * Points where the kernels reach them, and the nearest centroid of each: the step that k-means repeats and that encoding is.
 */
export class NearestCentroids {
  readonly dim: number;
  /** The nearest centroid of each point loaded, the smaller number of equals. */
  readonly ids: Int32Array;
  /** Squared distances to it. */
  readonly distances: Float32Array;
  /** (capacity, dim), the points loaded. */
  readonly points: Float32Array;
  readonly #kernels: Kernels;
  readonly #centroids: Float32Array;
  /** Room for `sums`. */
  readonly #sums: Uint8Array;
  /** One id, and room for one distance, of `adopt`. */
  readonly #one: { readonly id: Int32Array; readonly distance: Floats };
  #count = 0;
  #k = 0;

  /** @param capacity points that are loaded at a time; @param k the most centroids */
  constructor(capacity: number, dim: number, k: number, computing: Computing) {
    const [kernels, arrays] = kernelsFor(computing, ({ floats, ints, bytes }) => ({
      points: floats(capacity * dim),
      centroids: floats(k * dim),
      sums: bytes(8 * k * dim),
      ids: ints(capacity),
      distances: floats(capacity),
      one: { id: ints(1), distance: floats(1) },
    }));
    this.dim = dim;
    this.ids = arrays.ids;
    // Kernels of createKernels are float32.
    this.points = arrays.points as Float32Array;
    this.distances = arrays.distances as Float32Array;
    this.#centroids = arrays.centroids as Float32Array;
    this.#kernels = kernels;
    this.#sums = arrays.sums;
    this.#one = arrays.one;
  }

  get counts(): Readonly<Counts> {
    return this.#kernels.counts;
  }

  /** Points loaded. */
  get count(): number {
    return this.#count;
  }

  /** Counts the work since `before` as this many distances, as if they had been computed here and not on a GPU. */
  countAs(before: Readonly<Counts>, distances: number): void {
    const { counts } = this.#kernels;
    counts.distances = before.distances + distances;
    counts.multiplyAdds = before.multiplyAdds + distances * this.dim;
  }

  /** Releases the memory: ids, distances and points must not be used afterwards. */
  close(): void {
    this.#kernels.close();
  }

  /** Loads columns firstCol .. firstCol + dim - 1 of `count` rows. */
  load(matrix: Matrix, firstRow: number, count: number, firstCol = 0): void {
    const { dim, points } = this;
    const { cols, data } = matrix;
    this.#count = count;
    if (cols === dim) {
      points.set(data.subarray(firstRow * dim, (firstRow + count) * dim));
      return;
    }
    for (let row = 0; row < count; row++) {
      const from = (firstRow + row) * cols + firstCol;
      for (let j = 0; j < dim; j++) points[row * dim + j] = data[from + j]!;
    }
  }

  /** Fills `ids` and `distances`. @param centroids (k, dim) */
  find(centroids: Float32Array): void {
    this.setCentroids(centroids);
    const { dim, points } = this;
    this.#kernels.nearestRows(this.ids, this.distances, points, 0, this.#count, this.#centroids, this.#k, dim);
  }

  /** Sets the centroids for `adopt`. @param centroids (k, dim) */
  setCentroids(centroids: Float32Array): void {
    this.#k = centroids.length / this.dim;
    this.#centroids.set(centroids);
  }

  /**
   * Fills id and distance of one point as `find` does, when a GPU has looked for its centroid.
   *
   * @param id the nearest centroid; `undefined` if the GPU was not sure, to find it here
   */
  adopt(point: number, id: number | undefined): void {
    const { dim, points } = this;
    const { id: ids, distance } = this.#one;
    if (id === undefined) {
      this.#kernels.nearestRows(ids, distance, points, point, 1, this.#centroids, this.#k, dim);
    } else {
      ids[0] = id;
      this.#kernels.squaredDistances(distance, points, point * dim, this.#centroids, ids, 1, dim);
    }
    this.ids[point] = ids[0]!;
    this.distances[point] = distance[0]!;
  }

  /**
   * (k, dim), overwritten by the next call: for each centroid the sum of the points whose id it is, in their order, rounded to float32
   * after each or not at all.
   */
  sums(k: number, rounded: boolean): Float32Array | Float64Array {
    const { dim, ids, points } = this;
    const { buffer, byteOffset } = this.#sums;
    const length = k * dim;
    const sums = rounded ? new Float32Array(buffer, byteOffset, length) : new Float64Array(buffer, byteOffset, length);
    sums.fill(0);
    this.#kernels.sumRowsById(sums, ids, points, this.#count, dim);
    return sums;
  }

  /** distances[i] = |point i - point `row`|². */
  measureFrom(row: number): void {
    const { dim, points } = this;
    this.#kernels.squaredDistanceScan(this.distances, points, row * dim, points, 0, this.#count, dim);
  }
}
