import { referenceKernels } from '../../../../kernels/backend.ts';
import type { GpuDevice, GpuMatrix } from '../../../../kernels/gpu/device.ts';
import type { Floats } from '../../../../kernels/operands.ts';
import { type GpuKernels, gpuKernels } from '../../../../kernels/resident/gpu-kernels.ts';
import type { ParameterSet } from '../../../autodiff/parameters.ts';
import type { AdamW } from '../../../nn/adamw.ts';
import { createMatrix, type Matrix } from '../../../tensor/matrix.ts';
import { GpuEncoder } from '../../network/gpu-encoder.ts';
import { standardizeRows } from '../../network/standardization.ts';
import { HELD_OUT_BATCHES } from '../../training/evaluation.ts';
import type { EncodedRows, HeldOutLoss, Trainee } from '../../training/trainee.ts';
import { encodedWith } from '../inrp-network.ts';
import type { CntSettings } from './cnt-settings.ts';
import { type HeldOutTape, heldOutTape, type TrainingTape, trainingTape } from './training-tapes.ts';

/** Rows are standardized before they are sent. */
const HOST = referenceKernels();

/** Steps from one reading of the losses to the next: reading is where the host waits for the device. */
export const LOSS_INTERVAL = 16;

/**
 * A training whose parameters, moments, activations and gradients stay on a GPU, and the base too where it fits; a step then takes
 * up the numbers of its rows alone. The tapes are those of `CntTraining`.
 *
 * Departs from `CntTraining`: losses are within 1e-4 of its, not of its bits; a loss that is not finite is noticed up to 15 steps
 * later.
 */
export class GpuCntTraining implements Trainee {
  readonly parameters: ParameterSet;
  readonly optimizer: AdamW;
  readonly encoder: GpuEncoder;
  readonly #device: GpuDevice;
  readonly #kernels: GpuKernels;
  readonly #settings: CntSettings;
  readonly #training: TrainingTape;
  readonly #heldOut: HeldOutTape;
  /** The base, standardized, or undefined where it does not fit. */
  readonly #rows: GpuMatrix | undefined;
  /** Numbers of the rows of a batch. */
  readonly #ids: Floats;
  /** Of the steps since they were last read. */
  readonly #losses: Floats;
  #lossCount = 0;

  private constructor(
    device: GpuDevice,
    kernels: GpuKernels,
    settings: CntSettings,
    heldOutRows: number,
    rows: GpuMatrix | undefined,
  ) {
    this.#device = device;
    this.#kernels = kernels;
    this.#settings = settings;
    this.#rows = rows;
    this.#training = trainingTape(kernels, settings);
    this.parameters = this.#training.parameters;
    this.optimizer = this.#training.optimizer;
    this.encoder = new GpuEncoder(kernels, this.parameters, encodedWith(settings), settings.batch);
    this.#heldOut = heldOutTape(kernels, settings, heldOutRows);
    this.#ids = kernels.floats(settings.batch);
    this.#losses = kernels.floats(LOSS_INTERVAL);
  }

  /** @param heldOutRows rows of a batch of the held-out loss */
  static async create(
    device: GpuDevice,
    base: Matrix,
    settings: CntSettings,
    heldOutRows: number,
  ): Promise<GpuCntTraining> {
    const rows = await standardizedRows(device, base, settings);
    return new GpuCntTraining(device, gpuKernels(device), settings, heldOutRows, rows);
  }

  async step(base: Matrix, ids: Int32Array, first: number, learningRate: number): Promise<readonly number[]> {
    const { tape, loss } = this.#training;
    this.#takeBatch(base, ids, first);
    tape.forward();
    this.#kernels.copyBlock(this.#losses, LOSS_INTERVAL, this.#lossCount, loss.value, 1, 0, 1, 1);
    this.parameters.clearGradients();
    tape.backward(loss);
    this.optimizer.step(learningRate);
    this.#kernels.keepOnly([...this.#state(), this.#losses]);
    await this.#kernels.launch();
    this.#lossCount++;
    return this.#lossCount === LOSS_INTERVAL ? this.#readLosses() : [];
  }

  async heldOutLoss(base: Matrix, { ids, encoded }: EncodedRows): Promise<HeldOutLoss> {
    const { tape, compressed, originals, weighted, unweighted } = this.#heldOut;
    const rows = compressed.shape[0]!;
    const batches = Math.min(HELD_OUT_BATCHES, Math.floor(ids.length / rows));
    const sums = { weighted: 0, unweighted: 0 };
    for (let batch = 0; batch < batches; batch++) {
      const first = batch * rows;
      compressed.value.set(encoded.data.subarray(first * encoded.cols, (first + rows) * encoded.cols));
      standardizeRows(HOST, originals.value, { x: base, ids, first, count: rows }, this.#settings.standardization);
      this.#kernels.send(compressed.value);
      this.#kernels.send(originals.value);
      tape.forward();
      await this.#kernels.fetch(weighted.value, unweighted.value);
      sums.weighted += weighted.value[0]!;
      sums.unweighted += unweighted.value[0]!;
    }
    return { heldOutLoss: sums.weighted / batches, heldOutError: sums.unweighted / batches };
  }

  send(): void {
    for (const value of this.#state()) this.#kernels.send(value);
  }

  async fetch(): Promise<readonly number[]> {
    await this.#kernels.fetch(...this.#state());
    return this.#readLosses();
  }

  /** Gives back the base, and leaves what was compiled to the next training on the device. */
  close(): void {
    this.#kernels.close();
    if (this.#rows) this.#device.free(this.#rows);
  }

  /** All that a step leaves to the next one. */
  #state(): Floats[] {
    return [...this.parameters.all(), ...this.optimizer.moments().values()].map(({ value }) => value);
  }

  #takeBatch(base: Matrix, ids: Int32Array, first: number): void {
    const { batch, standardization } = this.#settings;
    const { x } = this.#training;
    if (this.#rows) {
      this.#ids.set(ids.subarray(first, first + batch));
      this.#kernels.send(this.#ids);
      this.#kernels.gatherRows(x.value, this.#rows, this.#ids, batch);
    } else {
      standardizeRows(HOST, x.value, { x: base, ids, first, count: batch }, standardization);
      this.#kernels.send(x.value);
    }
  }

  async #readLosses(): Promise<readonly number[]> {
    await this.#kernels.fetch(this.#losses);
    const known = Array.from(this.#losses.subarray(0, this.#lossCount));
    this.#lossCount = 0;
    return known;
  }
}

/** Row numbers are whole in float32 up to here. */
const MOST_ROWS = 2 ** 24;

async function standardizedRows(
  device: GpuDevice,
  base: Matrix,
  { standardization }: CntSettings,
): Promise<GpuMatrix | undefined> {
  const { rows, cols } = base;
  if (rows > MOST_ROWS || rows * cols > device.capacity) return undefined;
  const { data } = createMatrix(rows, cols);
  standardizeRows(HOST, data, { x: base, first: 0, count: rows }, standardization);
  return device.upload(data, rows, cols);
}
