import type { BackendChoice } from '../../kernels/backend.ts';
import { polyRate } from '../nn/poly-schedule.ts';
import type { Matrix } from '../tensor/matrix.ts';
import type { Archive, NamedArray } from '../tensor/named-arrays.ts';
import { Random } from '../tensor/random.ts';
import { CntCompressor } from './cnt-compressor.ts';
import { startLinearMapAtPca } from './linear-map.ts';
import { trainPca } from './pca.ts';
import { startAtPca } from './pca-start.ts';
import { restoreCheckpoint, type TrainingProgress, takeCheckpoint } from './training/checkpoint.ts';
import { Evaluator, heldOutBatch } from './training/evaluation.ts';
import { evaluationSteps, type HistoryPoint } from './training/history.ts';
import { type TrainingChoices, type TrainingSettings, trainingSettings } from './training/settings.ts';
import { epochOrder, type Split, splitRows } from './training/split.ts';
import { TrainingModel } from './training/training-model.ts';

/** Where a training stands, after a step or an evaluation. */
export interface TrainingReport {
  readonly step: number;
  readonly steps: number;
  /** Rows that have passed through the network, and that will have in all. */
  readonly samples: number;
  readonly totalSamples: number;
  /** Of the last step; after an evaluation, the mean since the evaluation before. */
  readonly loss: number;
  /** Of the next step. */
  readonly learningRate: number;
  /** The latest one: new if its `step` is. */
  readonly evaluation: HistoryPoint;
  /** Present if a clock was given and a step was made. */
  readonly secondsLeft?: number;
}

export interface TrainingOptions extends TrainingChoices {
  readonly backend?: BackendChoice | undefined;
  /** Continues a training of the same base and choices, bit for bit. */
  readonly resume?: Archive | undefined;
  /** Stops the training between two steps. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every step, and after every evaluation but the one before the first step. */
  readonly onProgress?: ((report: TrainingReport) => void) | undefined;
  /** Called after each evaluation but the last, and when the training is stopped. */
  readonly onCheckpoint?: ((checkpoint: Archive) => void | Promise<void>) | undefined;
  /** A clock in milliseconds, for `secondsLeft` and nothing else. */
  readonly now?: (() => number) | undefined;
}

/**
 * Trains a compression network on the rows of `base` with INRP, and returns it with the parameters of the lowest held-out loss.
 *
 * The same base, choices and seed give the same bits with every backend, and whether or not the training was interrupted and resumed.
 *
 * Source: "Training setting" of the paper, presets `paper` and `released-code`; an incomplete last batch of an epoch is left out.
 * Departs: the preset `default`, see `training/presets.ts`.
 *
 * @param base (n, dIn); not changed, and not copied
 * @throws {RangeError} if a choice is impossible, the base is too small or not finite, or `resume` belongs to another training
 * @throws {Error} if the loss becomes infinite or NaN
 * @throws {DOMException} AbortError when stopped by `signal`, after `onCheckpoint`
 */
export async function trainCnt(base: Matrix, options: TrainingOptions = {}): Promise<CntCompressor> {
  const settings = trainingSettings(base, options);
  const split = splitRows(base.rows, settings.seed);
  const model = TrainingModel.create(settings, heldOutBatch(settings, split), options.backend);
  const progress = options.resume
    ? restoreCheckpoint(options.resume, model, settings, base)
    : startTraining(model, settings, base, options.backend);
  return new Training(base, options, settings, split, model, progress).run();
}

/** Gives the parameters their first values. */
function startTraining(
  model: TrainingModel,
  settings: TrainingSettings,
  base: Matrix,
  backend: BackendChoice | undefined,
): TrainingProgress {
  const { network, seed } = settings;
  model.parameters.initialise(seed);
  if (settings.start === 'pca-rotated') {
    const { directions } = trainPca(base, { dOut: network.config.dOut, ...(backend && { backend }) });
    if (network.kind === 'cnt') startAtPca(model.parameters, network.config, directions, new Random(seed, 'rotation'));
    else startLinearMapAtPca(model.parameters, directions);
  }
  return { step: 0, lossSum: 0, lossSteps: 0, history: [], best: undefined };
}

/** The loop over steps and evaluations. */
class Training {
  readonly #base: Matrix;
  readonly #options: TrainingOptions;
  readonly #settings: TrainingSettings;
  readonly #split: Split;
  readonly #model: TrainingModel;
  readonly #progress: TrainingProgress;
  readonly #evaluator: Evaluator;
  readonly #firstStep: number;
  readonly #started: number | undefined;
  #order: { readonly epoch: number; readonly ids: Int32Array } | undefined;

  constructor(
    base: Matrix,
    options: TrainingOptions,
    settings: TrainingSettings,
    split: Split,
    model: TrainingModel,
    progress: TrainingProgress,
  ) {
    this.#base = base;
    this.#options = options;
    this.#settings = settings;
    this.#split = split;
    this.#model = model;
    this.#progress = progress;
    this.#evaluator = new Evaluator(base, settings, split, options.backend);
    this.#firstStep = progress.step;
    this.#started = options.now?.();
  }

  async run(): Promise<CntCompressor> {
    const { steps, evaluations } = this.#settings;
    const progress = this.#progress;
    const points = evaluationSteps(steps, evaluations);
    try {
      for (;;) {
        if (points.has(progress.step) && progress.history.at(-1)?.step !== progress.step) await this.#evaluate();
        if (progress.step === steps) return this.#compressor();
        await this.#pause();
        this.#step();
      }
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') await this.#checkpoint();
      throw error;
    }
  }

  #step(): void {
    const progress = this.#progress;
    const { step } = progress;
    const { batch, stepsPerEpoch } = this.#settings;
    const first = (step % stepsPerEpoch) * batch;
    const loss = this.#model.step(this.#base, this.#epoch(step), first, this.#learningRate(step));
    if (!Number.isFinite(loss)) throw divergence(`loss ${loss} at step ${step}`, this.#settings);
    progress.step++;
    progress.lossSum += loss;
    progress.lossSteps++;
    this.#report(loss);
  }

  /** Row ids in the order of the epoch that the step belongs to. */
  #epoch(step: number): Int32Array {
    const epoch = Math.floor(step / this.#settings.stepsPerEpoch);
    if (this.#order?.epoch !== epoch) {
      this.#order = { epoch, ids: epochOrder(this.#split.training, this.#settings.seed, epoch) };
    }
    return this.#order.ids;
  }

  #learningRate(step: number): number {
    const { learningRate, steps, stepsPerEpoch, warmUp, decay } = this.#settings;
    const done = decay === 'step' ? step : step - (step % stepsPerEpoch);
    return polyRate(learningRate, done, steps, warmUp);
  }

  async #evaluate(): Promise<void> {
    const progress = this.#progress;
    const { step, lossSum, lossSteps } = progress;
    const evaluation = await this.#evaluator.evaluate(this.#model, () => this.#pause());
    if (!Number.isFinite(evaluation.heldOutLoss)) {
      throw divergence(`held-out loss ${evaluation.heldOutLoss} after ${step} steps`, this.#settings);
    }
    const lowest = progress.history.reduce(
      (least, point) => Math.min(least, point.heldOutLoss),
      Number.POSITIVE_INFINITY,
    );
    const point: HistoryPoint = {
      step,
      samples: step * this.#settings.batch,
      ...(lossSteps > 0 && { loss: lossSum / lossSteps }),
      ...evaluation,
    };
    progress.history.push(point);
    progress.lossSum = 0;
    progress.lossSteps = 0;
    if (evaluation.heldOutLoss < lowest) progress.best = { step, parameters: copyParameters(this.#model) };
    if (point.loss !== undefined) this.#report(point.loss);
    if (step < this.#settings.steps) await this.#checkpoint();
  }

  /** Lets signals, timers and the screen have their turn. @throws {DOMException} AbortError if the training is to stop */
  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (typeof setImmediate === 'function') setImmediate(resolve);
      else setTimeout(resolve, 0);
    });
    if (this.#options.signal?.aborted) {
      throw new DOMException(
        `trainCnt: stopped after ${this.#progress.step} of ${this.#settings.steps} steps.`,
        'AbortError',
      );
    }
  }

  async #checkpoint(): Promise<void> {
    const { onCheckpoint } = this.#options;
    await onCheckpoint?.(takeCheckpoint(this.#model, this.#progress, this.#settings, this.#base));
  }

  #report(loss: number): void {
    const { onProgress, now } = this.#options;
    const evaluation = this.#progress.history.at(-1);
    if (!onProgress || !evaluation) return;
    const { step } = this.#progress;
    const { steps, batch } = this.#settings;
    const done = step - this.#firstStep;
    const seconds = now && done > 0 ? ((now() - this.#started!) / 1000 / done) * (steps - step) : undefined;
    onProgress({
      step,
      steps,
      samples: step * batch,
      totalSamples: steps * batch,
      learningRate: this.#learningRate(step),
      loss,
      evaluation,
      ...(seconds !== undefined && { secondsLeft: seconds }),
    });
  }

  #compressor(): CntCompressor {
    const { network, standardization, ...settings } = this.#settings;
    const { best, history } = this.#progress;
    const training = { ...settings, bestStep: best!.step };
    return new CntCompressor({
      network,
      standardization,
      parameters: best!.parameters,
      record: { training: JSON.stringify(training), history: JSON.stringify(history) },
    });
  }
}

function copyParameters(model: TrainingModel): Map<string, NamedArray> {
  return new Map(
    model.parameters.all().map(({ name, shape, value }) => [name, { shape, data: Float32Array.from(value) }]),
  );
}

function divergence(what: string, { learningRate }: TrainingSettings): Error {
  return new Error(`trainCnt: expected a finite loss, got ${what}; try a learning rate below ${learningRate}.`);
}
