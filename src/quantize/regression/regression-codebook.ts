import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { type NamedArray, requireArray } from '../../tensor/named-arrays.ts';
import { requireInRange } from '../../tensor/range.ts';
import { divisorsOf } from '../../tensor/whole-number.ts';
import { yieldToEventLoop } from '../../workers/event-loop.ts';
import { fillFactors, fillMoments, momentCount, type VectorPart } from './moments.ts';
import { type Basis, requireBasis } from './neighbor-basis.ts';

/** A code number is one byte. */
export const MOST_WORDS = 256;

/** The event loop gets a turn after this many points: half a second. */
export const POINTS_BETWEEN_TURNS = 4096;

export interface RegressionEncodeOptions {
  /** Points encoded so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Refines what product codes stand for: each part of a vector is replaced by a weighted sum of the same part of its own decoded vector
 * and of its neighbors' (`Basis`), x̂_s = β B_s. The weights β of each part come from a codebook of `words`, one byte a part. Trained by
 * `trainRegression`.
 *
 * Source: Douze, Sablayrolles & Jégou 2018 (refinement by regression).
 *
 * @category Quantizers
 */
export class RegressionCodebook {
  /** Numbers a vector. */
  readonly dim: number;
  /** Parts of a vector, each with weights of its own; one byte each (the paper's M of the coder). */
  readonly nsq: number;
  /** Numbers of a part, dim / nsq. */
  readonly partDim: number;
  /** Weight vectors to choose from. */
  readonly words: number;
  /** Weights of a word: one for the row itself, one for each neighbor. */
  readonly vectors: number;
  /** (nsq, words, vectors). */
  readonly weights: Float32Array;

  /** @throws {RangeError} if the sizes do not fit, or a weight is not finite */
  constructor(dim: number, nsq: number, words: number, vectors: number, weights: Float32Array) {
    requireRegression('RegressionCodebook', dim, nsq, words);
    requireInRange(createMatrix(nsq * words, vectors, weights), 'RegressionCodebook');
    this.dim = dim;
    this.nsq = nsq;
    this.partDim = dim / nsq;
    this.words = words;
    this.vectors = vectors;
    this.weights = weights;
  }

  /** Where part s lies in a vector. */
  part(s: number): VectorPart {
    return { dim: this.dim, first: s * this.partDim, length: this.partDim };
  }

  /**
   * The number of the word of each part that reconstructs it best, the smaller of equals.
   *
   * @param points (n, dim)
   * @returns (n, nsq)
   * @throws {RangeError} if points, basis and codebook do not fit, or a point is not finite
   * @throws the signal's reason, when it aborts
   */
  async encode(
    points: Matrix,
    basis: Basis,
    { onProgress, signal }: RegressionEncodeOptions = {},
  ): Promise<Uint8Array> {
    const where = 'RegressionCodebook.encode';
    this.#require(basis, where);
    requireBasis(points, basis, where);
    requireInRange(points, where);
    const { nsq, dim, vectors } = this;
    const codes = new Uint8Array(points.rows * nsq);
    const search = new WordSearch(this);
    const rows = new Float32Array(vectors * dim);
    for (let row = 0; row < points.rows; row++) {
      if (row % POINTS_BETWEEN_TURNS === 0) {
        onProgress?.(row, points.rows);
        await yieldToEventLoop();
        signal?.throwIfAborted();
      }
      basis.fill(row, rows);
      for (let s = 0; s < nsq; s++) {
        fillMoments(search.moments, points.data, row, rows, this.part(s));
        codes[row * nsq + s] = search.find(s);
      }
    }
    onProgress?.(points.rows, points.rows);
    return codes;
  }

  /**
   * The refined vector of one row: float32, each product and each sum rounded, the row itself first.
   *
   * @param rows (vectors, dim), its basis
   * @param codes its code begins at place `codeAt`
   * @param out (dim)
   */
  reconstruct(rows: Float32Array, codes: Uint8Array, codeAt: number, out: Float32Array): void {
    const { nsq, dim, partDim, words, vectors, weights } = this;
    for (let s = 0; s < nsq; s++) {
      const word = (s * words + codes[codeAt + s]!) * vectors;
      for (let j = s * partDim; j < (s + 1) * partDim; j++) {
        let sum = Math.fround(weights[word]! * rows[j]!);
        for (let v = 1; v < vectors; v++) {
          sum = Math.fround(sum + Math.fround(weights[word + v]! * rows[v * dim + j]!));
        }
        out[j] = sum;
      }
    }
  }

  /** The array of the codebook in an archive. */
  toArray(): NamedArray<Float32Array> {
    return { shape: [this.nsq, this.words, this.vectors], data: this.weights };
  }

  /** The codebook of `toArray`, named `weights`. @throws {RangeError} at the first thing that does not fit */
  static fromArrays(
    arrays: ReadonlyMap<string, NamedArray>,
    dim: number,
    vectors: number,
    where: string,
  ): RegressionCodebook {
    const { shape, data } = requireArray(arrays, 'weights', 'float32', [undefined, undefined, vectors], where);
    requireRegression(where, dim, shape[0]!, shape[1]!);
    requireInRange(createMatrix(shape[0]! * shape[1]!, vectors, data), `${where}: weights`);
    return new RegressionCodebook(dim, shape[0]!, shape[1]!, vectors, data);
  }

  #require(basis: Basis, where: string): void {
    if (basis.dim === this.dim && basis.vectors === this.vectors) return;
    const got = `${basis.vectors} of ${basis.dim}`;
    throw new RangeError(`${where}: expected a basis of ${this.vectors} vectors of ${this.dim} numbers, got ${got}.`);
  }
}

/** Finds the best word of a part for the moments that the caller fills in. */
export class WordSearch {
  readonly moments: Float64Array;
  /** The squared error of the word found last. */
  error = 0;
  /** Of each word of the part looked at last. */
  readonly #errors: Float64Array;
  /** (nsq, words, moments). */
  readonly #factors: Float64Array;

  constructor({ nsq, words, vectors, weights }: RegressionCodebook) {
    const count = momentCount(vectors);
    this.moments = new Float64Array(count);
    this.#errors = new Float64Array(words);
    this.#factors = new Float64Array(nsq * words * count);
    for (let w = 0; w < nsq * words; w++) fillFactors(this.#factors, w * count, weights, w * vectors, vectors);
  }

  /** The word of part s with the smallest error, the smaller number of equals. */
  find(s: number): number {
    const errors = this.#errors;
    const words = errors.length;
    this.#measure(s * words);
    let best = 0;
    for (let w = 1; w < words; w++) if (errors[w]! < errors[best]!) best = w;
    this.error = errors[best]!;
    return best;
  }

  /** The error of each word from number `first` on; four independent sums at a time (1.5 times as fast). */
  #measure(first: number): void {
    const { moments } = this;
    const errors = this.#errors;
    const factors = this.#factors;
    const count = moments.length;
    const words = errors.length;
    let w = 0;
    for (; w + 4 <= words; w += 4) {
      const at = (first + w) * count;
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let i = 0; i < count; i++) {
        const moment = moments[i]!;
        a += factors[at + i]! * moment;
        b += factors[at + count + i]! * moment;
        c += factors[at + 2 * count + i]! * moment;
        d += factors[at + 3 * count + i]! * moment;
      }
      errors[w] = a;
      errors[w + 1] = b;
      errors[w + 2] = c;
      errors[w + 3] = d;
    }
    for (; w < words; w++) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += factors[(first + w) * count + i]! * moments[i]!;
      errors[w] = sum;
    }
  }
}

/** @throws {RangeError} unless nsq divides dim and a word's number fits a byte */
export function requireRegression(where: string, dim: number, nsq: number, words: number): void {
  if (!Number.isSafeInteger(nsq) || nsq < 1 || dim % nsq !== 0) {
    throw new RangeError(`${where}: expected nsq to divide the ${dim} dimensions (${divisorsOf(dim)}), got ${nsq}.`);
  }
  if (!Number.isSafeInteger(words) || words < 1 || words > MOST_WORDS) {
    throw new RangeError(`${where}: expected words from 1 to ${MOST_WORDS}, got ${words}.`);
  }
}
