import type { Floats } from '../operands.ts';
import type { TopKKernels } from './kernel.ts';

/** Stands beside Infinity where fewer than k pairs were offered; no row has this number. */
export const NO_ID = 2 ** 31 - 1;

/**
 * Keeps the pair if it is among the k smallest so far, in the total order (distance, id). The k places from `at` are a binary max-heap:
 * the worst pair lies at place 0, the children of place i at 2i + 1 and 2i + 2.
 */
export function offer(distances: Floats, ids: Int32Array, at: number, k: number, distance: number, id: number): void {
  if (isAfter(distances[at]!, ids[at]!, distance, id)) sink(distances, ids, at, k, distance, id);
}

/** Puts a pair in the place of the worst of the first `size` places. */
function sink(distances: Floats, ids: Int32Array, at: number, size: number, distance: number, id: number): void {
  let place = 0;
  for (let child = 1; child < size; child = 2 * place + 1) {
    const right = child + 1;
    if (right < size && isAfter(distances[at + right]!, ids[at + right]!, distances[at + child]!, ids[at + child]!)) {
      child = right;
    }
    if (!isAfter(distances[at + child]!, ids[at + child]!, distance, id)) break;
    distances[at + place] = distances[at + child]!;
    ids[at + place] = ids[at + child]!;
    place = child;
  }
  distances[at + place] = distance;
  ids[at + place] = id;
}

function isAfter(distance: number, id: number, otherDistance: number, otherId: number): boolean {
  return distance > otherDistance || (distance === otherDistance && id > otherId);
}

export function referenceTopK(): TopKKernels {
  return {
    offerDistances(topDistances, topIds, row, k, distances, ids, first, count) {
      for (let i = 0; i < count; i++) {
        offer(topDistances, topIds, row * k, k, distances[i]!, ids ? ids[first + i]! : first + i);
      }
    },
    sortTops(topDistances, topIds, rows, k) {
      for (let at = 0; at < rows * k; at += k) {
        for (let last = k - 1; last > 0; last--) {
          const distance = topDistances[at + last]!;
          const id = topIds[at + last]!;
          topDistances[at + last] = topDistances[at]!;
          topIds[at + last] = topIds[at]!;
          sink(topDistances, topIds, at, last, distance, id);
        }
      }
    },
  };
}
