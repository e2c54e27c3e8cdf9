/** What INRP needs of all pairs of a batch. Source: CNT paper, Eq. 4 and 5. */
import { countDistances, squaredDistance } from '../distance/reference.ts';
import { laneSum } from '../math/lane-sum.ts';
import { log } from '../math/reference.ts';
import type { Counts, Round } from '../operands.ts';
import type { PairKernels } from './kernel.ts';

/** 2^-126: a quotient below it (in practice d = 0) has no logarithm here. */
export const SMALLEST_NORMAL = 2 ** -126;

export function referencePairs(round: Round, counts: Counts): PairKernels {
  return {
    /** out[i, j] = |x_i - x_j|: the root of the squared distance of distance/. */
    pairDistances(out, x, rows, dim) {
      for (let i = 0; i < rows; i++) {
        out[i * rows + i] = 0;
        for (let j = i + 1; j < rows; j++) {
          const squared = squaredDistance(x, i * dim, x, j * dim, dim, round);
          out[i * rows + j] = out[j * rows + i] = round(Math.sqrt(squared));
        }
      }
      countDistances(counts, (rows * (rows - 1)) / 2, dim);
    },

    /**
     * Forward: out_ij = out_ji = |x_i - x_j|, whose derivative by x_i is (x_i - x_j) / out_ij. So
     * dx_i += sum over j, in order, of (dOut_ij + dOut_ji) / out_ij · (x_i - x_j); at the norm's kink, out_ij = 0, the term is 0.
     */
    pairDistancesBackward(dx, dOut, out, x, rows, dim) {
      for (let i = 0; i < rows; i++) {
        for (let c = 0; c < dim; c++) {
          let sum = 0;
          for (let j = 0; j < rows; j++) {
            const distance = out[i * rows + j]!;
            const factor = distance === 0 ? 0 : round(round(dOut[i * rows + j]! + dOut[j * rows + i]!) / distance);
            sum = round(sum + round(factor * round(x[i * dim + c]! - x[j * dim + c]!)));
          }
          dx[i * dim + c] = round(dx[i * dim + c]! + sum);
        }
      }
      counts.multiplyAdds += rows * rows * dim;
    },

    /** Eq. 5: w = min(alpha, max(beta, -ln(d / boundary))); d = 0 gives alpha. */
    inrpWeights(w, d, boundary, alpha, beta, n) {
      const most = round(alpha);
      const least = round(beta);
      const limit = round(boundary);
      for (let i = 0; i < n; i++) {
        const ratio = round(d[i]! / limit);
        w[i] = ratio < SMALLEST_NORMAL ? most : Math.min(most, Math.max(least, -log(ratio, round)));
      }
    },

    /** Eq. 4: loss = sum of w_ij |compressed_ij - original_ij| / rows²; each row in four lanes, the rows in order. */
    inrpLoss(loss, w, compressed, original, rows) {
      let total = 0;
      for (let i = 0; i < rows; i++) {
        const weighted = (j: number): number => {
          const error = Math.abs(round(compressed[i * rows + j]! - original[i * rows + j]!));
          return round(w[i * rows + j]! * error);
        };
        total = round(total + laneSum(rows, weighted, round));
      }
      loss[0] = round(total / round(rows * rows));
    },

    /** Forward: loss = sum w |e| / rows², e = compressed - original. So dCompressed += dLoss / rows² · w · sign(e), sign(0) = 0. */
    inrpLossBackward(dCompressed, dLoss, w, compressed, original, rows) {
      const factor = round(dLoss[0]! / (rows * rows));
      for (let i = 0; i < rows * rows; i++) {
        const slope = round(factor * w[i]!);
        const error = round(compressed[i]! - original[i]!);
        dCompressed[i] = round(dCompressed[i]! + (error > 0 ? slope : error < 0 ? -slope : 0));
      }
    },
  };
}
