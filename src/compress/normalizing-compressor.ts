import type { GpuDevice } from '../../kernels/gpu/device.ts';
import type { Matrix } from '../tensor/matrix.ts';
import type { NamedArrays } from '../tensor/named-arrays.ts';
import { unitRows } from '../tensor/unit-rows.ts';
import type { Compressor, EncodeOptions } from './compressor.ts';

/** In the metadata of a model that was trained on vectors of length 1. */
const RECORD = { normalize: 'true' };

/**
 * A compressor that was trained on vectors of length 1, and brings to this length whatever it compresses: the Euclidean distances that it
 * keeps order as cosine does. Its model says so, and `loadCompressor` gives it back.
 *
 * @example
 * ```ts
 * import { generateManifold, trainNormalized, trainPca } from 'cnt-ann';
 *
 * const { base } = generateManifold({ rows: 100, queries: 1, dim: 16, seed: 1 });
 * const compressor = await trainNormalized(base, (unit) => trainPca(unit, { dOut: 4 }));
 * console.log(compressor.toNamedArrays().metadata); // { method: 'pca', normalize: 'true' }
 * ```
 *
 * @category Compress
 */
export class NormalizingCompressor implements Compressor {
  readonly normalizes = true;
  /** What compresses vectors of length 1. */
  readonly inner: Compressor;

  constructor(inner: Compressor) {
    this.inner = inner;
  }

  get method(): string {
    return this.inner.method;
  }

  get dIn(): number {
    return this.inner.dIn;
  }

  get dOut(): number {
    return this.inner.dOut;
  }

  /** @throws {RangeError} as `Compressor.encode`, and if a row has zeros only */
  encode(x: Matrix, options: EncodeOptions = {}): Matrix {
    return this.inner.encode(unitRows(x, 'NormalizingCompressor.encode'), options);
  }

  async encodeOnGpu(device: GpuDevice, x: Matrix, options: EncodeOptions = {}): Promise<Matrix> {
    return this.inner.encodeOnGpu(device, unitRows(x, 'NormalizingCompressor.encodeOnGpu'), options);
  }

  toNamedArrays(): NamedArrays {
    const { arrays, metadata } = this.inner.toNamedArrays();
    return { arrays, metadata: { ...metadata, ...RECORD } };
  }
}

/**
 * Trains on the vectors of a base, brought to length 1.
 *
 * @param base (rows, dIn), left as it is
 * @throws {RangeError} if a value is not finite, or a row has zeros only
 *
 * @category Compress
 */
export async function trainNormalized(
  base: Matrix,
  train: (unit: Matrix) => Compressor | Promise<Compressor>,
): Promise<NormalizingCompressor> {
  return new NormalizingCompressor(await train(unitRows(base, 'trainNormalized')));
}

/** What compresses vectors that have length 1 already, where they are to. */
export function bare(compressor: Compressor): Compressor {
  return compressor instanceof NormalizingCompressor ? compressor.inner : compressor;
}

/**
 * A model without the record that its vectors have length 1, and whether it has one.
 *
 * @throws {RangeError} if the record is of another kind
 */
export function withoutRecord({ arrays, metadata }: NamedArrays): { readonly model: NamedArrays; normalizes: boolean } {
  const { normalize, ...others } = metadata;
  if (normalize !== undefined && normalize !== RECORD.normalize) {
    throw new RangeError(`loadCompressor: expected "normalize" to be absent or true, got ${normalize}.`);
  }
  return { model: { arrays, metadata: others }, normalizes: normalize !== undefined };
}
