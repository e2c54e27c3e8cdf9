import type { Floats } from '../operands.ts';

/** All pairs of a batch. */
export interface PairKernels {
  /** out[i, j] = |x_i - x_j| (not squared), symmetric, 0 on the diagonal; computed by differences. */
  pairDistances(out: Floats, x: Floats, rows: number, dim: number): void;
  /** dx_i += sum over j, in order, of (dOut[i, j] + dOut[j, i]) (x_i - x_j) / out[i, j]; terms with out = 0 are 0. */
  pairDistancesBackward(dx: Floats, dOut: Floats, out: Floats, x: Floats, rows: number, dim: number): void;
  /** Eq. 5: w = min(alpha, max(beta, -ln(d / boundary))), i < n; d = 0 gives alpha. */
  inrpWeights(w: Floats, d: Floats, boundary: number, alpha: number, beta: number, n: number): void;
  /** Eq. 4: loss[0] = mean over the rows x rows pairs of w |compressed - original| (each row in four lanes, rows added in order). */
  inrpLoss(loss: Floats, w: Floats, compressed: Floats, original: Floats, rows: number): void;
  /** dCompressed += dLoss[0] · w · sign(compressed - original) / rows². */
  inrpLossBackward(
    dCompressed: Floats,
    dLoss: Floats,
    w: Floats,
    compressed: Floats,
    original: Floats,
    rows: number,
  ): void;
}
