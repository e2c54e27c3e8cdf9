import type { Floats } from '../operands.ts';

/** Squared Euclidean; four lanes (lane = i mod 4), reduced as (l0 + l2) + (l1 + l3). */
export interface DistanceKernels {
  /** out[r] = |query - base[ids[r]]|², r < count; the query starts at element queryOffset. */
  squaredDistances(
    out: Floats,
    query: Floats,
    queryOffset: number,
    base: Floats,
    ids: Int32Array,
    count: number,
    dim: number,
  ): void;
  /** out[r] = |query - base[first + r]|², r < count. */
  squaredDistanceScan(
    out: Floats,
    query: Floats,
    queryOffset: number,
    base: Floats,
    first: number,
    count: number,
    dim: number,
  ): void;
  /** out[i, j] = |a[aFirst + i] - b[bFirst + j]|²; out is (aCount, bCount). */
  squaredDistanceMatrix(
    out: Floats,
    a: Floats,
    aFirst: number,
    aCount: number,
    b: Floats,
    bFirst: number,
    bCount: number,
    dim: number,
  ): void;
}
