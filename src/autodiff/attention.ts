import type { AttentionShape } from '../../kernels/attention/kernel.ts';
import type { Tape } from './tape.ts';
import { requireShape, type Tensor } from './tensor.ts';

export interface AttentionHeads {
  readonly heads: number;
  /** d_k: columns of a query and of a key. */
  readonly keyDim: number;
  /** Columns of a value. */
  readonly valueDim: number;
  /** Factor on query · key before the softmax. */
  readonly scale: number;
}

/**
 * For each head: softmax(scale · Q Kᵀ + position bias) V, over the tokens of one sample; the heads stand side by side.
 *
 * Source: the paper's Eq. 3; Vaswani et al. 2017, section 3.2.
 *
 * @param qkv (batch, tokens, heads · (2 keyDim + valueDim)), a row being, head after head, [query | key | value]
 * @param positionBias (heads, tokens, tokens), or absent
 * @returns `out` (batch, tokens, heads · valueDim), and the softmax `probabilities` (batch, heads, tokens, tokens) to
 *   look at
 * @throws {RangeError} if the shapes do not fit
 * @throws {Error} if the position bias has a gradient and qkv has none
 */
export function attention(
  tape: Tape,
  qkv: Tensor,
  heads: AttentionHeads,
  positionBias?: Tensor,
): { readonly out: Tensor; readonly probabilities: Tensor } {
  const [batch = 0, tokens = 0] = qkv.shape;
  const shape: AttentionShape = { batch, tokens, ...heads };
  requireShape('attention: qkv', qkv, [batch, tokens, heads.heads * (2 * heads.keyDim + heads.valueDim)]);
  if (positionBias) requireShape('attention: position bias', positionBias, [heads.heads, tokens, tokens]);
  const { kernels } = tape;
  const probabilities = tape.result([batch, heads.heads, tokens, tokens], []);
  const out = tape.result([batch, tokens, heads.heads * heads.valueDim], positionBias ? [qkv, positionBias] : [qkv]);
  const dQkv = qkv.gradient;
  const dPositionBias = positionBias?.gradient;
  const dOut = out.gradient;
  if (dOut && !dQkv) throw new Error('attention: expected qkv to have a gradient, as the position bias has.');
  tape.record(
    () => kernels.attentionForward(out.value, probabilities.value, qkv.value, positionBias?.value, shape),
    dQkv && dOut && (() => kernels.attentionBackward(dQkv, dPositionBias, dOut, probabilities.value, qkv.value, shape)),
  );
  return { out, probabilities };
}
