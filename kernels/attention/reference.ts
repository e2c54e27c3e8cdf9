/** Multi-head attention of every row of a batch over its own few tokens. Source: Vaswani et al. 2017, Eq. 1; CNT paper, Fig. 2. */
import { laneSum } from '../math/lane-sum.ts';
import { exp } from '../math/reference.ts';
import type { Counts, Floats, Round } from '../operands.ts';
import type { AttentionKernels, AttentionShape } from './kernel.ts';

/** A logit this far below the largest of its row gets probability 0 (e^-40 = 4e-18), which keeps subnormals out. */
export const SOFTMAX_TAIL = -40;

export function referenceAttention(round: Round, counts: Counts): AttentionKernels {
  return {
    /**
     * probabilities[b, h, i, j] = softmax over j of (scale · q_i · k_j + positionBias[h, i, j]);
     * out[b, i, h] = sum over j, in order, of probabilities[b, h, i, j] v_j.
     */
    attentionForward(out, probabilities, qkv, positionBias, shape) {
      const { batch, tokens, heads, keyDim, valueDim } = shape;
      const scale = round(shape.scale);
      const headDim = 2 * keyDim + valueDim;
      for (let b = 0; b < batch; b++) {
        for (let h = 0; h < heads; h++) {
          for (let i = 0; i < tokens; i++) {
            const query = ((b * tokens + i) * heads + h) * headDim;
            const row = ((b * heads + h) * tokens + i) * tokens;
            for (let j = 0; j < tokens; j++) {
              const key = ((b * tokens + j) * heads + h) * headDim + keyDim;
              let logit = round(dot(qkv, query, qkv, key, keyDim, round) * scale);
              if (positionBias) logit = round(logit + positionBias[(h * tokens + i) * tokens + j]!);
              probabilities[row + j] = logit;
            }
            softmax(probabilities, row, tokens, round);

            const output = ((b * tokens + i) * heads + h) * valueDim;
            for (let c = 0; c < valueDim; c++) {
              let sum = 0;
              for (let j = 0; j < tokens; j++) {
                const value = ((b * tokens + j) * heads + h) * headDim + 2 * keyDim;
                sum = round(sum + round(probabilities[row + j]! * qkv[value + c]!));
              }
              out[output + c] = sum;
            }
          }
        }
      }
      counts.multiplyAdds += attentionMultiplyAdds(shape);
    },

    /**
     * Forward: out_i = sum_j P_ij v_j, P_i = softmax(L_i), L_ij = scale q_i · k_j + positionBias_ij. So
     *
     * dV_j += sum_i P_ij dOut_i; dP_ij = dOut_i · v_j; dL_ij = P_ij (dP_ij - sum_j P_ij dP_ij); dPositionBias_ij += dL_ij (sum over
     * the batch); dQ_i += sum_j scale dL_ij k_j; dK_j += sum_i scale dL_ij q_i. All sums run in order onto the present gradient.
     */
    attentionBackward(dQkv, dPositionBias, dOut, probabilities, qkv, shape) {
      const { batch, tokens, heads, keyDim, valueDim } = shape;
      const scale = round(shape.scale);
      const headDim = 2 * keyDim + valueDim;
      for (let b = 0; b < batch; b++) {
        for (let h = 0; h < heads; h++) {
          for (let i = 0; i < tokens; i++) {
            const query = ((b * tokens + i) * heads + h) * headDim;
            const output = ((b * tokens + i) * heads + h) * valueDim;
            const row = ((b * heads + h) * tokens + i) * tokens;
            let mean = 0; // sum_j P_ij dP_ij
            for (let j = 0; j < tokens; j++) {
              const value = ((b * tokens + j) * heads + h) * headDim + 2 * keyDim;
              mean = round(mean + round(probabilities[row + j]! * dot(dOut, output, qkv, value, valueDim, round)));
            }
            for (let j = 0; j < tokens; j++) {
              const key = ((b * tokens + j) * heads + h) * headDim + keyDim;
              const value = key + keyDim;
              const p = probabilities[row + j]!;
              const dLogit = round(p * round(dot(dOut, output, qkv, value, valueDim, round) - mean));
              if (dPositionBias) {
                const place = (h * tokens + i) * tokens + j;
                dPositionBias[place] = round(dPositionBias[place]! + dLogit);
              }
              const dDot = round(dLogit * scale);
              for (let c = 0; c < keyDim; c++) {
                dQkv[query + c] = round(dQkv[query + c]! + round(dDot * qkv[key + c]!));
                dQkv[key + c] = round(dQkv[key + c]! + round(dDot * qkv[query + c]!));
              }
              for (let c = 0; c < valueDim; c++) {
                dQkv[value + c] = round(dQkv[value + c]! + round(p * dOut[output + c]!));
              }
            }
          }
        }
      }
      counts.multiplyAdds += 2 * attentionMultiplyAdds(shape);
    },
  };
}

/** The row's largest value is subtracted first: the quotient stays the same and no exponential exceeds 1. */
function softmax(x: Floats, first: number, count: number, round: Round): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = first; j < first + count; j++) largest = Math.max(largest, x[j]!);
  let sum = 0;
  for (let j = first; j < first + count; j++) {
    const shifted = round(x[j]! - largest);
    x[j] = shifted < SOFTMAX_TAIL ? 0 : exp(shifted, round);
    sum = round(sum + x[j]!);
  }
  for (let j = first; j < first + count; j++) x[j] = round(x[j]! / sum);
}

/** a · b in four lanes. */
function dot(a: Floats, aFirst: number, b: Floats, bFirst: number, length: number, round: Round): number {
  return laneSum(length, (c) => round(a[aFirst + c]! * b[bFirst + c]!), round);
}

/** Of the forward call; the backward call has twice as many. */
export function attentionMultiplyAdds({ batch, tokens, heads, keyDim, valueDim }: AttentionShape): number {
  return batch * heads * tokens * tokens * (keyDim + valueDim);
}
