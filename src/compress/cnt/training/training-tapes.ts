import type { Kernels } from '../../../../kernels/kernels.ts';
import { ParameterSet } from '../../../autodiff/parameters.ts';
import { Tape } from '../../../autodiff/tape.ts';
import type { Tensor } from '../../../autodiff/tensor.ts';
import { AdamW } from '../../../nn/adamw.ts';
import { inrpLoss } from '../inrp-loss.ts';
import { INRP_KINDS } from '../inrp-network.ts';
import type { CntSettings } from './cnt-settings.ts';

/** PyTorch's defaults, which the paper does not change. */
const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** A network with its loss, recorded, and what changes its parameters. */
export interface TrainingTape {
  readonly parameters: ParameterSet;
  readonly tape: Tape;
  /** (batch, dIn) */
  readonly x: Tensor;
  /** (1) */
  readonly loss: Tensor;
  readonly optimizer: AdamW;
}

export function trainingTape(kernels: Kernels, settings: CntSettings): TrainingTape {
  const { network, batch, boundary, alpha, beta, weightDecay } = settings;
  const parameters = new ParameterSet(kernels, { gradients: true });
  const tape = new Tape(kernels, { training: true });
  const x = tape.input([batch, network.config.dIn]);
  const compressed = INRP_KINDS[network.kind].record(tape, parameters, x, network.config);
  const loss = inrpLoss(tape, compressed, x, { boundary, alpha, beta });
  const optimizer = new AdamW(kernels, parameters.trainable(), { ...ADAMW, weightDecay });
  return { parameters, tape, x, loss, optimizer };
}

/** INRP of rows that are compressed already, with the weights of Eq. 5 and with all weights 1. */
export interface HeldOutTape {
  readonly tape: Tape;
  /** (rows, dOut) */
  readonly compressed: Tensor;
  /** (rows, dIn) */
  readonly originals: Tensor;
  readonly weighted: Tensor;
  readonly unweighted: Tensor;
}

export function heldOutTape(
  kernels: Kernels,
  { network: { config }, boundary, alpha, beta }: CntSettings,
  rows: number,
): HeldOutTape {
  const tape = new Tape(kernels, { training: false });
  const compressed = tape.input([rows, config.dOut]);
  const originals = tape.input([rows, config.dIn]);
  const weighted = inrpLoss(tape, compressed, originals, { boundary, alpha, beta });
  const unweighted = inrpLoss(tape, compressed, originals, { boundary, alpha: 1, beta: 1 });
  return { tape, compressed, originals, weighted, unweighted };
}
