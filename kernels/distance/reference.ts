import type { Counts, Floats, Round } from '../operands.ts';
import type { DistanceKernels } from './kernel.ts';

/**
 * |a - b|² of two vectors of `dim` floats that start at elements `aAt` and `bAt`: element i adds to lane i mod 4, and the
 * lanes are reduced as (l0 + l2) + (l1 + l3).
 */
export function squaredDistance(a: Floats, aAt: number, b: Floats, bAt: number, dim: number, round: Round): number {
  const l0 = laneSum(a, aAt, b, bAt, 0, dim, round);
  const l1 = laneSum(a, aAt, b, bAt, 1, dim, round);
  const l2 = laneSum(a, aAt, b, bAt, 2, dim, round);
  const l3 = laneSum(a, aAt, b, bAt, 3, dim, round);
  return round(round(l0 + l2) + round(l1 + l3));
}

function laneSum(a: Floats, aAt: number, b: Floats, bAt: number, lane: number, dim: number, round: Round): number {
  let sum = 0;
  for (let i = lane; i < dim; i += 4) {
    const difference = round(a[aAt + i]! - b[bAt + i]!);
    sum = round(sum + round(difference * difference));
  }
  return sum;
}

export function referenceDistance(round: Round, counts: Counts): DistanceKernels {
  return {
    squaredDistances(out, query, queryOffset, base, ids, count, dim) {
      for (let r = 0; r < count; r++) {
        out[r] = squaredDistance(query, queryOffset, base, ids[r]! * dim, dim, round);
      }
      countDistances(counts, count, dim);
    },
    squaredDistanceScan(out, query, queryOffset, base, first, count, dim) {
      for (let r = 0; r < count; r++) {
        out[r] = squaredDistance(query, queryOffset, base, (first + r) * dim, dim, round);
      }
      countDistances(counts, count, dim);
    },
    squaredDistanceMatrix(out, a, aFirst, aCount, b, bFirst, bCount, dim) {
      for (let i = 0; i < aCount; i++) {
        for (let j = 0; j < bCount; j++) {
          out[i * bCount + j] = squaredDistance(a, (aFirst + i) * dim, b, (bFirst + j) * dim, dim, round);
        }
      }
      countDistances(counts, aCount * bCount, dim);
    },
  };
}

/** One multiply-add per dimension and pair, whatever the backend. */
export function countDistances(counts: Counts, pairs: number, dim: number): void {
  counts.distances += pairs;
  counts.multiplyAdds += pairs * dim;
}
