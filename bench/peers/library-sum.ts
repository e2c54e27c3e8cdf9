import type { Matrix } from '../../src/tensor/matrix.ts';
import type { DistanceSource } from '../../src/tensor/vector-set.ts';

type SquaredDistance = (data: Float32Array, a: number, b: number, dim: number) => number;

/** faiss 1.7.3 compiled without SSE3, as Debian does: one running float32 sum. */
const inOneSum: SquaredDistance = (data, a, b, dim) => {
  let sum = 0;
  for (let i = 0; i < dim; i++) {
    const difference = Math.fround(data[a + i]! - data[b + i]!);
    sum = Math.fround(sum + Math.fround(difference * difference));
  }
  return sum;
};

/** hnswlib 0.6.2 with SSE, dimensions divisible by 16: four lanes, added from the first to the last. */
const inFourLanes: SquaredDistance = (data, a, b, dim) => {
  let [l0, l1, l2, l3] = [0, 0, 0, 0];
  for (let i = 0; i < dim; i += 4) {
    const d0 = Math.fround(data[a + i]! - data[b + i]!);
    const d1 = Math.fround(data[a + i + 1]! - data[b + i + 1]!);
    const d2 = Math.fround(data[a + i + 2]! - data[b + i + 2]!);
    const d3 = Math.fround(data[a + i + 3]! - data[b + i + 3]!);
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
  readonly ids = new Int32Array(256);
  readonly distances = new Float32Array(256);
  readonly counts = { distances: 0, multiplyAdds: 0 };
  readonly #matrix: Matrix;
  readonly #distance: SquaredDistance;
  #query = 0;

  constructor(matrix: Matrix, library: 'faiss' | 'hnswlib') {
    if (library === 'hnswlib' && matrix.cols % 16 !== 0) {
      throw new RangeError(`LibrarySum: expected a dimension divisible by 16 for hnswlib, got ${matrix.cols}.`);
    }
    this.size = matrix.rows;
    this.#matrix = matrix;
    this.#distance = library === 'faiss' ? inOneSum : inFourLanes;
  }

  setQueryRow(row: number): void {
    this.#query = row;
  }

  measure(count: number): void {
    this.measureFrom(this.#query, count);
  }

  measureFrom(row: number, count: number): void {
    const { data, cols } = this.#matrix;
    for (let i = 0; i < count; i++) this.distances[i] = this.#distance(data, row * cols, this.ids[i]! * cols, cols);
    this.counts.distances += count;
    this.counts.multiplyAdds += count * cols;
  }
}
