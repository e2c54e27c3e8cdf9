import type { Computing } from '../../../kernels/backend.ts';
import type { GpuDevice } from '../../../kernels/gpu/device.ts';
import { symmetricEigen } from '../../tensor/algebra/eigen.ts';
import { createMatrix, firstRows, type Matrix, requireShape } from '../../tensor/matrix.ts';
import { type NamedArrays, requireArray } from '../../tensor/named-arrays.ts';
import { requireOptions } from '../../tensor/options.ts';
import { requireFinite, requireInRange } from '../../tensor/range.ts';
import { requireBase } from '../../tensor/vectors/vectors.ts';
import { type Compressor, type EncodeOptions, requireWidths } from '../compressor.ts';
import { columnMeans, covariance } from './covariance.ts';
import { projectRows, projectRowsOnGpu } from './project-rows.ts';

export interface PcaOptions extends Computing {
  readonly dOut: number;
  /** Learn from the first rows only. */
  readonly limit?: number;
}

/**
 * Learns the directions of largest variance.
 *
 * Source: Jolliffe, Principal Component Analysis; the paper, section 4 (baseline "PCA"). Covariance (1 / n) Σ (x - μ)(x - μ)ᵀ,
 * eigenvalues descending, no whitening, which would change distances.
 * Departs: the sign that theory leaves open is chosen so that the largest component of a direction (the first of equals) is positive.
 *
 * @param base (n, d)
 * @throws {RangeError} unless 1 <= dOut <= d and n > dOut, or if a value is not finite
 *
 * @example
 * ```ts
 * import { createMatrix, trainPca } from 'cnt-ann';
 *
 * const base = createMatrix(4, 2, Float32Array.of(0, 0, 1, 2, 2, 4, 3, 6)); // on a line
 * const pca = trainPca(base, { dOut: 1 });
 * console.log(Array.from(pca.encode(base).data, (value) => value.toFixed(3)).join(' ')); // -3.354 -1.118 1.118 3.354
 * ```
 *
 * @category Compress
 */
export function trainPca(base: Matrix, options: PcaOptions): PcaCompressor {
  requireShape(base, 'trainPca');
  requireOptions('trainPca', options);
  const { dOut, limit, ...computing } = options;
  const rows = limit === undefined ? base : firstRows(base, limit);
  const dIn = rows.cols;
  if (!Number.isSafeInteger(dOut) || dOut < 1 || dOut > dIn) {
    throw new RangeError(`trainPca: expected dOut from 1 to ${dIn} (the columns of the base), got ${dOut}.`);
  }
  if (rows.rows <= dOut) {
    throw new RangeError(`trainPca: expected more than ${dOut} rows to find ${dOut} directions, got ${rows.rows}.`);
  }
  requireBase(rows, 'trainPca');
  const mean = columnMeans(rows);
  const { values, vectors } = symmetricEigen(covariance(rows, mean, computing), dIn);
  const directions = createMatrix(dOut, dIn);
  for (let i = 0; i < dOut; i++) {
    const sign = signOf(vectors, i * dIn, dIn);
    for (let j = 0; j < dIn; j++) directions.data[i * dIn + j] = sign * vectors[i * dIn + j]!;
  }
  // Where rows span fewer dimensions, rounding leaves some a little below 0.
  return new PcaCompressor(
    mean,
    directions,
    Float32Array.from(values, (value) => Math.max(0, value)),
  );
}

/** The sign of the largest magnitude, the first of equals. */
function signOf(vectors: Float64Array, start: number, length: number): number {
  let largest = 0;
  for (let j = start; j < start + length; j++) {
    if (Math.abs(vectors[j]!) > Math.abs(largest)) largest = vectors[j]!;
  }
  return largest < 0 ? -1 : 1;
}

/**
 * The baseline PCA: y = W (x - μ).
 *
 * @category Compress
 */
export class PcaCompressor implements Compressor {
  readonly method = 'pca';
  readonly dIn: number;
  readonly dOut: number;
  /** μ (dIn). */
  readonly mean: Float32Array;
  /** W (dOut, dIn), orthonormal rows, the largest variance first. */
  readonly directions: Matrix;
  /** The variance along every direction there is, descending (dIn): what share is kept can be read off. */
  readonly variances: Float32Array;

  constructor(mean: Float32Array, directions: Matrix, variances: Float32Array) {
    this.dIn = directions.cols;
    this.dOut = directions.rows;
    this.mean = mean;
    this.directions = directions;
    this.variances = variances;
  }

  /** @throws {RangeError} if the arrays are not those of `toNamedArrays`, or a value is not finite */
  static fromNamedArrays({ arrays }: NamedArrays): PcaCompressor {
    const where = 'PCA model';
    const { shape, data } = requireArray(arrays, 'directions', 'float32', [undefined, undefined], where);
    requireWidths(where, { dIn: shape[1]!, dOut: shape[0]! });
    const mean = requireArray(arrays, 'mean', 'float32', [shape[1]], where).data;
    const variances = requireArray(arrays, 'variances', 'float32', [shape[1]], where).data;
    const directions = createMatrix(shape[0]!, shape[1]!, data);
    requireInRange(directions, `${where}: directions`);
    requireInRange(createMatrix(1, mean.length, mean), `${where}: mean`);
    requireFinite(createMatrix(1, variances.length, variances), `${where}: variances`);
    return new PcaCompressor(mean, directions, variances);
  }

  encode(x: Matrix, options: EncodeOptions = {}): Matrix {
    return projectRows('PcaCompressor.encode', x, this.directions, this.mean, options);
  }

  encodeOnGpu(device: GpuDevice, x: Matrix, options: EncodeOptions = {}): Promise<Matrix> {
    return projectRowsOnGpu(device, 'PcaCompressor.encode', x, this.directions, this.mean, options);
  }

  toNamedArrays(): NamedArrays {
    const arrays = new Map([
      ['mean', { shape: [this.dIn], data: this.mean }],
      ['directions', { shape: [this.dOut, this.dIn], data: this.directions.data }],
      ['variances', { shape: [this.dIn], data: this.variances }],
    ]);
    return { arrays, metadata: { method: this.method } };
  }
}
