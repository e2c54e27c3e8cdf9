import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { MersenneTwister } from '../../tensor/random/library-random.ts';
import type { Random } from '../../tensor/random/random.ts';
import { partsOf, type Vectors } from '../../tensor/vectors/vectors.ts';
import type { NearestCentroids } from './nearest-centroids.ts';

/** The seed of faiss: the sample is drawn from it, the first centroids from the next. */
const FAISS_SEED = 1234;

/** The first `count` rows of a random order of all, or all as they are. */
export function sampleRows(points: Vectors, count: number, random: Random | 'faiss'): Matrix {
  const { rows, cols } = points;
  const all = rows <= count;
  if (all && !('parts' in points)) return points;
  const orderOf = () => (random === 'faiss' ? MersenneTwister.permutation(rows, FAISS_SEED) : random.permutation(rows));
  const order = all ? undefined : orderOf();
  const parts = Array.from(partsOf(points), ({ matrix }) => matrix);
  const rowsEach = parts[0]!.rows;
  const sample = createMatrix(Math.min(rows, count), cols);
  for (let i = 0; i < sample.rows; i++) {
    const row = order ? order[i]! : i;
    const from = (row % rowsEach) * cols;
    sample.data.set(parts[Math.floor(row / rowsEach)]!.data.subarray(from, from + cols), i * cols);
  }
  return sample;
}

/** The first k points of faiss's second random order. */
export function faissStart(points: Float32Array, rows: number, dim: number, k: number): Float32Array {
  const order = MersenneTwister.permutation(rows, FAISS_SEED + 1);
  const centroids = new Float32Array(k * dim);
  for (let i = 0; i < k; i++) centroids.set(points.subarray(order[i]! * dim, (order[i]! + 1) * dim), i * dim);
  return centroids;
}

/**
 * The first centroids of k-means++: the first a point drawn uniformly, each further one a point drawn with a chance in proportion
 * to its squared distance from the nearest one so far.
 *
 * Source: Arthur & Vassilvitskii 2007, section 2.2.
 * Departs: where every point is a centroid already, the next one is drawn uniformly.
 *
 * @param search holds the points
 * @returns (k, dim)
 */
export function plusPlusStart(search: NearestCentroids, rows: number, k: number, random: Random): Float32Array {
  const { dim, points, distances } = search;
  const centroids = new Float32Array(k * dim);
  const nearest = new Float64Array(rows).fill(Number.POSITIVE_INFINITY); // D²
  let chosen = random.below(rows);
  for (let i = 0; ; i++) {
    centroids.set(points.subarray(chosen * dim, (chosen + 1) * dim), i * dim);
    if (i + 1 === k) return centroids;
    search.measureFrom(chosen);
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const distance = distances[row]!;
      if (distance < nearest[row]!) nearest[row] = distance;
      total += nearest[row]!;
    }
    chosen = total > 0 ? drawnByWeight(nearest, random.uniform() * total) : random.below(rows);
  }
}

/** The first place at which the running sum of the weights exceeds `threshold`, or the last of positive weight. */
function drawnByWeight(weights: Float64Array, threshold: number): number {
  let sum = 0;
  let last = 0;
  for (let place = 0; place < weights.length; place++) {
    if (weights[place] === 0) continue;
    sum += weights[place]!;
    last = place;
    if (sum > threshold) break;
  }
  return last;
}
