import type { Computing } from '../../../kernels/backend.ts';
import type { Counts } from '../../../kernels/operands.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { requireOptions } from '../../tensor/options.ts';
import { MersenneTwister } from '../../tensor/random/library-random.ts';
import { Random } from '../../tensor/random/random.ts';
import { requireInRange } from '../../tensor/range.ts';
import { requireVectorsInRange, type Vectors } from '../../tensor/vectors/vectors.ts';
import { requireWhole } from '../../tensor/whole-number.ts';
import { faissStart, plusPlusStart, sampleRows } from './k-means-start.ts';
import { NearestCentroids } from './nearest-centroids.ts';

/**
 * - `canonical`: k-means++ start; means summed in float64; a centroid that no point is nearest to moves to the point that is
 *   farthest from its own. The objective never rises.
 * - `faiss`: the centroids of faiss 1.7.3: random points first, float32 sums, a large cluster split for each empty one (after which
 *   the objective may rise).
 */
export const K_MEANS_PROFILES = ['canonical', 'faiss'] as const;
export type KMeansProfile = (typeof K_MEANS_PROFILES)[number];

export interface KMeansOptions extends Computing {
  /** Centroids, from 1 to the number of points. */
  readonly k: number;
  /** The most rounds of Lloyd's iteration; 25 if not given. */
  readonly iterations?: number;
  /** `canonical` if not given. */
  readonly profile?: KMeansProfile;
  /** Decides the sample and the start of the canonical profile; faiss has a seed of its own. 1 if not given. */
  readonly seed?: number | string;
  /** Learn from a random sample of this many points a centroid where there are more; 256 if not given. */
  readonly pointsPerCentroid?: number;
  /** (k, d): begin with these centroids. */
  readonly start?: Matrix;
}

export interface KMeansResult {
  /** (k, d). */
  readonly centroids: Matrix;
  /** For each round, the sum of the squared distances of the points from the centroids that the round began with. */
  readonly objectives: Float64Array;
  readonly counts: Counts;
}

const ITERATIONS = 25;
const POINTS_PER_CENTROID = 256;

/**
 * Lloyd's iteration: each point to its nearest centroid, each centroid to the mean of its points.
 *
 * Source: Lloyd 1982; faiss 1.7.3 `Clustering` (profile `faiss`). Defined by `reference.ts`, in the canonical profile.
 * Departs: ends early when no point changed its centroid, which changes nothing in the result; with as many points as centroids the
 * points are the centroids.
 *
 * @param points (n, d)
 * @throws {RangeError} if there are fewer points than centroids, a value is not finite, or an option is out of range
 *
 * @example
 * ```ts
 * import { createMatrix, kMeans } from 'cnt-ann';
 *
 * const points = createMatrix(4, 1, Float32Array.of(0, 2, 10, 12));
 * const { centroids } = kMeans(points, { k: 2, seed: 1 });
 * console.log(Array.from(centroids.data).sort((a, b) => a - b).join(' ')); // 1 11
 * ```
 *
 * @category Quantizers
 */
export function kMeans(points: Vectors, options: KMeansOptions): KMeansResult {
  const { search, rounds, result } = beginKMeans(points, options);
  for (const centroids of rounds) search?.find(centroids);
  const found = result();
  search?.close();
  return found;
}

/** What a round reads of `NearestCentroids`. */
export type Assignment = Pick<NearestCentroids, 'count' | 'dim' | 'points' | 'ids' | 'distances' | 'sums'>;

/** k-means in parts: the caller finds the nearest centroids, by kernels or on a GPU. */
export interface KMeansRun {
  /** Holds the points; absent where there is nothing to search for. */
  readonly search: NearestCentroids | undefined;
  /** Gives centroids (k, d) at each round, for which ids and distances of all points of `search` are to be filled. */
  readonly rounds: Iterable<Float32Array>;
  /** To be called after the last round. */
  result(): KMeansResult;
}

/** @throws {RangeError} as `kMeans` */
export function beginKMeans(points: Vectors, options: KMeansOptions): KMeansRun {
  requireOptions('kMeans', options);
  requireVectorsInRange(points, 'kMeans');
  const { k, iterations = ITERATIONS, profile = 'canonical', seed = 1, start } = options;
  const { pointsPerCentroid = POINTS_PER_CENTROID } = options;
  requireChoices(points, options);
  const dim = points.cols;
  const random = new Random(seed, 'k-means');
  const sample = sampleRows(points, k * pointsPerCentroid, profile === 'faiss' ? 'faiss' : random.child('sample'));
  const rows = sample.rows;
  if (rows === k && !start) {
    const centroids = createMatrix(k, dim, sample.data.slice(0, k * dim));
    const counts = { distances: 0, multiplyAdds: 0 };
    return { search: undefined, rounds: [], result: () => ({ centroids, objectives: new Float64Array(0), counts }) };
  }
  const search = new NearestCentroids(rows, dim, k, options);
  search.load(sample, 0, rows);
  const data = start
    ? start.data.slice(0, k * dim)
    : profile === 'faiss'
      ? faissStart(search.points, rows, dim, k)
      : plusPlusStart(search, rows, k, random.child('start'));
  const centroids = createMatrix(k, dim, data);
  const objectives: number[] = [];
  return {
    search,
    rounds: lloyd(search, centroids, iterations, profile, objectives),
    result: () => ({ centroids, objectives: Float64Array.from(objectives), counts: { ...search.counts } }),
  };
}

/**
 * The rounds of k-means: each gives the centroids, waits until ids and distances are filled for them, and moves the centroids.
 *
 * @param centroids (k, d), improved in place
 * @param objectives gets the objective of each round
 */
export function* lloyd(
  search: Assignment,
  centroids: Matrix,
  iterations: number,
  profile: KMeansProfile,
  objectives: number[],
): Generator<Float32Array> {
  const { rows: k, cols: dim, data } = centroids;
  const { count: rows, ids, distances } = search;
  const before = new Int32Array(rows).fill(-1);
  const sizes = new Float64Array(k);
  for (let round = 0; round < iterations; round++) {
    yield data;
    let objective = 0;
    let changed = false;
    for (let row = 0; row < rows; row++) {
      objective += distances[row]!;
      if (ids[row] !== before[row]) changed = true;
      before[row] = ids[row]!;
    }
    objectives.push(objective);
    moveToMeans(data, sizes, search, profile);
    const empty = sizes.includes(0);
    if (empty && profile === 'faiss') splitLarge(data, sizes, rows, dim);
    else if (empty) moveToFarthest(data, sizes, search);
    else if (!changed) break;
  }
}

/** Each centroid becomes the mean of its points, summed in the order of the rows; one without points stays. */
function moveToMeans(centroids: Float32Array, sizes: Float64Array, search: Assignment, profile: KMeansProfile): void {
  const { count, dim, ids } = search;
  const sums = search.sums(sizes.length, profile === 'faiss');
  sizes.fill(0);
  for (let row = 0; row < count; row++) sizes[ids[row]!]!++;
  for (let id = 0; id < sizes.length; id++) {
    const size = sizes[id]!;
    if (size === 0) continue;
    const share = Math.fround(1 / size);
    for (let i = id * dim; i < (id + 1) * dim; i++) {
      centroids[i] = profile === 'faiss' ? sums[i]! * share : sums[i]! / size;
    }
  }
}

/**
 * Each centroid without points takes the place of the point farthest from all centroids so far, the smaller number of equals. It
 * served no point, so the objective can only fall.
 */
function moveToFarthest(centroids: Float32Array, sizes: Float64Array, search: Assignment): void {
  const { count: rows, dim, points, distances } = search;
  const left = Float64Array.from(distances.subarray(0, rows));
  for (let id = 0; id < sizes.length; id++) {
    if (sizes[id] !== 0) continue;
    let farthest = 0;
    for (let row = 1; row < rows; row++) if (left[row]! > left[farthest]!) farthest = row;
    if (left[farthest] === 0) return; // every point lies on a centroid
    const from = farthest * dim;
    centroids.set(points.subarray(from, from + dim), id * dim);
    for (let row = 0; row < rows; row++) {
      let distance = 0;
      for (let j = 0; j < dim; j++) distance += (points[row * dim + j]! - points[from + j]!) ** 2;
      left[row] = Math.min(left[row]!, distance);
    }
  }
}

const SPLIT_SEED = 1234;
const SPLIT = 1 / 1024;

/**
 * Each centroid without points becomes half of a large cluster: a copy of its centroid, both moved apart by a thousandth.
 *
 * Source: faiss 1.7.3 `Clustering`, `split_clusters`.
 */
function splitLarge(centroids: Float32Array, sizes: Float64Array, rows: number, dim: number): void {
  const random = new MersenneTwister(SPLIT_SEED);
  const k = sizes.length;
  for (let id = 0; id < k; id++) {
    if (sizes[id] !== 0) continue;
    let large = 0;
    while (!(random.float() < Math.fround((sizes[large]! - 1) / Math.fround(rows - k)))) large = (large + 1) % k;
    centroids.copyWithin(id * dim, large * dim, (large + 1) * dim);
    for (let j = 0; j < dim; j++) {
      const [up, down] = j % 2 === 0 ? [id, large] : [large, id];
      centroids[up * dim + j]! *= 1 + SPLIT;
      centroids[down * dim + j]! *= 1 - SPLIT;
    }
    sizes[id] = Math.fround(sizes[large]! / 2);
    sizes[large] = Math.fround(sizes[large]! - sizes[id]!);
  }
}

function requireChoices(points: Vectors, options: KMeansOptions): void {
  const { k, iterations = ITERATIONS, profile = 'canonical', pointsPerCentroid = POINTS_PER_CENTROID, start } = options;
  if (!Number.isSafeInteger(k) || k < 1 || k > points.rows) {
    throw new RangeError(`kMeans: expected k from 1 to ${points.rows} (the points), got ${k}.`);
  }
  for (const [name, value] of Object.entries({ iterations, pointsPerCentroid })) requireWhole('kMeans', name, value, 1);
  if (!K_MEANS_PROFILES.includes(profile)) {
    throw new RangeError(`kMeans: expected profile ${K_MEANS_PROFILES.join(' or ')}, got ${profile}.`);
  }
  if (start && (start.rows !== k || start.cols !== points.cols)) {
    throw new RangeError(`kMeans: expected a start of ${k} x ${points.cols}, got ${start.rows} x ${start.cols}.`);
  }
  if (start) requireInRange(start, 'kMeans: start');
}
