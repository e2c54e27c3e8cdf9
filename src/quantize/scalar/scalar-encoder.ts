import { type Computing, computingOf, createKernels } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Floats } from '../../../kernels/operands.ts';
import type { Matrix } from '../../tensor/matrix.ts';

/** Numbers encoded at a time: they stay in cache while they are copied in, looked at, encoded, and copied out. */
const BLOCK = 2 ** 16;
/** For several threads, each: smaller blocks would not be worth sharing. */
const SHARED_BLOCK = 2 ** 17;

/** The range of each dimension. */
export interface ScalarRanges {
  /** (dim). */
  readonly minima: Float32Array;
  /** (dim). */
  readonly spans: Float32Array;
}

/** Encodes block after block with the same memory. */
export class ScalarEncoder {
  /** The most rows of one call. */
  readonly capacity: number;
  readonly #dim: number;
  readonly #kernels: Kernels;
  readonly #x: Floats;
  readonly #codes: Uint8Array;
  readonly #minima: Floats;
  readonly #spans: Floats;

  /** @param rows how many will be encoded in all */
  constructor({ minima, spans }: ScalarRanges, rows: number, computing: Computing) {
    const dim = minima.length;
    const { threads = 1 } = computing;
    const block = threads > 1 ? threads * SHARED_BLOCK : BLOCK;
    this.#dim = dim;
    this.capacity = Math.max(1, Math.min(rows, Math.floor(block / dim)));
    const numbers = this.capacity * dim;
    this.#kernels = createKernels({ ...computingOf(computing), bytes: 5 * numbers + 8 * dim + 256 });
    this.#x = this.#kernels.floats(numbers);
    this.#codes = this.#kernels.bytes(numbers);
    this.#minima = this.#kernels.floats(dim);
    this.#minima.set(minima);
    this.#spans = this.#kernels.floats(dim);
    this.#spans.set(spans);
  }

  close(): void {
    this.#kernels.close();
  }

  /**
   * The codes of a block, from row `first` of `codes` on.
   *
   * @param codes (rows, dim)
   * @returns false, without codes, if a value is not finite
   */
  encode({ rows, data }: Matrix, codes: Uint8Array, first: number): boolean {
    const kernels = this.#kernels;
    const dim = this.#dim;
    const numbers = rows * dim;
    this.#x.set(data.subarray(0, numbers));
    if (!kernels.allFinite(this.#x, numbers)) return false;
    kernels.scalarCodes(this.#codes, this.#x, this.#minima, this.#spans, rows, dim);
    codes.set(this.#codes.subarray(0, numbers), first * dim);
    return true;
  }
}
