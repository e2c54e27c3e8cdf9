import type { Floats } from '../operands.ts';

/**
 * The k smallest pairs (distance, id) offered to each query; among equal distances the smaller id comes first. The pairs are rows
 * of two arrays (queries, k), which begin as Infinity and NO_ID, are heaps while pairs are offered, and are sorted at the end.
 */
export interface TopKKernels {
  /** Offers (distances[i], ids[first + i]), or (distances[i], first + i) without ids, to row `row`; i < count. NaN is no distance. */
  offerDistances(
    topDistances: Floats,
    topIds: Int32Array,
    row: number,
    k: number,
    distances: Floats,
    ids: Int32Array | undefined,
    first: number,
    count: number,
  ): void;
  /** Each row nearest first; the last thing that is done with heaps. */
  sortTops(topDistances: Floats, topIds: Int32Array, rows: number, k: number): void;
}
