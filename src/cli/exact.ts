import type { Matrix } from '../tensor/matrix.ts';
import { nearest } from '../tensor/nearest.ts';
import { TopK } from '../tensor/top-k.ts';
import { rowBlocks, type Vectors } from '../tensor/vectors.ts';
import type { Session } from './command.ts';
import { breathe } from './failures.ts';

/** Multiply-adds between two looks at the signal: about a second. */
const WORK_BETWEEN_BREATHS = 1e10;

export interface ExactNeighbors {
  /** (queries, k), nearest first. */
  readonly ids: Int32Array;
  readonly counts: { readonly distances: number; readonly multiplyAdds: number };
}

/**
 * The true k nearest base rows of each query, as `nearest` finds them, with progress and open to interruption: the base is searched
 * in parts, and the lists of the parts are merged.
 *
 * @param k at most the rows of the base
 * @param workBetweenBreaths multiply-adds of a part, at least those of 1024 rows
 * @throws {InterruptedError} when the signal is given
 */
export async function exactNeighbors(
  base: Vectors,
  queries: Matrix,
  k: number,
  session: Session,
  workBetweenBreaths = WORK_BETWEEN_BREATHS,
): Promise<ExactNeighbors> {
  const tops = Array.from({ length: queries.rows }, () => new TopK(k));
  const counts = { distances: 0, multiplyAdds: 0 };
  const progress = session.progress('exact search, rows');
  const most = Math.max(1024, k, Math.floor(workBetweenBreaths / (queries.rows * base.cols)));
  for (const { first, matrix } of rowBlocks(base, 0, base.rows, most)) {
    const { rows } = matrix;
    const found = nearest(matrix, queries, Math.min(k, rows), { backend: session.backend });
    for (let i = 0; i < found.ids.length; i++) {
      tops[Math.floor(i / found.k)]!.offer(found.distances[i]!, first + found.ids[i]!);
    }
    counts.distances += found.counts.distances;
    counts.multiplyAdds += found.counts.multiplyAdds;
    progress.update(first + rows, base.rows);
    await breathe(session.signal);
  }
  progress.end();
  const ids = new Int32Array(queries.rows * k);
  const distances = new Float32Array(queries.rows * k);
  for (const [query, top] of tops.entries()) top.sortedInto(ids, distances, query * k);
  return { ids, counts };
}
