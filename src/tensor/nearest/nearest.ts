import type { Matrix } from '../matrix.ts';
import { requireOptions } from '../options.ts';
import { requireInRange } from '../range.ts';
import { requireDifferences, requireVectorsShape, type Vectors } from '../vectors/vectors.ts';
import { ExactSearch, type ExactSearchOptions, type WatchOptions } from './exact-search.ts';
import type { Neighbors } from './neighbors.ts';

export type NearestOptions = ExactSearchOptions & Pick<WatchOptions, 'onProgress'>;

/**
 * Exact k nearest neighbors by comparing every query with every base row: the truth that all else is measured against.
 *
 * Departs: published truth files were made in float64 or by |x|² + |y|² - 2xy; ours takes the float32 distances that the kernels
 * define, so pairs that agree in the last bits of float32 may swap places.
 *
 * @param base (n, d), in one matrix or in several
 * @param queries (m, d)
 * @param k from 1 to n
 * @throws {RangeError} if `k` or the dimensions do not fit, or a value is out of range (`LARGEST_VALUE`, `LEAST_DIFFERENCE`)
 *
 * @example
 * ```ts
 * import { createMatrix, nearest } from 'cnt-ann';
 *
 * const base = createMatrix(3, 2, Float32Array.of(0, 0, 3, 4, 6, 8));
 * const { ids, distances } = nearest(base, createMatrix(1, 2, Float32Array.of(3, 3)), 2);
 * console.log(ids.data.join(' '), '|', distances.data.join(' ')); // 1 0 | 1 18
 * ```
 *
 * @category Exact neighbors and recall
 */
export function nearest(base: Vectors, queries: Matrix, k: number, options: NearestOptions = {}): Neighbors {
  requireOptions('nearest', options);
  requireVectorsShape(base, 'nearest: base');
  requireInRange(queries, 'nearest: queries');
  if (queries.cols !== base.cols) {
    throw new RangeError(`nearest: expected queries of ${base.cols} columns as in the base, got ${queries.cols}.`);
  }
  if (!Number.isSafeInteger(k) || k < 1 || k > base.rows) {
    throw new RangeError(`nearest: expected k from 1 to ${base.rows} (the rows of the base), got ${k}.`);
  }
  requireDifferences(base, 'nearest: base');
  const { onProgress, ...rest } = options;
  const search = new ExactSearch(base, rest, 'nearest: base');
  try {
    return search.search(queries, k, onProgress);
  } finally {
    search.close();
  }
}
