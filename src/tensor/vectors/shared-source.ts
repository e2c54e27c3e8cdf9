import type { DistanceSource } from './distance-source.ts';
import { SplitVectorSet } from './split-vector-set.ts';
import { type SharedVectorSet, VectorSet, type VectorSource } from './vector-set.ts';

/** Vectors that threads measure together, in one store or several; as a message to a worker. */
export type SharedSource = SharedVectorSet | readonly SharedVectorSet[];

/**
 * The points for workers' `attachSource`.
 *
 * @throws {RangeError} if they are not vectors
 * @throws {Error} if they were made without attachable places
 */
export function shareSource(source: DistanceSource): SharedSource {
  if (source instanceof VectorSet || source instanceof SplitVectorSet) return source.share();
  throw new RangeError('threads: expected one thread for points that are not vectors, got more.');
}

/** @param slot 1, 2, … */
export function attachSource(shared: SharedSource, slot: number): VectorSource {
  return 'kernels' in shared ? VectorSet.attach(shared, slot - 1) : SplitVectorSet.attach(shared, slot - 1);
}
