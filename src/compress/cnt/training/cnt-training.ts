import type { Computing } from '../../../../kernels/backend.ts';
import type { Kernels } from '../../../../kernels/kernels.ts';
import type { ParameterSet } from '../../../autodiff/parameters.ts';
import type { AdamW } from '../../../nn/adamw.ts';
import { buildInOwnMemory } from '../../../tensor/bytes-needed.ts';
import type { Matrix } from '../../../tensor/matrix.ts';
import { Encoder } from '../../network/encoder.ts';
import { standardizeRows } from '../../network/standardization.ts';
import { HELD_OUT_BATCHES } from '../../training/evaluation.ts';
import { gradientStep } from '../../training/gradient-step.ts';
import type { EncodedRows, HeldOutLoss, Trainee } from '../../training/trainee.ts';
import { encodedWith } from '../inrp-network.ts';
import type { CntSettings } from './cnt-settings.ts';
import { type HeldOutTape, heldOutTape, type TrainingTape, trainingTape } from './training-tapes.ts';

/** All that training keeps in the memory of one `Kernels`: parameters, moments, and the tapes of a step and of an evaluation. */
export class CntTraining implements Trainee {
  readonly parameters: ParameterSet;
  readonly optimizer: AdamW;
  readonly encoder: Encoder;
  readonly heldOut: HeldOutTape;
  readonly #kernels: Kernels;
  readonly #settings: CntSettings;
  readonly #training: TrainingTape;

  /** @param heldOutRows rows of a batch of the held-out loss */
  constructor(kernels: Kernels, settings: CntSettings, heldOutRows: number) {
    this.#kernels = kernels;
    this.#settings = settings;
    this.#training = trainingTape(kernels, settings);
    this.parameters = this.#training.parameters;
    this.optimizer = this.#training.optimizer;
    this.encoder = new Encoder(kernels, this.parameters, encodedWith(settings));
    this.heldOut = heldOutTape(kernels, settings, heldOutRows);
  }

  /** A model in memory of its own, taken once. */
  static create(settings: CntSettings, heldOutRows: number, computing: Computing): CntTraining {
    return buildInOwnMemory(computing, (kernels) => new CntTraining(kernels, settings, heldOutRows));
  }

  close(): void {
    this.#kernels.close();
  }

  step(base: Matrix, ids: Int32Array, first: number, learningRate: number): number {
    const { batch, standardization } = this.#settings;
    const { tape, x, loss } = this.#training;
    standardizeRows(this.#kernels, x.value, { x: base, ids, first, count: batch }, standardization);
    return gradientStep(tape, loss, this, learningRate);
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
      standardizeRows(
        this.#kernels,
        loss.originals.value,
        { x: base, ids, first, count: rows },
        this.#settings.standardization,
      );
      loss.tape.forward();
      weighted += loss.weighted.value[0]!;
      unweighted += loss.unweighted.value[0]!;
    }
    return { heldOutLoss: weighted / batches, heldOutError: unweighted / batches };
  }
}
