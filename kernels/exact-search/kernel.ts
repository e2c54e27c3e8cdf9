import type { Floats } from '../operands.ts';

/** `squaredDistances` and `offerDistances` in one. */
export interface ExactSearchKernels {
  /**
   * Offers (|queries[i] - base[j]|², firstId + j) to row i; i < queryCount, j < baseCount.
   *
   * @param meanwhile called once during the call; what it does for the next, such as reading more rows, other threads do not wait for
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
