import { readFileSync } from 'node:fs';
import type { Kernels } from '../../kernels/kernels.ts';
import type { Floats } from '../../kernels/operands.ts';
import { ParameterSet } from '../../src/autodiff/parameters.ts';
import { Tape } from '../../src/autodiff/tape.ts';
import type { Tensor } from '../../src/autodiff/tensor.ts';
import { cnt } from '../../src/compress/cnt/cnt.ts';
import { type CntConfig, cntConfig } from '../../src/compress/cnt/cnt-config.ts';
import { inrpLoss } from '../../src/compress/cnt/inrp-loss.ts';

export const GOLDEN_NAMES = ['cnt_paper', 'cnt_code', 'cnt_paper_deep', 'cnt_code_deep'] as const;
export type GoldenName = (typeof GOLDEN_NAMES)[number];

interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A run of an independent PyTorch implementation in float64: see test/fixtures/golden/README.md. */
export interface Golden {
  readonly name: GoldenName;
  readonly tensors: ReadonlyMap<string, GoldenTensor>;
  readonly config: CntConfig;
  readonly boundary: number;
  readonly loss: number;
  /** Before each of five AdamW steps, and after the last. */
  readonly adamwLosses: readonly number[];
  readonly zeroGradient: ReadonlySet<string>;
  readonly parameterCount: number;
}

/** Reads a fixture by the published safetensors layout, apart from the project's own reader. */
export function readGolden(name: GoldenName): Golden {
  const file = readFileSync(new URL(`../fixtures/golden/${name}.safetensors`, import.meta.url));
  const headerLength = Number(file.readBigUInt64LE(0));
  const { __metadata__, ...entries } = JSON.parse(file.toString('utf8', 8, 8 + headerLength));
  const bytes = file.buffer.slice(file.byteOffset + 8 + headerLength, file.byteOffset + file.length);
  const tensors = new Map<string, GoldenTensor>();
  for (const [key, { shape, data_offsets }] of Object.entries<{ shape: number[]; data_offsets: [number, number] }>(
    entries,
  )) {
    tensors.set(key, { shape, data: new Float32Array(bytes.slice(...data_offsets)) });
  }
  const meta = JSON.parse(__metadata__.meta);
  return {
    name,
    tensors,
    config: configOf(name, meta.config),
    boundary: meta.boundary,
    loss: meta.inrp_loss,
    adamwLosses: meta.adamw_losses,
    zeroGradient: new Set(meta.zero_gradient_params),
    parameterCount: meta.param_count,
  };
}

/**
 * Sizes from the file, switches from our preset: a wrong preset shows. Only cnt_code_deep sets one apart (mlp_ratio 2).
 */
function configOf(name: GoldenName, c: Record<string, number & number[]>): CntConfig {
  const sizes = {
    dIn: c['d_in']!,
    dOut: c['d_out']!,
    projections: c['n_proj']!,
    stages: c['depths']!,
    heads: c['heads']!,
    keyDivisor: c['qk_div']!,
  };
  const variant = name.startsWith('cnt_code') ? 'released-code' : 'paper';
  return cntConfig(variant, name === 'cnt_code_deep' ? { ...sizes, mlpRatio: c['mlp_ratio']! } : sizes);
}

export interface GoldenModel {
  readonly parameters: ParameterSet;
  readonly training: Tape;
  readonly out: Tensor;
  readonly loss: Tensor;
  readonly inference: Tape;
  readonly encoded: Tensor;
}

/** The network of a golden file on a training tape, with its loss, and on an inference tape. Touches no value. */
export function buildGolden(kernels: Kernels, golden: Golden): GoldenModel & { x: Tensor; query: Tensor } {
  const parameters = new ParameterSet(kernels, { gradients: true });
  const training = new Tape(kernels, { training: true });
  const x = training.input(golden.tensors.get('x')!.shape);
  const out = cnt(training, parameters, x, golden.config);
  const loss = inrpLoss(training, out, x, { boundary: golden.boundary, alpha: 2, beta: 0.01 });
  const inference = new Tape(kernels, { training: false });
  const query = inference.input(golden.tensors.get('x_eval')!.shape);
  const encoded = cnt(inference, parameters, query, golden.config);
  return { parameters, training, out, loss, inference, encoded, x, query };
}

/** Parameters, statistics and inputs as the golden run began. */
export function startGolden(model: ReturnType<typeof buildGolden>, golden: Golden): void {
  const start = new Map<string, GoldenTensor>();
  for (const [name, tensor] of golden.tensors) {
    const match = /^(?:param0|buffer0)\.(.*)$/.exec(name);
    if (match) start.set(match[1]!, tensor);
  }
  model.parameters.load(start);
  model.x.value.set(golden.tensors.get('x')!.data);
  model.query.value.set(golden.tensors.get('x_eval')!.data);
}

/**
 * Clears the entries of a tensor whose exact gradient is 0: all of some, and the key biases of attention (softmax
 * ignores a shift).
 */
export function withoutZeroGradients(golden: Golden, name: string, values: ArrayLike<number>): Floats {
  const kept = Float64Array.from(values);
  if (golden.zeroGradient.has(name)) return kept.fill(0);
  const match = /^attn\.(\d+)\.\d+\.qkv_bn\.bias$/.exec(name);
  if (match) {
    const keyDim = Math.floor(golden.config.dOut / golden.config.keyDivisor);
    const headDim = 2 * keyDim + golden.config.dOut;
    for (let head = 0; head < golden.config.heads[Number(match[1])]!; head++) {
      kept.fill(0, head * headDim + keyDim, head * headDim + 2 * keyDim);
    }
  }
  return kept;
}
