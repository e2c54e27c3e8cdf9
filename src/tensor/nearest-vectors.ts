import type { Matrix } from './matrix.ts';
import { type NearestOptions, type Neighbors, nearest } from './nearest.ts';
import { TopK } from './top-k.ts';
import { partsOf, type Vectors } from './vectors.ts';

/**
 * `nearest` for a base of any size: part after part, with the lists of the parts merged. The order (distance, id) is total, so that
 * neighbors do not depend on the parts.
 *
 * @throws {RangeError} as `nearest`
 */
export function nearestVectors(base: Vectors, queries: Matrix, k: number, options: NearestOptions = {}): Neighbors {
  if (!('parts' in base)) return nearest(base, queries, k, options);
  if (!Number.isSafeInteger(k) || k < 1 || k > base.rows) {
    throw new RangeError(`nearest: expected k from 1 to ${base.rows} (the rows of the base), got ${k}.`);
  }
  const tops = Array.from({ length: queries.rows }, () => new TopK(k));
  const counts = { distances: 0, multiplyAdds: 0 };
  const { onProgress, ...rest } = options;
  const total = queries.rows * base.rows;
  for (const { first, matrix } of partsOf(base)) {
    const watch = onProgress && { onProgress: (done: number) => onProgress(queries.rows * first + done, total) };
    const found = nearest(matrix, queries, Math.min(k, matrix.rows), { ...rest, ...watch });
    for (let i = 0; i < found.ids.length; i++) {
      tops[Math.floor(i / found.k)]!.offer(found.distances[i]!, first + found.ids[i]!);
    }
    counts.distances += found.counts.distances;
    counts.multiplyAdds += found.counts.multiplyAdds;
  }
  const ids = new Int32Array(queries.rows * k);
  const distances = new Float32Array(queries.rows * k);
  for (const [query, top] of tops.entries()) top.sortedInto(ids, distances, query * k);
  return { queries: queries.rows, k, ids, distances, counts };
}
