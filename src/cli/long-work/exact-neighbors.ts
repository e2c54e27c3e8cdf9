import { computingOf } from '../../../kernels/backend.ts';
import { type Matrix, requireFinite } from '../../tensor/matrix.ts';
import { ExactSearch } from '../../tensor/nearest/exact-search.ts';
import { nearestOnGpu } from '../../tensor/nearest/nearest-on-gpu.ts';
import type { Neighbors } from '../../tensor/nearest/neighbors.ts';
import { requireFiniteVectors, type Vectors } from '../../tensor/vectors/vectors.ts';
import type { Session } from '../session/command.ts';
import { letSignalsArrive } from '../session/failures.ts';

/** Multiply-adds between two looks at the signal: about a second. */
const WORK_BETWEEN_BREATHS = 1e10;

/**
 * The true k nearest base rows of each query, as `nearest` finds them, with progress and open to interruption.
 *
 * @param k at most the rows of the base
 * @param workBetweenBreaths multiply-adds, at least those of a block of the search
 * @throws {RangeError} if a value is not finite
 * @throws {InterruptedError} when the signal is given
 */
export async function exactNeighbors(
  base: Vectors,
  queries: Matrix,
  k: number,
  session: Session,
  workBetweenBreaths = WORK_BETWEEN_BREATHS,
): Promise<Neighbors> {
  requireFiniteVectors(base, 'exact search: base');
  requireFinite(queries, 'exact search: queries');
  const progress = session.progress('exact search, pairs');
  const gpu = await session.gpuFor(queries.rows * base.rows * base.cols);
  if (gpu) {
    const onProgress = (done: number, total: number) => progress.update(done, total);
    const found = await nearestOnGpu(gpu, base, queries, k, {
      ...computingOf(session),
      onProgress,
      signal: session.signal,
    });
    progress.end();
    return found;
  }
  const search = new ExactSearch(base, computingOf(session)).steps(queries, k);
  let breathed = 0;
  let step = search.next();
  for (; !step.done; step = search.next()) {
    progress.update(step.value, queries.rows * base.rows);
    if ((step.value - breathed) * base.cols < workBetweenBreaths) continue;
    breathed = step.value;
    await letSignalsArrive(session.signal);
  }
  progress.end();
  await letSignalsArrive(session.signal);
  return step.value;
}
