import type { Floats } from '../operands.ts';

/** What a search over product codes compares: rows of bytes, and the codebooks by which they are read. */
export interface ProductCodes {
  /** Rows `first` to first + count - 1 of (rows, m): one number a byte. */
  readonly codes: Uint8Array;
  readonly first: number;
  readonly count: number;
  /** The number of each row; without it, its place. */
  readonly ids: Int32Array | undefined;
  /** (m, centroids, dim / m). */
  readonly codebooks: Floats;
  readonly m: number;
  readonly centroids: number;
  readonly dim: number;
}

/** Tables, sums of their entries as in table-scan/, and offerDistances in one. */
export interface ProductSearchKernels {
  /**
   * For each v < queryCount and the query q = queryIds[v], each once: the table of |part of (queries[q] - origin) - centroid|², and
   * by it the distance of each code offered to row q.
   */
  offerProductCodes(
    topDistances: Floats,
    topIds: Int32Array,
    k: number,
    queries: Floats,
    queryIds: Int32Array,
    queryCount: number,
    origin: Floats,
    product: ProductCodes,
  ): void;
}
