import { computingOf } from '../../../kernels/backend.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { ExactSearch } from '../../tensor/nearest/exact-search.ts';
import { nearestOnGpu } from '../../tensor/nearest/nearest-on-gpu.ts';
import type { Neighbors } from '../../tensor/nearest/neighbors.ts';
import { requireInRange } from '../../tensor/range.ts';
import { requireBase, type Vectors } from '../../tensor/vectors/vectors.ts';
import type { Session } from '../session/command.ts';
import { letSignalsArrive } from '../session/failures.ts';

/**
 * The true k nearest base rows of each query, as `nearest` finds them, with progress and open to interruption.
 *
 * @param k at most the rows of the base
 * @throws {RangeError} if a value is not finite
 * @throws {InterruptedError} when the signal is given
 */
export async function exactNeighbors(base: Vectors, queries: Matrix, k: number, session: Session): Promise<Neighbors> {
  requireBase(base, 'exact search: base');
  requireInRange(queries, 'exact search: queries');
  const progress = session.progress('exact search, pairs');
  const gpu = await session.gpuFor(queries.rows * base.rows * base.cols);
  const { signal } = session;
  const watch = { signal, onProgress: (done: number, total: number) => progress.update(done, total) };
  const found = gpu
    ? await nearestOnGpu(gpu, base, queries, k, { ...computingOf(session), ...watch })
    : await new ExactSearch(base, computingOf(session)).searchYielding(queries, k, watch);
  progress.end();
  await letSignalsArrive(signal);
  return found;
}
