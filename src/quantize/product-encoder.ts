import type { Computing } from '../../kernels/backend.ts';
import type { Counts } from '../../kernels/kernels.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { NearestCentroids } from './nearest-centroids.ts';

/** Rows encoded at a time: a part's codebook stays in cache for all of them. Each thread gets as many. */
const BLOCK_ROWS = 1024;

/** The codebooks of a product quantizer. */
export interface Codebooks {
  readonly m: number;
  readonly centroids: number;
  readonly partDim: number;
  /** (m, centroids, partDim). */
  readonly codebooks: Float32Array;
}

/** Encodes block after block with the same memory. */
export class ProductEncoder {
  /** The most rows of one call. */
  readonly capacity: number;
  readonly #quantizer: Codebooks;
  readonly #search: NearestCentroids;

  /** @param rows how many will be encoded in all */
  constructor(quantizer: Codebooks, rows: number, computing: Computing) {
    this.capacity = Math.min(rows, BLOCK_ROWS * (computing.threads ?? 1));
    this.#quantizer = quantizer;
    this.#search = new NearestCentroids(this.capacity, quantizer.partDim, quantizer.centroids, computing);
  }

  get counts(): Readonly<Counts> {
    return this.#search.counts;
  }

  close(): void {
    this.#search.close();
  }

  /** numbers[target + r, s] = the nearest centroid to part s of row first + r, r < count; one number a byte. */
  encode(x: Matrix, first: number, count: number, numbers: Uint8Array, target: number): void {
    const { m, centroids, partDim, codebooks } = this.#quantizer;
    const search = this.#search;
    const length = centroids * partDim;
    for (let s = 0; s < m; s++) {
      search.load(x, first, count, s * partDim);
      search.find(codebooks.subarray(s * length, (s + 1) * length));
      for (let row = 0; row < count; row++) numbers[(target + row) * m + s] = search.ids[row]!;
    }
  }
}
