import type { Computing } from '../../kernels/backend.ts';
import type { GpuDevice } from '../../kernels/gpu/device.ts';
import type { Matrix } from '../tensor/matrix.ts';
import type { NamedArrays } from '../tensor/named-arrays.ts';
import { requireWhole } from '../tensor/whole-number.ts';

export interface EncodeOptions extends Computing {
  /** Rows encoded so far, and rows in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * All that the rest of the program knows of a compressor: vectors of `dIn` numbers become vectors of `dOut` numbers whose Euclidean
 * distances stand in for the original ones. Training is elsewhere; an object of this type is ready for use and never changes.
 *
 * @category Compress
 */
export interface Compressor {
  /** How it was made: 'cnt', 'linear-inrp', 'pca', 'srp', 'vae', 'catalyst'; `methods.ts` has what belongs to each. */
  readonly method: string;
  readonly dIn: number;
  readonly dOut: number;
  /** True of one that was trained on vectors of length 1, and brings to it what it encodes; a `NormalizingCompressor`. */
  readonly normalizes?: boolean;
  /**
   * Compresses each row of x (rows, dIn) to a row of (rows, dOut); a row's result does not depend on its neighbors.
   *
   * @throws {RangeError} if x does not have dIn columns, or a value of x or of the result is not finite
   */
  encode(x: Matrix, options?: EncodeOptions): Matrix;
  /**
   * `encode` on a GPU: within a bound of it, not the same bits.
   *
   * @throws {RangeError} as `encode`
   * @throws {Error} if the device refuses the work
   */
  encodeOnGpu(device: GpuDevice, x: Matrix, options?: EncodeOptions): Promise<Matrix>;
  /** Everything needed to build it again: tensors by name, and metadata of which `method` is part. */
  toNamedArrays(): NamedArrays;
}

/** @throws {RangeError} unless vectors of dIn numbers become vectors of 1 to dIn numbers */
export function requireWidths(where: string, { dIn, dOut }: Pick<Compressor, 'dIn' | 'dOut'>): void {
  requireWhole(where, 'dIn', dIn, 1);
  requireWhole(where, 'dOut', dOut, 1, dIn);
}
