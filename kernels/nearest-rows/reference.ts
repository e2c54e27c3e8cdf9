import { countDistances, squaredDistance } from '../distance/reference.ts';
import type { Counts, Round } from '../operands.ts';
import type { NearestRowsKernels } from './kernel.ts';

export function referenceNearestRows(round: Round, counts: Counts): NearestRowsKernels {
  return {
    nearestRows(ids, distances, points, first, count, base, baseCount, dim, stride = dim) {
      for (let i = 0; i < count; i++) {
        let nearest = 0;
        let least = Number.POSITIVE_INFINITY;
        for (let j = 0; j < baseCount; j++) {
          const distance = squaredDistance(points, (first + i) * stride, base, j * dim, dim, round);
          if (!(distance < least)) continue;
          nearest = j;
          least = distance;
        }
        ids[i] = nearest;
        distances[i] = least;
      }
      countDistances(counts, count * baseCount, dim);
    },
  };
}
