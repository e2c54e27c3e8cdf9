import { hardtanh } from '../autodiff/activation.ts';
import { attention } from '../autodiff/attention.ts';
import { add } from '../autodiff/combine.ts';
import type { ParameterSet } from '../autodiff/parameters.ts';
import type { Tape } from '../autodiff/tape.ts';
import { colsOf, type Tensor } from '../autodiff/tensor.ts';
import { standardNormal } from './initialize.ts';
import { batchNormLayer, linearLayer } from './layers.ts';
import { linearAbn } from './linear-abn.ts';

/** Sizes and switches of a transformer block; d is the width of a token. */
export interface TransformerBlock {
  readonly heads: number;
  /** d_k: columns of a query and of a key; values have d columns in each head. */
  readonly keyDim: number;
  /** Factor on query · key before the softmax. */
  readonly scale: number;
  /** A learned bias (heads, tokens, tokens) on the attention logits. */
  readonly positionBias: boolean;
  /** Width of the MLP's middle layer as a multiple of d. */
  readonly mlpRatio: number;
  /** The MLP's first layer is a Linear_ABN; otherwise a linear map and a batch norm. */
  readonly firstMlpActivation: boolean;
}

/**
 * X += Attention(X); X += MLP(X).
 *
 * Source: Fig. 2 (b).
 *
 * @param place stage and block; the parameters are named `attn.<stage>.<block>.…` and `mlp.<stage>.<block>.…`, the
 *   intermediate results `stage<stage>.block<block>.…`
 * @param x (m, t, d)
 * @returns (m, t, d)
 */
export function transformerBlock(
  tape: Tape,
  parameters: ParameterSet,
  place: { readonly stage: number; readonly block: number },
  x: Tensor,
  config: TransformerBlock,
): Tensor {
  const path = `${place.stage}.${place.block}`;
  const label = (name: string, tensor: Tensor) => tape.label(`stage${place.stage}.block${place.block}.${name}`, tensor);
  const shared = { tape, parameters, config, label };
  const attended = label('attn_out', attentionBranch({ ...shared, name: `attn.${path}`, x })); // (m, t, d)
  const middle = label('after_attn', add(tape, x, attended)); // (m, t, d)
  const perceived = label('mlp_out', mlpBranch({ ...shared, name: `mlp.${path}`, x: middle })); // (m, t, d)
  return label('after_mlp', add(tape, middle, perceived)); // (m, t, d)
}

/** Where a branch of a block is recorded, and under which names. */
interface Branch {
  readonly tape: Tape;
  readonly parameters: ParameterSet;
  /** Begins the names of its parameters. */
  readonly name: string;
  /** (m, t, d) */
  readonly x: Tensor;
  readonly config: TransformerBlock;
  /** Names an intermediate result. */
  label(name: string, tensor: Tensor): Tensor;
}

/**
 * Attention with narrow queries and keys: 2 d² h + 2 d d_k h weights.
 *
 * Source: "Lightweight designs" 2, Eq. 3 and Fig. 2 (b).
 * Departs: the paper is silent on the Hardtanh and on the output gain of 0, with which a block starts as X += MLP(X):
 * both are the released code's.
 */
function attentionBranch({ tape, parameters, name, x, config, label }: Branch): Tensor {
  const { heads, keyDim, scale } = config;
  const tokens = x.shape[1]!;
  const d = colsOf(x);
  const width = heads * (2 * keyDim + d);
  const positionBias = config.positionBias
    ? parameters.parameter(`${name}.pos`, [heads, tokens, tokens], standardNormal)
    : undefined;
  const projected = linearLayer(tape, parameters, `${name}.qkv`, x, width); // (m, t, h (2 d_k + d))
  const qkv = label('qkv', batchNormLayer(tape, parameters, `${name}.qkv_bn`, projected)); // (m, t, h (2 d_k + d))
  const { out, probabilities } = attention(tape, qkv, { heads, keyDim, valueDim: d, scale }, positionBias); // (m, t, h d)
  label('attn', probabilities); // (m, h, t, t)
  label('heads', out); // (m, t, h d)
  const merged = linearLayer(tape, parameters, `${name}.out`, hardtanh(tape, out), d); // (m, t, d)
  return batchNormLayer(tape, parameters, `${name}.out_bn`, merged, 0); // (m, t, d)
}

/** d -> mlpRatio d -> d, 2 mlpRatio d² weights. Source: "Lightweight designs" 1 and Fig. 2 (b). */
function mlpBranch({ tape, parameters, name, x, config, label }: Branch): Tensor {
  const d = colsOf(x);
  const first = { linear: `${name}.fc1`, batchNorm: `${name}.bn1` };
  const second = { linear: `${name}.fc2`, batchNorm: `${name}.bn2` };
  const width = config.mlpRatio * d;
  const hidden = config.firstMlpActivation
    ? linearAbn(tape, parameters, first, x, width) // (m, t, r d)
    : batchNormLayer(tape, parameters, first.batchNorm, linearLayer(tape, parameters, first.linear, x, width)); // (m, t, r d)
  return linearAbn(tape, parameters, second, label('mlp_hidden', hidden), d); // (m, t, d)
}
