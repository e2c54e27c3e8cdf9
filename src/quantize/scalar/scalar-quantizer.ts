import type { Computing } from '../../../kernels/backend.ts';
import { scalarCode } from '../../../kernels/scalar-codes/reference.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { type JsonObject, type NamedArray, requireArray, requireChoice } from '../../tensor/named-arrays.ts';
import { LARGEST_VALUE, requireInRange } from '../../tensor/range.ts';
import { farthestValue, ordinarySpread } from '../../tensor/vectors/far-values.ts';
import { partsOf, requireBase, requireVectorsShape, rowBlocks, type Vectors } from '../../tensor/vectors/vectors.ts';
import { ScalarEncoder } from './scalar-encoder.ts';

/**
 * - `dimension`: each dimension has its own range; a query stays as it is and is compared in float32 (faiss `QT_8bit`).
 * - `uniform`: one range for all; a query is coded too, and codes are compared as whole numbers (faiss `QT_8bit_uniform` has the
 *   range, its `QT_8bit_direct` the arithmetic).
 */
export const SCALAR_RANGES = ['dimension', 'uniform'] as const;
export type ScalarRange = (typeof SCALAR_RANGES)[number];

/** Sums of squared differences of bytes stay below 2^31 up to here. */
const MOST_UNIFORM_DIMENSIONS = 33025;

const { fround } = Math;

/**
 * SQ8: each number becomes one of 256 steps between the smallest and the largest value seen.
 *
 * Source: faiss 1.7.3 `ScalarQuantizer`, `QT_8bit` with `RS_minmax`; the paper, Table 3, cites Gray et al. 2017.
 *
 * @category Quantizers
 */
export class ScalarQuantizer {
  /** Numbers a vector. */
  readonly dim: number;
  readonly range: ScalarRange;
  /** (dim): what code 0 begins at. */
  readonly minima: Float32Array;
  /** (dim): from the smallest value to the largest; 0 where all are equal. */
  readonly spans: Float32Array;

  /** @throws {RangeError} if the ranges do not fit the kind, or one is negative or beyond what vectors may hold */
  constructor(range: ScalarRange, minima: Float32Array, spans: Float32Array, where = 'ScalarQuantizer') {
    const dim = minima.length;
    if (range === 'uniform' && dim > MOST_UNIFORM_DIMENSIONS) {
      throw new RangeError(`${where}: expected at most ${MOST_UNIFORM_DIMENSIONS} dimensions for uniform, got ${dim}.`);
    }
    if (spans.length !== dim) throw new RangeError(`${where}: expected ${dim} spans, got ${spans.length}.`);
    for (let i = 0; i < dim; i++) {
      const [least, span] = [minima[i]!, spans[i]!];
      if (!(Math.abs(least) <= LARGEST_VALUE && span >= 0 && span <= 2 * LARGEST_VALUE)) {
        throw new RangeError(
          `${where}: expected a range within -2^48 to 2^48 in dimension ${i}, got ${span} from ${least}.`,
        );
      }
      if (range === 'uniform' && (least !== minima[0] || span !== spans[0])) {
        throw new RangeError(`${where}: expected one range for all, got another in dimension ${i}.`);
      }
    }
    this.dim = dim;
    this.range = range;
    this.minima = minima;
    this.spans = spans;
  }

  /**
   * Learns the ranges.
   *
   * @param x (n, d), n at least 1
   * @throws {RangeError} if there are no rows, a value is out of range, or far values make the steps so large that most rows are one code:
   * their root mean square error more than what nine of ten pairs of rows differ by
   */
  static train(x: Vectors, range: ScalarRange = 'dimension'): ScalarQuantizer {
    const where = 'ScalarQuantizer.train';
    requireBase(x, where);
    const { rows, cols } = x;
    if (!SCALAR_RANGES.includes(range)) {
      throw new RangeError(`${where}: expected range ${SCALAR_RANGES.join(' or ')}, got ${range}.`);
    }
    if (rows === 0) throw new RangeError(`${where}: expected at least 1 row, got 0.`);
    const minima = new Float32Array(cols).fill(Number.POSITIVE_INFINITY);
    const maxima = new Float32Array(cols).fill(Number.NEGATIVE_INFINITY);
    for (const { matrix } of partsOf(x)) {
      for (let i = 0; i < matrix.rows * cols; i++) {
        const j = i % cols;
        minima[j] = Math.min(minima[j]!, matrix.data[i]!);
        maxima[j] = Math.max(maxima[j]!, matrix.data[i]!);
      }
    }
    if (range === 'uniform') {
      minima.fill(minima.reduce((least, value) => Math.min(least, value)));
      maxima.fill(maxima.reduce((most, value) => Math.max(most, value)));
    }
    const quantizer = new ScalarQuantizer(
      range,
      minima,
      maxima.map((most, j) => most - minima[j]!),
      where,
    );
    requireVisible(x, quantizer, where);
    return quantizer;
  }

  /** What one step of the code is worth in each dimension. */
  steps(): Float32Array {
    return this.spans.map((span) => span / 255);
  }

  /** What code 0 stands for in each dimension: the middle of the first step. */
  origins(): Float32Array {
    return this.minima.map((least, i) => least + fround(0.5 * fround(this.spans[i]! / 255)));
  }

  /**
   * The codes of each row: t = (x - minimum) / span held within 0 and 1, code = the whole part of 255 t.
   *
   * @param x (n, dim)
   * @param computing changes no code
   * @returns (n, dim)
   * @throws {RangeError} if x has other than `dim` columns, or a value that is not finite
   */
  encode(x: Vectors, computing: Computing = {}): Uint8Array {
    const where = 'ScalarQuantizer.encode';
    requireVectorsShape(x, where);
    if (x.cols !== this.dim) throw new RangeError(`${where}: expected ${this.dim} columns, got ${x.cols}.`);
    const codes = new Uint8Array(x.rows * x.cols);
    const encoder = new ScalarEncoder(this, x.rows, computing);
    try {
      for (const { first, matrix } of rowBlocks(x, 0, x.rows, encoder.capacity)) {
        if (!encoder.encode(matrix, codes, first)) requireInRange(matrix, where, first);
      }
    } finally {
      encoder.close();
    }
    return codes;
  }

  /** The code of the vector at `from`, which the caller has checked, to place `at`. */
  encodeInto(codes: Uint8Array, at: number, x: Float32Array, from: number): void {
    const { dim, minima, spans } = this;
    for (let i = 0; i < dim; i++) codes[at + i] = scalarCode(x[from + i]!, minima[i]!, spans[i]!, fround);
  }

  /**
   * The middle of each step: minimum + span (code + 0.5) / 255. Within half a step of what was encoded, if that was in range.
   *
   * @param codes (n, dim)
   * @throws {RangeError} if the codes are not whole
   */
  decode(codes: Uint8Array): Matrix {
    const { dim, minima, spans } = this;
    if (codes.length % dim !== 0) {
      throw new RangeError(`ScalarQuantizer.decode: expected codes of ${dim} bytes, got ${codes.length} bytes in all.`);
    }
    const x = createMatrix(codes.length / dim, dim);
    for (let i = 0; i < codes.length; i++) {
      const share = fround((codes[i]! + 0.5) / 255);
      x.data[i] = minima[i % dim]! + fround(share * spans[i % dim]!);
    }
    return x;
  }

  /** The arrays and parameters of the quantizer in an archive. */
  toArrays(): { readonly arrays: ReadonlyMap<string, NamedArray>; readonly parameters: JsonObject } {
    const { dim, minima, spans, range } = this;
    const arrays = new Map([
      ['minima', { shape: [dim], data: minima }],
      ['spans', { shape: [dim], data: spans }],
    ]);
    return { arrays, parameters: { range } };
  }

  /**
   * The quantizer of `toArrays`.
   *
   * @throws {RangeError} at the first thing that does not fit
   */
  static fromArrays(
    arrays: ReadonlyMap<string, NamedArray>,
    parameters: JsonObject,
    dim: number,
    where: string,
  ): ScalarQuantizer {
    const range = requireChoice(parameters, 'range', SCALAR_RANGES, where);
    const minima = requireArray(arrays, 'minima', 'float32', [dim], where).data;
    return new ScalarQuantizer(range, minima, requireArray(arrays, 'spans', 'float32', [dim], where).data, where);
  }
}

/** The mean square of what is lost of a number that lies anywhere in a step is a twelfth of the step's square. */
function requireVisible(x: Vectors, { dim, spans }: ScalarQuantizer, where: string): void {
  const error = Math.sqrt(spans.reduce((sum, span) => sum + (span / 255) ** 2 / 12, 0) / dim);
  const spread = ordinarySpread(x);
  if (spread === 0 || error <= spread) return; // of many copies, ordinary rows do not differ
  throw new RangeError(
    `${where}: expected codes that lose at most the ${spread} that most rows differ by, got ${error} because of ${farthestValue(x)}; remove or correct fill values, or rescale columns that are far from the others.`,
  );
}
