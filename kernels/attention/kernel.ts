import type { Floats } from '../operands.ts';

/** Sizes of one attention call. A row of qkv holds, head after head, [query (keyDim) | key (keyDim) | value (valueDim)]. */
export interface AttentionShape {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Factor on query . key before the softmax, usually 1 / sqrt(keyDim). */
  readonly scale: number;
}

export interface AttentionKernels {
  /**
   * probabilities (batch, heads, tokens, tokens) = softmax(scale · q kᵀ + positionBias),
   * out (batch, tokens, heads · valueDim) = probabilities · v; positionBias is (heads, tokens, tokens).
   */
  attentionForward(
    out: Floats,
    probabilities: Floats,
    qkv: Floats,
    positionBias: Floats | undefined,
    shape: AttentionShape,
  ): void;
  /** Adds to dQkv and dPositionBias (each present or absent as in the forward call). */
  attentionBackward(
    dQkv: Floats,
    dPositionBias: Floats | undefined,
    dOut: Floats,
    probabilities: Floats,
    qkv: Floats,
    shape: AttentionShape,
  ): void;
}
