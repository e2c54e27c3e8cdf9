import type { GpuDevice } from '../../../kernels/gpu/device.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { type NamedArrays, requireArray } from '../../tensor/named-arrays.ts';
import { requireOptions } from '../../tensor/options.ts';
import { Random } from '../../tensor/random/random.ts';
import { requireInRange } from '../../tensor/range.ts';
import { type Compressor, type EncodeOptions, requireWidths } from '../compressor.ts';
import { projectRows, projectRowsOnGpu } from './project-rows.ts';

/**
 * A sparse random projection: with s = sqrt(dIn), each entry is +sqrt(s / dOut) or -sqrt(s / dOut), with probability 1 / (2s)
 * each, and 0 otherwise. It keeps squared lengths in expectation: E |W x|² = |x|².
 *
 * Source: the paper, Eq. 2; Li, Hastie & Church, KDD 2006.
 * Departs: where chance leaves every entry 0, which happens to few outputs of few columns and would map all vectors to 0, all entries
 * are drawn again.
 *
 * @param random one uniform is drawn for each entry, row after row: u <= 1 / (2s) is negative, u >= 1 - 1 / (2s) positive
 * @returns (dOut, dIn)
 * @throws {RangeError} if a size is not a whole number from 1 on
 */
export function sparseProjection(random: Random, dOut: number, dIn: number): Matrix {
  if (!Number.isSafeInteger(dOut) || dOut < 1) {
    throw new RangeError(`sparseProjection: expected at least 1 output, got ${dOut}.`);
  }
  const projection = createMatrix(dOut, dIn);
  const s = Math.sqrt(dIn);
  const share = 1 / (2 * s);
  const size = Math.sqrt(s / dOut);
  const { data } = projection;
  do {
    for (let i = 0; i < data.length; i++) {
      const u = random.uniform();
      if (u <= share) data[i] = -size;
      else if (u >= 1 - share) data[i] = size;
    }
  } while (!hasEntry(data));
  return projection;
}

function hasEntry(data: Float32Array): boolean {
  return data.some((value) => value !== 0);
}

/**
 * The baseline SRP: y = W x with a random W that has seen no data.
 *
 * @category Compress
 */
export class SrpCompressor implements Compressor {
  readonly method = 'srp';
  readonly dIn: number;
  readonly dOut: number;
  readonly #projection: Matrix;

  /** @param projection W (dOut, dIn) */
  constructor(projection: Matrix) {
    this.dIn = projection.cols;
    this.dOut = projection.rows;
    this.#projection = projection;
  }

  /** @throws {RangeError} unless 1 <= dOut <= dIn */
  static create(options: {
    readonly dIn: number;
    readonly dOut: number;
    readonly seed: number | string;
  }): SrpCompressor {
    requireOptions('SrpCompressor.create', options);
    const { dIn, dOut, seed } = options;
    requireWidths('SrpCompressor.create', options);
    return new SrpCompressor(sparseProjection(new Random(seed, 'srp'), dOut, dIn));
  }

  /** @throws {RangeError} if the arrays are not those of `toNamedArrays`, a value is not finite, or all are 0 */
  static fromNamedArrays({ arrays }: NamedArrays): SrpCompressor {
    const { shape, data } = requireArray(arrays, 'projection', 'float32', [undefined, undefined], 'SRP model');
    requireWidths('SRP model', { dIn: shape[1]!, dOut: shape[0]! });
    const projection = createMatrix(shape[0]!, shape[1]!, data);
    requireInRange(projection, 'SRP model: projection');
    if (!hasEntry(data)) {
      throw new RangeError('SRP model: expected a projection with an entry other than 0, got none; train it again.');
    }
    return new SrpCompressor(projection);
  }

  encode(x: Matrix, options: EncodeOptions = {}): Matrix {
    return projectRows('SrpCompressor.encode', x, this.#projection, undefined, options);
  }

  encodeOnGpu(device: GpuDevice, x: Matrix, options: EncodeOptions = {}): Promise<Matrix> {
    return projectRowsOnGpu(device, 'SrpCompressor.encode', x, this.#projection, undefined, options);
  }

  toNamedArrays(): NamedArrays {
    const projection = { shape: [this.dOut, this.dIn], data: this.#projection.data };
    return { arrays: new Map([['projection', projection]]), metadata: { method: this.method } };
  }
}
