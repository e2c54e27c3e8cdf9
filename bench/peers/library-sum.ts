import type { Matrix } from '../../src/tensor/matrix.ts';
import type { DistanceSource } from '../../src/tensor/vectors/distance-source.ts';

type SquaredDistance = (query: Float32Array, a: number, data: Float32Array, b: number, dim: number) => number;

/** faiss 1.7.3 compiled without SSE3, as Debian does: one running float32 sum. */
const inOneSum: SquaredDistance = (query, a, data, b, dim) => {
  let sum = 0;
  for (let i = 0; i < dim; i++) {
    const difference = Math.fround(query[a + i]! - data[b + i]!);
    sum = Math.fround(sum + Math.fround(difference * difference));
  }
  return sum;
};

/** hnswlib 0.6.2 with SSE, dimensions divisible by 16: four lanes, added from the first to the last. */
const inFourLanes: SquaredDistance = (query, a, data, b, dim) => {
  let [l0, l1, l2, l3] = [0, 0, 0, 0];
  for (let i = 0; i < dim; i += 4) {
    const d0 = Math.fround(query[a + i]! - data[b + i]!);
    const d1 = Math.fround(query[a + i + 1]! - data[b + i + 1]!);
    const d2 = Math.fround(query[a + i + 2]! - data[b + i + 2]!);
    const d3 = Math.fround(query[a + i + 3]! - data[b + i + 3]!);
    l0 = Math.fround(l0 + Math.fround(d0 * d0));
    l1 = Math.fround(l1 + Math.fround(d1 * d1));
    l2 = Math.fround(l2 + Math.fround(d2 * d2));
    l3 = Math.fround(l3 + Math.fround(d3 * d3));
  }
  return Math.fround(Math.fround(Math.fround(l0 + l1) + l2) + l3);
};

/**
 * Distances with the bits of the library: the order in which float32 squares are added decides the last bits, those decide between
 * near ties, and one decision changes lists.
 */
export class LibrarySum implements DistanceSource {
  readonly size: number;
  readonly ids: Int32Array;
  readonly distances: Float32Array;
  readonly counts = { distances: 0, multiplyAdds: 0 };
  /** As `DistanceSource` has it. */
  readonly asymmetric: boolean;
  readonly #matrix: Matrix;
  readonly #stored: Matrix;
  readonly #distance: SquaredDistance;
  #query: Float32Array;
  #offset = 0;

  /**
   * @param batch the most points that one call measures
   * @param stored what is kept of the vectors, such as their codes decoded; queries are compared with it as they were
   */
  constructor(matrix: Matrix, library: 'faiss' | 'hnswlib', batch = 256, stored = matrix) {
    if (library === 'hnswlib' && matrix.cols % 16 !== 0) {
      throw new RangeError(`LibrarySum: expected a dimension divisible by 16 for hnswlib, got ${matrix.cols}.`);
    }
    this.size = matrix.rows;
    this.ids = new Int32Array(batch);
    this.distances = new Float32Array(batch);
    this.#query = matrix.data;
    this.asymmetric = stored !== matrix;
    this.#matrix = matrix;
    this.#stored = stored;
    this.#distance = library === 'faiss' ? inOneSum : inFourLanes;
  }

  setQuery(vectors: Float32Array, offset: number): void {
    this.#query = vectors;
    this.#offset = offset;
  }

  setQueryRow(row: number): void {
    this.setQuery(this.#matrix.data, row * this.#matrix.cols);
  }

  measure(count: number): void {
    this.#measure(this.#query, this.#offset, count);
  }

  measureFrom(row: number, count: number): void {
    this.#measure(this.#stored.data, row * this.#stored.cols, count);
  }

  #measure(query: Float32Array, offset: number, count: number): void {
    const { data, cols } = this.#stored;
    for (let i = 0; i < count; i++) this.distances[i] = this.#distance(query, offset, data, this.ids[i]! * cols, cols);
    this.counts.distances += count;
    this.counts.multiplyAdds += count * cols;
  }
}
