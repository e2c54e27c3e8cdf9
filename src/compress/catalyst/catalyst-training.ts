import type { Computing } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import { ParameterSet } from '../../autodiff/parameters.ts';
import { Tape } from '../../autodiff/tape.ts';
import type { Tensor } from '../../autodiff/tensor.ts';
import { Sgd } from '../../nn/sgd.ts';
import { buildInOwnMemory } from '../../tensor/bytes-needed.ts';
import { createMatrix, firstRows, type Matrix } from '../../tensor/matrix.ts';
import { nearest } from '../../tensor/nearest/nearest.ts';
import { Random } from '../../tensor/random/random.ts';
import { Encoder } from '../network/encoder.ts';
import { standardizeRows } from '../network/standardization.ts';
import { HELD_OUT_BATCHES } from '../training/evaluation.ts';
import { gradientStep } from '../training/gradient-step.ts';
import type { EncodedRows, HeldOutLoss, Probe, Trainee, YieldToEventLoop } from '../training/trainee.ts';
import { CATALYST_KIND, catalyst } from './catalyst.ts';
import { type CatalystLoss, catalystLoss } from './catalyst-loss.ts';
import { type CatalystSettings, NEGATIVE_RANK } from './catalyst-settings.ts';
import { TripletMining } from './triplet-mining.ts';

const MOMENTUM = 0.9;

/** The loss of triplets that are mapped already. */
interface HeldOutPass extends CatalystLoss {
  readonly tape: Tape;
  /** (3 rows, dOut) */
  readonly outputs: Tensor;
  readonly rows: number;
}

/** All that the training of a catalyst keeps: the memory of one `Kernels`, and the mined triplets. */
export class CatalystTraining implements Trainee {
  readonly parameters: ParameterSet;
  readonly optimizer: Sgd;
  readonly encoder: Encoder;
  readonly mined: ReadonlyMap<string, Int32Array>;
  readonly #kernels: Kernels;
  readonly #settings: CatalystSettings;
  readonly #computing: Computing;
  readonly #learning: Int32Array;
  readonly #mining: TripletMining;
  readonly #triplets: Int32Array;
  readonly #tape: Tape;
  readonly #x: Tensor;
  readonly #loss: CatalystLoss;
  readonly #heldOut: HeldOutPass;

  /**
   * @param learning rows of the base that are anchors, and among which positives and negatives are sought
   * @param heldOutRows anchors of a batch of the held-out loss
   */
  constructor(
    kernels: Kernels,
    settings: CatalystSettings,
    learning: Int32Array,
    heldOutRows: number,
    computing: Computing,
  ) {
    const { network, batch, koleoWeight, standardization } = settings;
    this.#kernels = kernels;
    this.#settings = settings;
    this.#computing = computing;
    this.#learning = learning;
    this.#mining = new TripletMining(learning, computing);
    this.mined = new Map([['negatives', this.#mining.negatives]]);
    this.#triplets = new Int32Array(3 * batch);
    this.parameters = new ParameterSet(kernels, { gradients: true });
    this.#tape = new Tape(kernels, { training: true });
    this.#x = this.#tape.input([3 * batch, network.config.dIn]);
    const outputs = catalyst(this.#tape, this.parameters, this.#x, network.config);
    this.#loss = catalystLoss(this.#tape, outputs, koleoWeight);
    this.optimizer = new Sgd(kernels, this.parameters.trainable(), { momentum: MOMENTUM });
    this.encoder = new Encoder(kernels, this.parameters, {
      kind: CATALYST_KIND,
      config: network.config,
      standardization,
    });
    this.#heldOut = heldOutPass(kernels, settings, heldOutRows);
  }

  /** A model in memory of its own, taken once. */
  static create(
    settings: CatalystSettings,
    learning: Int32Array,
    heldOutRows: number,
    computing: Computing,
  ): CatalystTraining {
    const build = (kernels: Kernels) => new CatalystTraining(kernels, settings, learning, heldOutRows, computing);
    return buildInOwnMemory(computing, build);
  }

  close(): void {
    this.#kernels.close();
  }

  /** Mines: the negatives in the output space as it is at the beginning of an epoch. */
  async beginEpoch(
    base: Matrix,
    ids: Int32Array,
    continuing: boolean,
    yieldToEventLoop: YieldToEventLoop,
  ): Promise<void> {
    const { steps, stepsPerEpoch, batch } = this.#settings;
    const anchors = ids.subarray(0, Math.min(steps, stepsPerEpoch) * batch);
    await this.#mining.minePositives(base, anchors, yieldToEventLoop);
    if (continuing) return;
    const encoded = createMatrix(this.#learning.length, this.#settings.network.config.dOut);
    for (let first = 0; first < encoded.rows; first += this.encoder.rows) {
      const count = Math.min(this.encoder.rows, encoded.rows - first);
      this.encoder.encodeChunk(encoded.data, { x: base, ids: this.#learning, first, count });
      await yieldToEventLoop();
    }
    await this.#mining.mineNegatives(encoded, anchors, yieldToEventLoop);
  }

  step(base: Matrix, ids: Int32Array, first: number, learningRate: number, step: number): number {
    const { batch, standardization, seed } = this.#settings;
    this.#mining.triplets(this.#triplets, ids, first, batch, new Random(seed, `positives/${step}`));
    const rows = { x: base, ids: this.#triplets, first: 0, count: 3 * batch };
    standardizeRows(this.#kernels, this.#x.value, rows, standardization);
    return gradientStep(this.#tape, this.#loss.loss, this, learningRate);
  }

  /** Held-out anchors, with positives and negatives from the probe chosen as in training; the same positives every time. */
  heldOutLoss(_base: Matrix, heldOut: EncodedRows, probe: Probe): HeldOutLoss {
    const { tape, outputs, rows, loss, rank } = this.#heldOut;
    const { neighbors } = probe;
    const { cols } = heldOut.encoded;
    const batches = Math.min(HELD_OUT_BATCHES, Math.floor(neighbors.rows / rows));
    const anchors = firstRows(heldOut.encoded, batches * rows);
    const k = Math.min(NEGATIVE_RANK, probe.encoded.rows);
    const far = nearest(probe.encoded, anchors, k, this.#computing).ids.data;
    const random = new Random(this.#settings.seed, 'positives/held-out');
    const copy = (target: number, from: Matrix, row: number) => {
      outputs.value.set(from.data.subarray(row * cols, (row + 1) * cols), target * cols);
    };
    let weighted = 0;
    let unweighted = 0;
    for (let anchor = 0; anchor < anchors.rows; anchor++) {
      const place = anchor % rows;
      copy(place, anchors, anchor);
      copy(rows + place, probe.encoded, neighbors.data[anchor * neighbors.cols + random.below(neighbors.cols)]!);
      copy(2 * rows + place, probe.encoded, far[(anchor + 1) * k - 1]!);
      if (place < rows - 1) continue;
      tape.forward();
      weighted += loss.value[0]!;
      unweighted += rank.value[0]!;
    }
    return { heldOutLoss: weighted / batches, heldOutError: unweighted / batches };
  }
}

function heldOutPass(kernels: Kernels, { network, koleoWeight }: CatalystSettings, rows: number): HeldOutPass {
  const tape = new Tape(kernels, { training: false });
  const outputs = tape.input([3 * rows, network.config.dOut]);
  return { tape, outputs, rows, ...catalystLoss(tape, outputs, koleoWeight) };
}
