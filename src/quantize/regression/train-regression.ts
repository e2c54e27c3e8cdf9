import { type Computing, computingOf } from '../../../kernels/backend.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { Random } from '../../tensor/random/random.ts';
import { requireInRange } from '../../tensor/range.ts';
import { requireWhole } from '../../tensor/whole-number.ts';
import { yieldToEventLoop } from '../../workers/event-loop.ts';
import { kMeans } from '../k-means/k-means.ts';
import { bestWeights, fillFactors, fillMoments, momentCount } from './moments.ts';
import { type Basis, requireBasis } from './neighbor-basis.ts';
import {
  MOST_WORDS,
  POINTS_BETWEEN_TURNS,
  RegressionCodebook,
  requireRegression,
  WordSearch,
} from './regression-codebook.ts';

export interface RegressionOptions extends Computing {
  /** Parts of a vector with weights of their own; divides the dimensions. */
  readonly nsq: number;
  /** Words of each codebook, 1 to 256; 256 if not given. */
  readonly words?: number;
  /** Rounds of assigning and fitting; 10 if not given. */
  readonly rounds?: number;
  /** Learn from a random sample of this many points where there are more; 250,000 if not given. */
  readonly points?: number;
  /** 1 if not given. */
  readonly seed?: number | string;
  /** Rounds done so far, the start included, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface RegressionResult {
  readonly codebook: RegressionCodebook;
  /** For each round, the mean squared error of a learned point with the codebook that the round began with. Never rises. */
  readonly objectives: Float64Array;
}

const ROUNDS = 10;
const POINTS = 250000;
const START_ITERATIONS = 20;
/** Singular values below this share of the largest do not count: where single points are fitted, and where whole clusters are. */
const START_CUTOFF = 0.01;
const CUTOFF = 1e-6;

/**
 * Learns weights for reconstructing points from their basis, a codebook for each part. Each point's own best weights are clustered;
 * then two steps take turns: each point takes the word that reconstructs it best, each word becomes the best for all its points.
 *
 * Source: Douze, Sablayrolles & Jégou 2018 (refinement by regression); numbers and order of steps as in faiss `benchs/link_and_code`.
 * Departs: the first word starts as (1, 0, …), what the codes alone stand for, so that no learned point ends worse than by its code on
 * average. A word that no point took gets half of the points of another, drawn from our own stream. New weights that do not lower the
 * error of their points are dropped, so that the error never rises.
 *
 * @param points (n, dim), n at least the number of words
 * @throws {RangeError} if points and basis do not fit, there are too few, a value is not finite, or an option is out of range
 * @throws the signal's reason, when it aborts
 */
export async function trainRegression(
  points: Matrix,
  basis: Basis,
  options: RegressionOptions,
): Promise<RegressionResult> {
  const { rounds = ROUNDS, onProgress, signal } = options;
  requireOptions(points, basis, options);
  const training = new RegressionTraining(points, basis, options);
  const turn = async (): Promise<void> => {
    await yieldToEventLoop();
    signal?.throwIfAborted();
  };
  await training.start(turn);
  onProgress?.(1, rounds + 1);
  const objectives = new Float64Array(rounds);
  for (let round = 0; round < rounds; round++) {
    objectives[round] = await training.assign(turn);
    training.fillEmpty(round);
    training.fit();
    onProgress?.(round + 2, rounds + 1);
  }
  return { codebook: training.codebook, objectives };
}

class RegressionTraining {
  readonly codebook: RegressionCodebook;
  readonly #points: Matrix;
  readonly #basis: Basis;
  readonly #random: Random;
  readonly #seed: number | string;
  readonly #computing: Computing;
  /** The rows that are learned from. */
  readonly #sample: Int32Array;
  /** (sample, nsq), the words taken. */
  readonly #codes: Uint8Array;
  /** (nsq, words, moments), those of the points that took the word. */
  readonly #sums: Float64Array;
  /** (nsq, words), how many points took the word. */
  readonly #sizes: Int32Array;
  readonly #moments: Float64Array;
  /** (vectors, dim), the basis of one row. */
  readonly #rows: Float32Array;

  constructor(points: Matrix, basis: Basis, options: RegressionOptions) {
    const { nsq, words = MOST_WORDS, points: count = POINTS, seed = 1 } = options;
    const { vectors, dim } = basis;
    this.codebook = new RegressionCodebook(dim, nsq, words, vectors, new Float32Array(nsq * words * vectors));
    this.#points = points;
    this.#basis = basis;
    this.#random = new Random(seed, 'regression');
    this.#seed = seed;
    this.#computing = computingOf(options);
    const order = points.rows > count ? this.#random.child('sample').permutation(points.rows) : undefined;
    this.#sample = order ? order.slice(0, count) : Int32Array.from({ length: points.rows }, (_, row) => row);
    this.#codes = new Uint8Array(this.#sample.length * nsq);
    this.#moments = new Float64Array(momentCount(vectors));
    this.#sums = new Float64Array(nsq * words * this.#moments.length);
    this.#sizes = new Int32Array(nsq * words);
    this.#rows = new Float32Array(vectors * dim);
  }

  /** The first words: (1, 0, …), and the centers of the points' own best weights. */
  async start(turn: () => Promise<void>): Promise<void> {
    const { nsq, words, vectors, weights } = this.codebook;
    for (let s = 0; s < nsq; s++) weights[s * words * vectors] = 1;
    if (words === 1) return;
    const own = Array.from({ length: nsq }, () => createMatrix(this.#sample.length, vectors));
    for (let i = 0; i < this.#sample.length; i++) {
      if (i % POINTS_BETWEEN_TURNS === 0) await turn();
      this.#basis.fill(this.#sample[i]!, this.#rows);
      for (let s = 0; s < nsq; s++) {
        this.#fillMoments(this.#moments, i, s);
        own[s]!.data.set(bestWeights(this.#moments, 0, vectors, START_CUTOFF), i * vectors);
      }
    }
    for (let s = 0; s < nsq; s++) {
      await turn();
      const { centroids } = kMeans(own[s]!, {
        k: words - 1,
        iterations: START_ITERATIONS,
        pointsPerCentroid: this.#sample.length,
        seed: `${this.#seed}/regression/${s}`,
        ...this.#computing,
      });
      weights.set(centroids.data, (s * words + 1) * vectors);
    }
  }

  /** Each point takes the best word of each part. @returns the mean squared error of a point */
  async assign(turn: () => Promise<void>): Promise<number> {
    const { nsq, words } = this.codebook;
    const search = new WordSearch(this.codebook);
    const { moments } = search;
    const sums = this.#sums;
    sums.fill(0);
    this.#sizes.fill(0);
    let total = 0;
    for (let i = 0; i < this.#sample.length; i++) {
      if (i % POINTS_BETWEEN_TURNS === 0) await turn();
      this.#basis.fill(this.#sample[i]!, this.#rows);
      for (let s = 0; s < nsq; s++) {
        this.#fillMoments(moments, i, s);
        const word = search.find(s);
        total += search.error;
        this.#codes[i * nsq + s] = word;
        this.#sizes[s * words + word]!++;
        const at = (s * words + word) * moments.length;
        for (let j = 0; j < moments.length; j++) sums[at + j]! += moments[j]!;
      }
    }
    return total / this.#sample.length;
  }

  /** Each word that no point took gets half of the points that share the word of a random point. */
  fillEmpty(round: number): void {
    const { nsq, words } = this.codebook;
    for (let s = 0; s < nsq; s++) {
      for (let word = 0; word < words; word++) {
        if (this.#sizes[s * words + word] === 0)
          this.#split(s, word, this.#random.child(`split/${round}/${s}/${word}`));
      }
    }
  }

  /** Each word becomes the best one for its points; one without points stays. */
  fit(): void {
    const { nsq, words, vectors, weights } = this.codebook;
    const count = this.#moments.length;
    const fitted = new Float32Array(vectors);
    for (let w = 0; w < nsq * words; w++) {
      if (this.#sizes[w] === 0) continue;
      fitted.set(bestWeights(this.#sums, w * count, vectors, CUTOFF));
      if (this.#errorOf(fitted, 0, w) < this.#errorOf(weights, w * vectors, w)) weights.set(fitted, w * vectors);
    }
  }

  /** The squared error of some weights for the points that took word w of all parts. */
  #errorOf(weights: Float32Array, at: number, w: number): number {
    const factors = this.#moments;
    fillFactors(factors, 0, weights, at, this.codebook.vectors);
    let error = 0;
    for (let j = 0; j < factors.length; j++) error += factors[j]! * this.#sums[w * factors.length + j]!;
    return error;
  }

  /** A random half of the points of a random point's word move to the empty word, which starts from the same weights. */
  #split(s: number, word: number, random: Random): void {
    const { nsq, words, vectors, weights } = this.codebook;
    const codes = this.#codes;
    const from = codes[random.below(this.#sample.length) * nsq + s]!;
    const members: number[] = [];
    for (let i = 0; i < this.#sample.length; i++) if (codes[i * nsq + s] === from) members.push(i);
    const order = random.permutation(members.length);
    const moved = Array.from(order.subarray(0, members.length >> 1), (place) => members[place]!);
    const [source, target] = [s * words + from, s * words + word];
    weights.copyWithin(target * vectors, source * vectors, (source + 1) * vectors);
    const count = this.#moments.length;
    for (const i of moved) {
      this.#basis.fill(this.#sample[i]!, this.#rows);
      this.#fillMoments(this.#moments, i, s);
      codes[i * nsq + s] = word;
      for (let j = 0; j < count; j++) {
        this.#sums[source * count + j]! -= this.#moments[j]!;
        this.#sums[target * count + j]! += this.#moments[j]!;
      }
    }
    this.#sizes[source]! -= moved.length;
    this.#sizes[target]! += moved.length;
  }

  /** Moments of part s of sampled point i, whose basis is in #rows. */
  #fillMoments(out: Float64Array, i: number, s: number): void {
    fillMoments(out, this.#points.data, this.#sample[i]!, this.#rows, this.codebook.part(s));
  }
}

function requireOptions(points: Matrix, basis: Basis, options: RegressionOptions): void {
  const where = 'trainRegression';
  const { nsq, words = MOST_WORDS, rounds = ROUNDS, points: count = POINTS } = options;
  requireBasis(points, basis, where);
  requireRegression(where, points.cols, nsq, words);
  requireInRange(points, where);
  for (const [name, value] of Object.entries({ rounds, points: count })) requireWhole(where, name, value, 1);
  const used = Math.min(points.rows, count);
  if (used < words) throw new RangeError(`${where}: expected at least ${words} points to learn from, got ${used}.`);
}
