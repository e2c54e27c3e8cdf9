import type { LayeredGraph } from '../adjacency.ts';

/*
 * Measured on 20,000 x 256 CNN features, M = 16, efConstruction = 200, 1,000 queries; recall 10@10 at ef 10, 20, 40, 80:
 * one after the other 82.99 92.86 97.59 99.52; as here 83.01 92.88 97.59 99.53 (bench/pipeline/hnsw-threads.ts). Distances a point, M = 16,
 * efConstruction = 100: one after the other 1264, as here 1284, without a share of ef 1309.
 */

/** Points inserted one by one before batches begin. */
const FIRST = 1000;
/** A batch is at most this share of the points that the graph has, and of all points. */
const GROWTH = 0.1;
const CAP = 0.005;
/** And of ef: each point is measured against those of its batch, which must cost little beside its search, some 3 to 12 ef distances. */
const EF_SHARE = 0.5;

/** The most points of one batch. */
export function largestBatch(points: number, ef: number): number {
  return Math.max(1, Math.floor(Math.min(CAP * points, EF_SHARE * ef)));
}

/**
 * The end of the batch that begins at place `first` of the order. It depends on the points, not on the number of threads. A point
 * that rises above the graph's top level ends its batch, so that the next batch enters there.
 *
 * @param largest what `largestBatch` gives
 */
export function batchEnd(
  order: Int32Array,
  graph: Pick<LayeredGraph, 'levels' | 'maxLevel'>,
  first: number,
  largest: number,
): number {
  const { levels, maxLevel } = graph;
  if (first < FIRST) return first + 1;
  const size = Math.min(Math.max(1, Math.floor(GROWTH * first)), largest);
  const most = Math.min(first + size, order.length);
  for (let place = first; place < most; place++) if (levels[order[place]!]! > maxLevel) return place + 1;
  return most;
}
