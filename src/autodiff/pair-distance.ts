import type { Tape } from './tape.ts';
import { colsOf, rowsOf, type Tensor } from './tensor.ts';

/**
 * Euclidean distances (not squared) between all pairs of rows, by differences, so that equal rows have distance 0
 * exactly. The derivative of the norm at 0 is taken as 0. The norms of Eq. 4, see `src/compress/cnt/inrp-loss.ts`; the loops are
 * `kernels/pairs/reference.ts`.
 *
 * @param x (m, d)
 * @returns (m, m), symmetric
 */
export function pairDistances(tape: Tape, x: Tensor): Tensor {
  const { kernels } = tape;
  const rows = rowsOf(x);
  const dim = colsOf(x);
  const distances = tape.result([rows, rows], [x]);
  const dx = x.gradient;
  const dDistances = distances.gradient;
  tape.record(
    () => kernels.pairDistances(distances.value, x.value, rows, dim),
    dx && dDistances && (() => kernels.pairDistancesBackward(dx, dDistances, distances.value, x.value, rows, dim)),
  );
  return distances;
}
