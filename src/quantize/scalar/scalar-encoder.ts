import type { Computing } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Floats } from '../../../kernels/operands.ts';
import { kernelsFor } from '../../tensor/bytes-needed.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { LARGEST_VALUE } from '../../tensor/range.ts';

/** Numbers encoded at a time: they stay in cache while they are copied in, checked, encoded, and copied out. */
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
  readonly #arrays: {
    readonly x: Floats;
    readonly codes: Uint8Array;
    readonly minima: Floats;
    readonly spans: Floats;
  };

  /** @param rows how many will be encoded in all */
  constructor({ minima, spans }: ScalarRanges, rows: number, computing: Computing) {
    const dim = minima.length;
    const { threads = 1 } = computing;
    const block = threads > 1 ? threads * SHARED_BLOCK : BLOCK;
    this.#dim = dim;
    this.capacity = Math.max(1, Math.min(rows, Math.floor(block / dim)));
    const numbers = this.capacity * dim;
    [this.#kernels, this.#arrays] = kernelsFor(computing, ({ floats, bytes }) => ({
      x: floats(numbers),
      codes: bytes(numbers),
      minima: floats(dim),
      spans: floats(dim),
    }));
    this.#arrays.minima.set(minima);
    this.#arrays.spans.set(spans);
  }

  close(): void {
    this.#kernels.close();
  }

  /**
   * The codes of a block, from row `first` of `out` on.
   *
   * @param out (rows, dim)
   * @returns false, without codes, if a value is out of range
   */
  encode({ rows, data }: Matrix, out: Uint8Array, first: number): boolean {
    const kernels = this.#kernels;
    const { x, codes, minima, spans } = this.#arrays;
    const dim = this.#dim;
    const numbers = rows * dim;
    x.set(data.subarray(0, numbers));
    if (!kernels.allWithin(x, numbers, LARGEST_VALUE)) return false;
    kernels.scalarCodes(codes, x, minima, spans, rows, dim);
    out.set(codes.subarray(0, numbers), first * dim);
    return true;
  }
}
