import { squaredDistance } from '../../../kernels/distance/reference.ts';

/**
 * k-means as printed, the definition of `kMeans` (profile canonical, from a given start): each point to its nearest centroid, each
 * centroid to the mean of its points, until no point changes its centroid.
 *
 * Source: Lloyd 1982.
 * Departs: a centroid without points moves to the point farthest from all centroids; of equals the first counts.
 */
export function kMeansReference(
  points: readonly Float32Array[],
  start: readonly Float32Array[],
  iterations: number,
): Float32Array[] {
  const centroids: Float32Array[] = start.map((centroid) => centroid.slice());
  let before: number[] = [];
  for (let round = 0; round < iterations; round++) {
    const nearest = points.map((point) => nearestCentroid(point, centroids));
    const ids = nearest.map(({ id }) => id);
    const members = centroids.map((_, id) => points.filter((_, row) => ids[row] === id));
    members.forEach((cluster, id) => {
      if (cluster.length > 0) centroids[id] = mean(cluster);
    });
    const left = nearest.map(({ distance }) => distance);
    for (let id = members.findIndex(isEmpty); id >= 0; id = members.findIndex((c, i) => i > id && isEmpty(c))) {
      const farthest = points[left.indexOf(Math.max(...left))]!;
      if (Math.max(...left) === 0) break;
      centroids[id] = farthest.slice();
      points.forEach((point, row) => {
        left[row] = Math.min(left[row]!, squared(point, farthest));
      });
    }
    if (!members.some(isEmpty) && ids.every((id, row) => id === before[row])) break;
    before = ids;
  }
  return centroids;
}

/** The nearest centroid to a vector, the first of equals, and its squared distance. */
export function nearestCentroid(vector: Float32Array, centroids: readonly Float32Array[]) {
  let nearest = { id: 0, distance: Number.POSITIVE_INFINITY };
  for (const [id, centroid] of centroids.entries()) {
    const distance = squaredDistance(vector, 0, centroid, 0, vector.length, Math.fround);
    if (distance < nearest.distance) nearest = { id, distance };
  }
  return nearest;
}

function mean(vectors: readonly Float32Array[]): Float32Array {
  return vectors[0]!.map((_, j) => vectors.reduce((sum, vector) => sum + vector[j]!, 0) / vectors.length);
}

/** In float64. */
function squared(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, j) => sum + (value - b[j]!) ** 2, 0);
}

function isEmpty(cluster: readonly Float32Array[]): boolean {
  return cluster.length === 0;
}
