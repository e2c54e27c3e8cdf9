/**
 * Attention of every sample over its own few tokens, on the GPU. `thread.z` is the sample; rows of the probabilities are
 * (sample, head, token), so that `thread.y` is head · tokens + token; the head is found by comparing, since a division of indices
 * would be one of floats.
 *
 * Bound, relative to the largest output, against float64: 5e-6 forward (the exponential of WebGPU is precise to 3 + 2 |x| units of
 * the last place), 1e-5 backward.
 */
import { columnSumsOf } from '../column-sums/gpu.ts';
import type { GpuKernel, KernelMatrix, KernelThis } from '../gpu/gpu-kernel.ts';
import type { GpuLink } from '../gpu/link.ts';
import type { AttentionKernels, AttentionShape } from './kernel.ts';
import { attentionMultiplyAdds } from './reference.ts';

type Sizes = 'tokens' | 'heads' | 'keyDim' | 'headDim';

/** scale · q_i · k_j */
function logits(this: KernelThis<Sizes>, qkv: KernelMatrix, scale: number): number {
  let head = 0;
  for (let h = 1; h < this.constants.heads; h++) {
    if (this.thread.y >= h * this.constants.tokens) head = h;
  }
  const query = this.thread.z * this.constants.tokens + this.thread.y - head * this.constants.tokens;
  const key = this.thread.z * this.constants.tokens + this.thread.x;
  const first = head * this.constants.headDim;
  let product = 0;
  for (let c = 0; c < this.constants.keyDim; c++) {
    product += qkv[query]![first + c]! * qkv[key]![first + this.constants.keyDim + c]!;
  }
  return product * scale;
}

/** logits + position bias, which is the same for every sample. */
function biasedLogits(this: KernelThis<'rows'>, x: KernelMatrix, positionBias: KernelMatrix): number {
  const row = this.thread.z * this.constants.rows + this.thread.y;
  return x[row]![this.thread.x]! + positionBias[this.thread.y]![this.thread.x]!;
}

/** Of each row: e^x over the sum of e^x; 40 below the largest is 0. A NaN, or an infinity as the largest, makes all of the row NaN. */
function softmaxRows(this: KernelThis<'cols'>, x: KernelMatrix): number {
  let largest = x[this.thread.y]![0]!;
  for (let c = 1; c < this.constants.cols; c++) {
    const value = x[this.thread.y]![c]!;
    if (value > largest) largest = value;
  }
  let total = 0;
  for (let j = 0; j < this.constants.cols; j++) {
    const other = x[this.thread.y]![j]! - largest;
    if (other >= -40) total += Math.exp(other);
    else if (!(other < -40)) total += other;
  }
  if (!(total > 0)) return total;
  const shifted = x[this.thread.y]![this.thread.x]! - largest;
  if (shifted < -40) return 0;
  return Math.exp(shifted) / total;
}

/** Sum over j of P_ij v_j; `thread.x` is head · valueDim + column, `thread.y` the token. */
function attended(this: KernelThis<Sizes | 'valueDim'>, probabilities: KernelMatrix, qkv: KernelMatrix): number {
  let head = 0;
  for (let h = 1; h < this.constants.heads; h++) {
    if (this.thread.x >= h * this.constants.valueDim) head = h;
  }
  const row = (this.thread.z * this.constants.heads + head) * this.constants.tokens + this.thread.y;
  const column =
    head * this.constants.headDim + 2 * this.constants.keyDim + this.thread.x - head * this.constants.valueDim;
  let total = 0;
  for (let j = 0; j < this.constants.tokens; j++) {
    total += probabilities[row]![j]! * qkv[this.thread.z * this.constants.tokens + j]![column]!;
  }
  return total;
}

/** dOut_i · v_j */
function probabilityGradients(this: KernelThis<Sizes | 'valueDim'>, dOut: KernelMatrix, qkv: KernelMatrix): number {
  let head = 0;
  for (let h = 1; h < this.constants.heads; h++) {
    if (this.thread.y >= h * this.constants.tokens) head = h;
  }
  const row = this.thread.z * this.constants.tokens + this.thread.y - head * this.constants.tokens;
  const other = this.thread.z * this.constants.tokens + this.thread.x;
  const outFirst = head * this.constants.valueDim;
  const valueFirst = head * this.constants.headDim + 2 * this.constants.keyDim;
  let product = 0;
  for (let c = 0; c < this.constants.valueDim; c++) {
    product += dOut[row]![outFirst + c]! * qkv[other]![valueFirst + c]!;
  }
  return product;
}

/** P_ij (dP_ij - sum over j of P_ij dP_ij) */
function logitGradients(this: KernelThis<'cols'>, probabilities: KernelMatrix, dProbabilities: KernelMatrix): number {
  let mean = 0;
  for (let j = 0; j < this.constants.cols; j++) {
    mean += probabilities[this.thread.y]![j]! * dProbabilities[this.thread.y]![j]!;
  }
  return probabilities[this.thread.y]![this.thread.x]! * (dProbabilities[this.thread.y]![this.thread.x]! - mean);
}

/**
 * dQ_i = sum over j of scale dL_ij k_j, dK_j = sum over i of scale dL_ij q_i, dV_j = sum over i of P_ij dOut_i; `thread.x` is the column
 * of qkv, `thread.y` the token.
 */
function qkvGradients(
  this: KernelThis<Sizes | 'valueDim'>,
  dLogits: KernelMatrix,
  probabilities: KernelMatrix,
  dOut: KernelMatrix,
  qkv: KernelMatrix,
  scale: number,
): number {
  let head = 0;
  for (let h = 1; h < this.constants.heads; h++) {
    if (this.thread.x >= h * this.constants.headDim) head = h;
  }
  const first = head * this.constants.headDim;
  const place = this.thread.x - first;
  const sample = this.thread.z * this.constants.tokens;
  const row = (this.thread.z * this.constants.heads + head) * this.constants.tokens;
  let total = 0;
  if (place < this.constants.keyDim) {
    const key = first + this.constants.keyDim + place;
    for (let j = 0; j < this.constants.tokens; j++) {
      total += dLogits[row + this.thread.y]![j]! * qkv[sample + j]![key]!;
    }
    return total * scale;
  }
  if (place < 2 * this.constants.keyDim) {
    const query = first + place - this.constants.keyDim;
    for (let i = 0; i < this.constants.tokens; i++) {
      total += dLogits[row + i]![this.thread.y]! * qkv[sample + i]![query]!;
    }
    return total * scale;
  }
  const column = head * this.constants.valueDim + place - 2 * this.constants.keyDim;
  for (let k = 0; k < this.constants.tokens; k++) {
    total += probabilities[row + k]![this.thread.y]! * dOut[sample + k]![column]!;
  }
  return total;
}

const SIZES = { tokens: 3, heads: 2, keyDim: 2, headDim: 7 } as const;
const VALUES = { ...SIZES, valueDim: 3 } as const;
const QKV = [6, 14] as const;
const OUT = [6, 6] as const;
const PROBABILITIES = [12, 3] as const;

const LOGITS: GpuKernel = {
  name: 'logits',
  body: logits,
  sample: { layers: 2, rows: 6, cols: 3, constants: SIZES, inputs: [QKV, 0.5], tolerance: 1e-6 },
};
const BIASED_LOGITS: GpuKernel = {
  name: 'biasedLogits',
  body: biasedLogits,
  sample: { layers: 2, rows: 6, cols: 3, constants: { rows: 6 }, inputs: [PROBABILITIES, [6, 3]], tolerance: 1e-6 },
};
const SOFTMAX_ROWS: GpuKernel = {
  name: 'softmaxRows',
  body: softmaxRows,
  sample: { rows: 5, cols: 6, constants: { cols: 6 }, inputs: [[5, 6]], range: [-30, 30], tolerance: 5e-6 },
};
const ATTENDED: GpuKernel = {
  name: 'attended',
  body: attended,
  sample: { layers: 2, rows: 3, cols: 6, constants: VALUES, inputs: [PROBABILITIES, QKV], tolerance: 1e-6 },
};
const PROBABILITY_GRADIENTS: GpuKernel = {
  name: 'probabilityGradients',
  body: probabilityGradients,
  sample: { layers: 2, rows: 6, cols: 3, constants: VALUES, inputs: [OUT, QKV], tolerance: 1e-6 },
};
const LOGIT_GRADIENTS: GpuKernel = {
  name: 'logitGradients',
  body: logitGradients,
  sample: { rows: 12, cols: 3, constants: { cols: 3 }, inputs: [PROBABILITIES, PROBABILITIES], tolerance: 1e-6 },
};
const QKV_GRADIENTS: GpuKernel = {
  name: 'qkvGradients',
  body: qkvGradients,
  sample: {
    layers: 2,
    rows: 3,
    cols: 14,
    constants: VALUES,
    inputs: [PROBABILITIES, PROBABILITIES, OUT, QKV, 0.5],
    tolerance: 2e-6,
  },
};

export function gpuAttention({ queue, counts }: GpuLink): AttentionKernels {
  return {
    attentionForward(out, probabilities, qkv, positionBias, shape) {
      counts.multiplyAdds += attentionMultiplyAdds(shape);
      const { batch, tokens, heads, valueDim, scale } = shape;
      const { rows, qkvCols, constants } = sizesOf(shape);
      const square = { layers: batch, rows: heads * tokens, cols: tokens };
      queue(async (on) => {
        const input = await on.read(qkv, rows, qkvCols);
        let x = await on.run(LOGITS, { ...square, constants, inputs: [input, scale] });
        if (positionBias) {
          const inputs = [x, await on.read(positionBias, heads * tokens, tokens)];
          x = await on.run(BIASED_LOGITS, { ...square, constants: { rows: heads * tokens }, inputs });
        }
        const pairs = { rows: x.rows, cols: tokens, constants: { cols: tokens } };
        const p = await on.run(SOFTMAX_ROWS, { ...pairs, inputs: [x] });
        const heard = { layers: batch, rows: tokens, cols: heads * valueDim, constants, inputs: [p, input] };
        await on.write(out, await on.run(ATTENDED, heard));
        await on.write(probabilities, p);
      });
    },
    attentionBackward(dQkv, dPositionBias, dOut, probabilities, qkv, shape) {
      counts.multiplyAdds += 2 * attentionMultiplyAdds(shape);
      const { batch, tokens, heads, valueDim, scale } = shape;
      const { rows, qkvCols, constants } = sizesOf(shape);
      const square = { layers: batch, rows: heads * tokens, cols: tokens };
      queue(async (on) => {
        const input = await on.read(qkv, rows, qkvCols);
        const above = await on.read(dOut, rows, heads * valueDim);
        const p = await on.read(probabilities, batch * heads * tokens, tokens);
        const dP = await on.run(PROBABILITY_GRADIENTS, { ...square, constants, inputs: [above, input] });
        const pairs = { rows: p.rows, cols: tokens, constants: { cols: tokens } };
        const dLogits = await on.run(LOGIT_GRADIENTS, { ...pairs, inputs: [p, dP] });
        const inputs = [dLogits, p, above, input, scale];
        await on.add(
          dQkv,
          await on.run(QKV_GRADIENTS, { layers: batch, rows: tokens, cols: qkvCols, constants, inputs }),
        );
        if (!dPositionBias) return;
        const perSample = on.reshape(dLogits, batch, heads * tokens * tokens);
        await on.add(dPositionBias, await columnSumsOf(on, perSample));
      });
    },
  };
}

function sizesOf({ batch, tokens, heads, keyDim, valueDim }: AttentionShape) {
  const headDim = 2 * keyDim + valueDim;
  const constants = { tokens, heads, keyDim, headDim, valueDim };
  return { rows: batch * tokens, qkvCols: heads * headDim, constants };
}
