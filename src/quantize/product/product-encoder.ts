import type { Computing } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Counts, Floats } from '../../../kernels/operands.ts';
import { kernelsFor } from '../../tensor/bytes-needed.ts';
import type { Matrix } from '../../tensor/matrix.ts';

/** The most rows of one call. Each thread gets as many. */
const CALL_ROWS = 1024;
/**
 * Rows encoded at a time, as many for each thread: a part's codebook stays in cache for all of them, and they for all parts (1024 rows of
 * 256 numbers take 1.06 times as long).
 */
const BLOCK_ROWS = 512;

/** The codebooks of a product quantizer. */
export interface Codebooks {
  readonly m: number;
  readonly centroids: number;
  readonly partDim: number;
  /** (m, centroids, partDim). */
  readonly codebooks: Float32Array;
}

/**
 * Encodes block after block with the same memory. Parts are read where they lie in the rows: gathering each one first was 7 % of the time, and
 * could not be shared by threads.
 */
export class ProductEncoder {
  /** The most rows of one call. */
  readonly capacity: number;
  readonly #quantizer: Codebooks;
  readonly #kernels: Kernels;
  /** Rows of a block. */
  readonly #most: number;
  readonly #arrays: {
    readonly codebooks: Floats;
    /** (most, m · partDim). */
    readonly rows: Floats;
    readonly ids: Int32Array;
    readonly distances: Floats;
  };

  /** @param rows how many will be encoded in all */
  constructor(quantizer: Codebooks, rows: number, computing: Computing) {
    const { m, partDim, codebooks } = quantizer;
    const { threads = 1 } = computing;
    this.capacity = Math.min(rows, CALL_ROWS * threads);
    this.#most = Math.min(rows, BLOCK_ROWS * threads);
    this.#quantizer = quantizer;
    const most = this.#most;
    [this.#kernels, this.#arrays] = kernelsFor(computing, ({ floats, ints }) => ({
      codebooks: floats(codebooks.length),
      rows: floats(most * m * partDim),
      ids: ints(most),
      distances: floats(most),
    }));
    this.#arrays.codebooks.set(codebooks);
  }

  get counts(): Readonly<Counts> {
    return this.#kernels.counts;
  }

  close(): void {
    this.#kernels.close();
  }

  /** numbers[target + r, s] = the nearest centroid to part s of row first + r, r < count; one number a byte. */
  encode(x: Matrix, first: number, count: number, numbers: Uint8Array, target: number): void {
    for (let done = 0; done < count; done += this.#most) {
      this.#encodeBlock(x, first + done, Math.min(this.#most, count - done), numbers, target + done);
    }
  }

  #encodeBlock(x: Matrix, first: number, count: number, numbers: Uint8Array, target: number): void {
    const { m, centroids, partDim } = this.#quantizer;
    const dim = m * partDim;
    const { codebooks, rows, ids, distances } = this.#arrays;
    rows.set(x.data.subarray(first * dim, (first + count) * dim));
    for (let s = 0; s < m; s++) {
      const part = rows.subarray(s * partDim);
      const codebook = codebooks.subarray(s * centroids * partDim, (s + 1) * centroids * partDim);
      this.#kernels.nearestRows(ids, distances, part, 0, count, codebook, centroids, partDim, dim);
      for (let row = 0; row < count; row++) numbers[(target + row) * m + s] = ids[row]!;
    }
  }
}
