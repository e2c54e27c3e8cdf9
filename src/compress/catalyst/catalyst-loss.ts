import { log } from '../../../kernels/math/reference.ts';
import { addScaled, selectRows } from '../../autodiff/combine.ts';
import { rowDistances } from '../../autodiff/rows.ts';
import type { Tape } from '../../autodiff/tape.ts';
import { colsOf, requireShape, rowsOf, sizeOf, type Tensor } from '../../autodiff/tensor.ts';

/** Keeps the distance of equal rows, and its logarithm and derivative, finite. */
const EPSILON = 1e-6;

export interface CatalystLoss {
  /** rank + weight · spread, (1). */
  readonly loss: Tensor;
  /** Mean of max(0, |a - p| - |a - g|), (1). */
  readonly rank: Tensor;
  /** KoLeo of the anchors, (1). */
  readonly spread: Tensor;
}

/**
 * The loss of a batch of n triplets: anchors a, positives p, negatives g.
 *
 * Source: Sablayrolles et al. 2019, Eq. 3 to 5: rank loss without margin, unsquared distances, KoLeo over the anchors.
 * Departs: sqrt(|a - b|² + 1e-12) as distance; the authors' code adds 1e-6 to each difference, which is not symmetric.
 *
 * @param outputs (3 n, d): anchors, then positives, then negatives
 * @param weight of KoLeo ("λ")
 * @throws {RangeError} if there are fewer than 2 triplets, or rows left over
 */
export function catalystLoss(tape: Tape, outputs: Tensor, weight: number): CatalystLoss {
  const n = rowsOf(outputs) / 3;
  if (!Number.isSafeInteger(n) || n < 2) {
    throw new RangeError(`catalystLoss: expected rows for at least 2 triplets, got ${rowsOf(outputs)} rows.`);
  }
  const anchors = selectRows(outputs, 0, n);
  const near = rowDistances(tape, anchors, selectRows(outputs, n, n), EPSILON); // (n)
  const far = rowDistances(tape, anchors, selectRows(outputs, 2 * n, n), EPSILON); // (n)
  const rank = rankLoss(tape, near, far);
  const spread = koleo(tape, anchors);
  return { loss: addScaled(tape, rank, spread, weight), rank, spread };
}

/**
 * Mean of max(0, near - far); the derivative at the kink is 0. Summed in float64 and rounded once.
 *
 * @param near (n)
 * @param far (n)
 * @returns (1)
 * @throws {RangeError} if the shapes differ
 */
export function rankLoss(tape: Tape, near: Tensor, far: Tensor): Tensor {
  requireShape('rankLoss', far, near.shape);
  const n = sizeOf(near.shape);
  const loss = tape.result([1], [near, far]);
  const [dNear, dFar, seed] = [near.gradient, far.gradient, loss.gradient];
  tape.record(
    () => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += Math.max(0, near.value[i]! - far.value[i]!);
      loss.value[0] = sum / n;
    },
    seed &&
      (() => {
        const slope = seed[0]! / n;
        for (let i = 0; i < n; i++) {
          if (!(near.value[i]! > far.value[i]!)) continue;
          if (dNear) dNear[i]! += slope;
          if (dFar) dFar[i]! -= slope;
        }
      }),
  );
  return loss;
}

/**
 * KoLeo: -mean over i of ln(n · |x_i - x_NN(i)|), NN(i) the row of largest inner product with x_i within the batch, the first of equals. The
 * gradient flows through both ends.
 *
 * Source: Sablayrolles et al. 2019, Eq. 4 (Kozachenko-Leonenko's estimate of the entropy).
 *
 * @param x (n, d), rows of length 1
 * @returns (1)
 */
export function koleo(tape: Tape, x: Tensor): Tensor {
  const { kernels } = tape;
  const [n, cols] = [rowsOf(x), colsOf(x)];
  const products = kernels.floats(n * n);
  const nearest = new Int32Array(n);
  const other = kernels.floats(n * cols); // x_NN(i)
  const distances = kernels.floats(n);
  const loss = tape.result([1], [x]);
  const [dx, seed] = [x.gradient, loss.gradient];
  const dDistances = dx && kernels.floats(n);
  const dOther = dx && kernels.floats(n * cols);
  tape.record(
    () => {
      kernels.matmulNT(products, x.value, x.value, n, n, cols, false);
      nearestInBatch(nearest, products, n);
      for (let i = 0; i < n; i++) kernels.copyBlock(other, cols, i * cols, x.value, cols, nearest[i]! * cols, 1, cols);
      kernels.rowDistances(distances, x.value, other, EPSILON, n, cols);
      let sum = 0;
      for (let i = 0; i < n; i++) sum += log(n * distances[i]!, float64);
      loss.value[0] = -sum / n;
    },
    dx &&
      seed &&
      dDistances &&
      dOther &&
      (() => {
        // -ln(n d_i) / n was summed: its derivative by d_i is -1 / (n d_i)
        for (let i = 0; i < n; i++) dDistances[i] = -seed[0]! / n / distances[i]!;
        dOther.fill(0);
        kernels.rowDistancesBackward(dx, dOther, dDistances, distances, x.value, other, n, cols);
        for (let i = 0; i < n; i++) kernels.addBlock(dx, cols, nearest[i]! * cols, dOther, cols, i * cols, 1, cols);
      }),
  );
  return loss;
}

/** nearest[i] = the j != i of largest products[i, j], the first of equals. */
function nearestInBatch(nearest: Int32Array, products: ArrayLike<number>, n: number): void {
  for (let i = 0; i < n; i++) {
    let best = i === 0 ? 1 : 0;
    for (let j = best + 1; j < n; j++) {
      if (j !== i && products[i * n + j]! > products[i * n + best]!) best = j;
    }
    nearest[i] = best;
  }
}

function float64(value: number): number {
  return value;
}
