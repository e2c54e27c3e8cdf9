import { type Counts, workSince } from '../../../kernels/operands.ts';
import { TopK } from '../../tensor/nearest/top-k.ts';
import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';

/** The K nearest other points of each point, nearest first by (distance, id): all lists full, none with the point itself. */
export interface KnnGraph {
  readonly rows: number;
  /** As asked for, or rows - 1 where there are not more. */
  readonly K: number;
  /** (rows, K). */
  readonly ids: Int32Array;
  /** (rows, K), squared. */
  readonly distances: Float32Array;
  /** Work of finding them. */
  readonly counts: Counts;
}

/**
 * The exact k-nearest-neighbor graph of few points, vectors or codes.
 *
 * @param K neighbors of each point, from 1
 */
export function completeKnnGraph(source: DistanceSource, K: number): KnnGraph {
  const rows = source.size;
  const width = Math.max(0, Math.min(K, rows - 1));
  const ids = new Int32Array(rows * width);
  const distances = new Float32Array(rows * width);
  const before = { ...source.counts };
  const top = new TopK(Math.max(1, width));
  for (let row = 0; row < rows && width > 0; row++) {
    for (let next = 0; next < rows; ) {
      let count = 0;
      for (; next < rows && count < source.ids.length; next++) if (next !== row) source.ids[count++] = next;
      source.measureFrom(row, count);
      for (let i = 0; i < count; i++) top.offer(source.distances[i]!, source.ids[i]!);
    }
    top.sortedInto(ids, distances, row * width);
  }
  return { rows, K: width, ids, distances, counts: workSince(before, source.counts) };
}
