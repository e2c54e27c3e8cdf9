import { type BackendChoice, createKernels } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import { bytesNeeded } from '../../autodiff/memory.ts';
import { ParameterSet } from '../../autodiff/parameters.ts';
import { Tape } from '../../autodiff/tape.ts';
import type { Tensor } from '../../autodiff/tensor.ts';
import { AdamW } from '../../nn/adamw.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { Encoder } from '../encoder.ts';
import { inrpLoss } from '../inrp-loss.ts';
import { network } from '../network.ts';
import { standardizeRows } from '../standardization.ts';
import { HELD_OUT_BATCHES } from './evaluation.ts';
import type { TrainingSettings } from './settings.ts';
import type { EncodedRows, HeldOutLoss, TrainedModel } from './trained-model.ts';

/** PyTorch's defaults, which the paper does not change. */
const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** INRP of rows that are compressed already, with the weights of Eq. 5 and with all weights 1. */
interface HeldOutTape {
  readonly tape: Tape;
  readonly compressed: Tensor;
  readonly originals: Tensor;
  readonly weighted: Tensor;
  readonly unweighted: Tensor;
}

/** All that training keeps in the memory of one `Kernels`: parameters, moments, and the tapes of a step and of an evaluation. */
export class TrainingModel implements TrainedModel {
  readonly parameters: ParameterSet;
  readonly optimizer: AdamW;
  readonly encoder: Encoder;
  readonly heldOut: HeldOutTape;
  readonly #settings: TrainingSettings;
  readonly #tape: Tape;
  readonly #x: Tensor;
  readonly #loss: Tensor;

  /** @param heldOutRows rows of a batch of the held-out loss */
  constructor(kernels: Kernels, settings: TrainingSettings, heldOutRows: number) {
    const { network: model, batch, boundary, alpha, beta } = settings;
    this.#settings = settings;
    this.parameters = new ParameterSet(kernels, { gradients: true });
    this.#tape = new Tape(kernels, { training: true });
    this.#x = this.#tape.input([batch, model.config.dIn]);
    const compressed = network(this.#tape, this.parameters, this.#x, model);
    this.#loss = inrpLoss(this.#tape, compressed, this.#x, { boundary, alpha, beta });
    this.optimizer = new AdamW(kernels, this.parameters.trainable(), { ...ADAMW, weightDecay: settings.weightDecay });
    this.encoder = new Encoder(kernels, this.parameters, model, settings.standardization);
    this.heldOut = heldOutTape(kernels, settings, heldOutRows);
  }

  /** A model in memory of its own, taken once. */
  static create(settings: TrainingSettings, heldOutRows: number, backend: BackendChoice | undefined): TrainingModel {
    const build = (kernels: Kernels) => new TrainingModel(kernels, settings, heldOutRows);
    const bytes = bytesNeeded(build);
    return build(createKernels(backend ? { bytes, backend } : { bytes }));
  }

  step(base: Matrix, ids: Int32Array, first: number, learningRate: number): number {
    const { batch, standardization } = this.#settings;
    standardizeRows(this.#x.value, base, ids, first, batch, standardization);
    this.#tape.forward();
    const loss = this.#loss.value[0]!;
    if (!Number.isFinite(loss)) return loss;
    this.parameters.clearGradients();
    this.#tape.backward(this.#loss);
    this.optimizer.step(learningRate);
    return loss;
  }

  /** Mean of Eq. 4 over held-out batches. */
  heldOutLoss(base: Matrix, { ids, encoded }: EncodedRows): HeldOutLoss {
    const loss = this.heldOut;
    const rows = loss.compressed.shape[0]!;
    const batches = Math.min(HELD_OUT_BATCHES, Math.floor(ids.length / rows));
    let weighted = 0;
    let unweighted = 0;
    for (let batch = 0; batch < batches; batch++) {
      const first = batch * rows;
      loss.compressed.value.set(encoded.data.subarray(first * encoded.cols, (first + rows) * encoded.cols));
      standardizeRows(loss.originals.value, base, ids, first, rows, this.#settings.standardization);
      loss.tape.forward();
      weighted += loss.weighted.value[0]!;
      unweighted += loss.unweighted.value[0]!;
    }
    return { heldOutLoss: weighted / batches, heldOutError: unweighted / batches };
  }
}

function heldOutTape(
  kernels: Kernels,
  { network: { config }, ...settings }: TrainingSettings,
  rows: number,
): HeldOutTape {
  const { boundary, alpha, beta } = settings;
  const tape = new Tape(kernels, { training: false });
  const compressed = tape.input([rows, config.dOut]);
  const originals = tape.input([rows, config.dIn]);
  const weighted = inrpLoss(tape, compressed, originals, { boundary, alpha, beta });
  const unweighted = inrpLoss(tape, compressed, originals, { boundary, alpha: 1, beta: 1 });
  return { tape, compressed, originals, weighted, unweighted };
}
