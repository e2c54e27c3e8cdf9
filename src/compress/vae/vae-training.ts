import type { Computing } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import { ParameterSet } from '../../autodiff/parameters.ts';
import { Tape } from '../../autodiff/tape.ts';
import type { Tensor } from '../../autodiff/tensor.ts';
import { AdamW } from '../../nn/adamw.ts';
import { buildInOwnMemory } from '../../tensor/bytes-needed.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { Random } from '../../tensor/random/random.ts';
import { Encoder } from '../network/encoder.ts';
import { standardizeRows } from '../network/standardization.ts';
import { HELD_OUT_BATCHES } from '../training/evaluation.ts';
import { gradientStep } from '../training/gradient-step.ts';
import type { EncodedRows, HeldOutLoss, Trainee } from '../training/trainee.ts';
import { VAE_KIND, type VaeLoss, vaeLoss } from './vae.ts';
import type { VaeSettings } from './vae-settings.ts';

/** Kingma & Ba 2015, the defaults; Adam is AdamW without weight decay. */
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const;

/** One tape with its inputs. */
interface Pass extends VaeLoss {
  readonly tape: Tape;
  readonly x: Tensor;
  readonly noise: Tensor;
}

/** All that the training of a VAE keeps in the memory of one `Kernels`. */
export class VaeTraining implements Trainee {
  readonly parameters: ParameterSet;
  readonly optimizer: AdamW;
  readonly encoder: Encoder;
  readonly #kernels: Kernels;
  readonly #settings: VaeSettings;
  readonly #pass: Pass;
  readonly #heldOut: Pass;

  /** @param heldOutRows rows of a batch of the held-out loss */
  constructor(kernels: Kernels, settings: VaeSettings, heldOutRows: number) {
    this.#kernels = kernels;
    this.#settings = settings;
    this.parameters = new ParameterSet(kernels, { gradients: true });
    this.#pass = this.#record(kernels, settings.batch, true);
    this.#heldOut = this.#record(kernels, heldOutRows, false);
    this.optimizer = new AdamW(kernels, this.parameters.trainable(), ADAM);
    const {
      network: { config },
      standardization,
    } = settings;
    this.encoder = new Encoder(kernels, this.parameters, { kind: VAE_KIND, config, standardization });
  }

  /** A model in memory of its own, taken once. */
  static create(settings: VaeSettings, heldOutRows: number, computing: Computing): VaeTraining {
    return buildInOwnMemory(computing, (kernels) => new VaeTraining(kernels, settings, heldOutRows));
  }

  close(): void {
    this.#kernels.close();
  }

  step(base: Matrix, ids: Int32Array, first: number, learningRate: number, step: number): number {
    const pass = this.#pass;
    this.#setInputs(pass, base, ids, first, `noise/${step}`);
    return gradientStep(pass.tape, pass.loss, this, learningRate);
  }

  /** Over held-out batches, with the same noise every time. */
  heldOutLoss(base: Matrix, { ids }: EncodedRows): HeldOutLoss {
    const pass = this.#heldOut;
    const rows = pass.x.shape[0]!;
    const batches = Math.min(HELD_OUT_BATCHES, Math.floor(ids.length / rows));
    let loss = 0;
    let error = 0;
    for (let batch = 0; batch < batches; batch++) {
      this.#setInputs(pass, base, ids, batch * rows, `noise/held-out/${batch}`);
      pass.tape.forward();
      loss += pass.loss.value[0]!;
      error += pass.error.value[0]!;
    }
    return { heldOutLoss: loss / batches, heldOutError: error / batches };
  }

  #record(kernels: Kernels, rows: number, training: boolean): Pass {
    const { network, klWeight } = this.#settings;
    const { config } = network;
    const tape = new Tape(kernels, { training });
    const x = tape.input([rows, config.dIn]);
    const noise = tape.input([rows, config.dOut]);
    return { tape, x, noise, ...vaeLoss(tape, this.parameters, x, noise, { config, klWeight }) };
  }

  /** The noise depends on the seed and `stream` alone, so training can continue at any step. */
  #setInputs({ tape, x, noise }: Pass, base: Matrix, ids: Int32Array, first: number, stream: string): void {
    const { standardization, seed } = this.#settings;
    standardizeRows(tape.kernels, x.value, { x: base, ids, first, count: x.shape[0]! }, standardization);
    const random = new Random(seed, stream);
    for (let i = 0; i < noise.value.length; i++) noise.value[i] = random.normal();
  }
}
