import type { Floats } from '../operands.ts';

/** Distances as in distance/, with the smallest taken on the spot. */
export interface NearestRowsKernels {
  /**
   * ids[i] = the row of base nearest to points[first + i], the smaller of equals; distances[i] = how far, squared; i < count.
   *
   * @param stride numbers from point to point; dim if not given
   */
  nearestRows(
    ids: Int32Array,
    distances: Floats,
    points: Floats,
    first: number,
    count: number,
    base: Floats,
    baseCount: number,
    dim: number,
    stride?: number,
  ): void;
}
