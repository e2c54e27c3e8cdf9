import { add, addToColumns, concatenateColumns, reshape, selectColumns } from '../../autodiff/combine.ts';
import type { Initializer, ParameterSet } from '../../autodiff/parameters.ts';
import type { Tape } from '../../autodiff/tape.ts';
import { requireShape, rowsOf, type Tensor } from '../../autodiff/tensor.ts';
import { batchNormLayer, linearLayer } from '../../nn/layers.ts';
import { linearAbn } from '../../nn/linear-abn.ts';
import { type TransformerBlock, transformerBlock } from '../../nn/transformer.ts';
import { sparseProjection } from '../projection/sparse-projection.ts';
import { type CntConfig, keyDimension, requireCntConfig, skipAdditions } from './cnt-config.ts';

/**
 * The compression network with transformer, f(x). Parameters and their first values:
 * `proj.weight` (n d, dIn; projection i is rows i d .. i d + d - 1; Eq. 2), `cp`, `cp_bn`, `A` and `B` (linear maps:
 * uniform in ±1 / sqrt(fan in)), and for each stage and block `attn.<stage>.<block>.…`, `mlp.<stage>.<block>.…`.
 *
 * Source: Fig. 1, sections "Projection part", "Global optimization part", "Compression part".
 * Departs: see each switch of `CntConfig`.
 *
 * @param x (m, dIn)
 * @returns (m, d)
 * @throws {RangeError} if the configuration is impossible or does not fit x
 */
export function cnt(tape: Tape, parameters: ParameterSet, x: Tensor, config: CntConfig): Tensor {
  requireCntConfig(config, 'cnt');
  requireShape('cnt: x', x, [rowsOf(x), config.dIn]);
  const { dOut: d, stages } = config;
  const m = rowsOf(x);
  const t = config.projections + 1;

  // Compression part: the first compression token, and what stages add to it.
  const token = label('cp0', linearAbn(tape, parameters, { linear: 'cp', batchNorm: 'cp_bn' }, x, d)); // (m, d)
  const skip = skipAdditions(config) > 0 ? label('skip', linearLayer(tape, parameters, 'A', x, d)) : undefined; // (m, d)

  // Projection part, and the tokens.
  const projected = projections(tape, parameters, x, config); // (m, n d)
  const tokenFirst = config.compressionToken === 'first';
  const parts = tokenFirst ? [token, projected] : [projected, token];
  const tokenColumn = tokenFirst ? 0 : config.projections * d;
  let tokens = concatenateColumns(tape, parts); // (m, t d)
  label('tokens0', tokens);

  // Global optimization part.
  for (let stage = 0; stage < stages.length; stage++) {
    const shape = blockOf(config, stage);
    let sequence = reshape(tokens, [m, t, d]); // (m, t, d)
    for (let block = 0; block < stages[stage]!; block++) {
      sequence = transformerBlock(tape, parameters, { stage, block }, sequence, shape); // (m, t, d)
    }
    tokens = reshape(sequence, [m, t * d]); // (m, t d)
    const last = stage === stages.length - 1;
    if (skip && !(last && config.skip === 'between-stages')) {
      tokens = addToColumns(tape, tokens, skip, tokenColumn); // (m, t d)
    }
    label(`stage${stage}.out`, tokens);
  }

  // Compression part: the last compression token, through projection B.
  let z = selectColumns(tape, tokens, tokenColumn, d); // (m, d)
  if (skip && config.skip === 'every-stage-and-output') z = add(tape, z, skip); // (m, d)
  return label('out', linearLayer(tape, parameters, 'B', label('z', z), d)); // (m, d)

  function label(name: string, tensor: Tensor): Tensor {
    return tape.label(name, tensor);
  }
}

/** [p^1(x) .. p^n(x)]. @returns (m, n d) */
function projections(tape: Tape, parameters: ParameterSet, x: Tensor, config: CntConfig): Tensor {
  const width = config.projections * config.dOut;
  const options = { bias: config.projectionBias, initialize: sparseProjections(config) };
  const projected = linearLayer(tape, parameters, 'proj', x, width, options); // (m, n d)
  return config.projectionBatchNorm ? batchNormLayer(tape, parameters, 'proj_norm', projected) : projected; // (m, n d)
}

/** n independent sparse random projections, one below the other. Source: Eq. 2. */
function sparseProjections({ projections, dOut, dIn }: CntConfig): Initializer {
  return (out, _shape, random) => {
    for (let i = 0; i < projections; i++) {
      out.set(sparseProjection(random.child(`${i}`), dOut, dIn).data, i * dOut * dIn);
    }
  };
}

function blockOf(config: CntConfig, stage: number): TransformerBlock {
  const keyDim = keyDimension(config);
  return {
    heads: config.heads[stage]!,
    keyDim,
    scale: 1 / Math.sqrt(config.softmaxScale === 'key-dimension' ? keyDim : config.dOut),
    positionBias: config.positionBias,
    mlpRatio: config.mlpRatio,
    firstMlpActivation: config.firstMlpActivation,
  };
}
