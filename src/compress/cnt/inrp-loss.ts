import { pairDistances } from '../../autodiff/pair-distance.ts';
import type { Tape } from '../../autodiff/tape.ts';
import { requireShape, rowsOf, type Tensor } from '../../autodiff/tensor.ts';

export interface InrpSettings {
  /** Mean distance (not squared) between two points of the original space. */
  readonly boundary: number;
  /** Largest weight, of near pairs. The paper's value is 2. */
  readonly alpha: number;
  /** Smallest weight, of far pairs. The paper's value is 0.01. */
  readonly beta: number;
}

/** The values of the paper, Eq. 5. */
export const INRP_WEIGHTS = { alpha: 2, beta: 0.01 } as const;

/**
 * Inhomogeneous neighborhood relationship preserving loss: the mean over all pairs of a batch of
 * w_ij | ‖f(x_i) - f(x_j)‖ - ‖x_i - x_j‖ |, w_ij = min(alpha, max(beta, -ln(‖x_i - x_j‖ / boundary))).
 * With alpha = beta = 1 every weight is 1, which is the unweighted error worth printing beside it.
 *
 * Source: Eq. 4 and 5; pairs i = j are included (weight alpha, error 0). No gradient flows through w.
 * Departs: the derivatives of a norm and of |e| at 0 are 0 (the paper is silent); the released code takes sqrt(max(e²,
 * 1e-12)), whose derivative is 0 for all |e| < 1e-6.
 *
 * Arithmetic and derivatives as loops: `kernels/pairs/reference.ts` (of Eq. 5, `inrpWeights`; of Eq. 4, `inrpLossBackward`, then
 * `pairDistancesBackward` by way of `src/autodiff/pair-distance.ts`). Checked by differences: `test/compress/cnt/inrp-loss.test.ts`.
 *
 * @param compressed (m, dOut)
 * @param originals (m, dIn), without a gradient
 * @returns (1)
 * @throws {RangeError} if the batches differ in length, or a setting is impossible
 */
export function inrpLoss(tape: Tape, compressed: Tensor, originals: Tensor, settings: InrpSettings): Tensor {
  const rows = rowsOf(originals);
  const distances = pairDistances(tape, compressed); // (m, m)
  requireShape('inrpLoss: pairs', distances, [rows, rows]);
  return weightedError(tape, distances, pairDistances(tape, originals), settings); // (1)
}

/** @param compressed (m, m) distances; @param original (m, m) distances */
function weightedError(tape: Tape, compressed: Tensor, original: Tensor, settings: InrpSettings): Tensor {
  const { boundary, alpha, beta } = settings;
  if (!(boundary > 0)) throw new RangeError(`inrpLoss: expected a boundary above 0, got ${boundary}.`);
  if (!(beta >= 0 && alpha >= beta)) {
    throw new RangeError(`inrpLoss: expected 0 <= beta <= alpha, got beta ${beta}, alpha ${alpha}.`);
  }
  const { kernels } = tape;
  const rows = rowsOf(compressed);
  const weights = kernels.floats(rows * rows);
  const loss = tape.result([1], [compressed]);
  const dCompressed = compressed.gradient;
  const dLoss = loss.gradient;
  tape.record(
    () => {
      kernels.inrpWeights(weights, original.value, boundary, alpha, beta, rows * rows);
      kernels.inrpLoss(loss.value, weights, compressed.value, original.value, rows);
    },
    dCompressed &&
      dLoss &&
      (() => {
        kernels.inrpLossBackward(dCompressed, dLoss, weights, compressed.value, original.value, rows);
      }),
  );
  return loss;
}
