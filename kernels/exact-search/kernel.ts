import type { Floats } from '../operands.ts';

/** `squaredDistances` and `offerDistances` in one. */
export interface ExactSearchKernels {
  /**
   * Offers (|queries[i] - base[j]|², firstId + j) to row i; i < queryCount, j < baseCount.
   *
   * @param meanwhile called once during the call, while other threads compute: time to prepare the next call, such as to read its rows
   */
  offerRows(
    topDistances: Floats,
    topIds: Int32Array,
    k: number,
    queries: Floats,
    queryCount: number,
    base: Floats,
    baseCount: number,
    firstId: number,
    dim: number,
    meanwhile?: () => void,
  ): void;
}
