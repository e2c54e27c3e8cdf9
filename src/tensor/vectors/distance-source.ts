import type { Counts, Floats } from '../../../kernels/operands.ts';

/**
 * All that a graph knows of its points: their numbers, 0 .. size - 1, and distances, always many at a time. Whoever asks writes
 * the points into `ids` and reads the answers in `distances`, both overwritten by every call.
 */
export interface DistanceSource {
  readonly size: number;
  /** The points of the next call; its length is the most that one call can take. */
  readonly ids: Int32Array;
  /** Squared distances, in the order of `ids`. */
  readonly distances: Floats;
  /** Distances and multiply-adds so far. */
  readonly counts: Readonly<Counts>;
  /** Whether what `setQueryRow` compares with differs from what is stored, so that `measure` and `measureFrom` answer differently. */
  readonly asymmetric?: boolean;
  /** The query of `measure` becomes what was stored as this point. */
  setQueryRow(row: number): void;
  /** distances[i] = |query - point ids[i]|², i < count. */
  measure(count: number): void;
  /** distances[i] = |point row - point ids[i]|², i < count; leaves the query as it is. */
  measureFrom(row: number, count: number): void;
}
