import { type Computing, computingOf } from '../../../kernels/backend.ts';
import type { ParameterSet } from '../../autodiff/parameters.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { Archive, NamedArray } from '../../tensor/named-arrays.ts';
import type { NetworkModel } from '../network/network-compressor.ts';
import { type CheckpointFormat, restoreCheckpoint, type TrainingProgress, takeCheckpoint } from './checkpoint.ts';
import { Evaluator } from './evaluation.ts';
import { evaluationSteps, type HistoryPoint } from './history.ts';
import type { CommonSettings } from './settings.ts';
import { epochOrder, type Split } from './split.ts';
import type { PreparationReport, Trainee } from './trainee.ts';

/** A `checkpointInterval` for trainings of hours: no more than two minutes are lost when the machine stops. */
export const CHECKPOINT_MILLISECONDS = 120_000;

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

/** How a training is run; nothing of it changes the result. */
export interface RunOptions extends Computing {
  /** Continues a training of the same base and choices, bit for bit. */
  readonly resume?: Archive | undefined;
  /** Stops the training between two steps. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every step, and after every evaluation but the one before the first step. */
  readonly onProgress?: ((report: TrainingReport) => void) | undefined;
  /** Called as long work between two steps goes on; `done` is `total` at its end. */
  readonly onPreparation?: ((report: PreparationReport) => void) | undefined;
  /** Called after each evaluation but the last, when the training is stopped, and as `checkpointInterval` says. */
  readonly onCheckpoint?: ((checkpoint: Archive) => void | Promise<void>) | undefined;
  /** A clock in milliseconds, for `secondsLeft` and `checkpointInterval` and nothing else. */
  readonly now?: (() => number) | undefined;
  /** Longest time between checkpoints, in ms of `now`. If absent, one per evaluation. */
  readonly checkpointInterval?: number | undefined;
}

/** One training of one method. */
export interface TrainingPlan<S extends CommonSettings, C> {
  /** Begins messages: `trainCnt`. */
  readonly where: string;
  readonly checkpoint: CheckpointFormat;
  readonly settings: S;
  readonly split: Split;
  /** Closed at the end. */
  readonly model: Trainee;
  /** The name of the GPU that makes the steps, if one does. */
  readonly gpu?: string | undefined;
  /** Changes the first values of the parameters, which are drawn by the seed. */
  start?(parameters: ParameterSet): void;
  /**
   * That of the settings unless given.
   *
   * @param step how many were made before
   */
  learningRate?(step: number): number;
  /**
   * What is returned.
   *
   * @param model with the parameters of the lowest held-out loss and the running statistics; its record is settings and history as JSON
   *   texts, and the GPU if one made steps
   */
  compressor(model: NetworkModel & { readonly network: S['network'] }): C;
}

/**
 * The loop of every method that learns by gradient descent: steps, evaluations in equal intervals, checkpoints at each of them and when
 * stopped. The parameters of the lowest held-out loss are kept. An incomplete last batch of an epoch is left out.
 *
 * @throws {RangeError} if `resume` belongs to another training
 * @throws {Error} if the loss becomes infinite or NaN
 * @throws {DOMException} AbortError when stopped by `signal`, after `onCheckpoint`
 */
export async function runTraining<S extends CommonSettings, C>(
  plan: TrainingPlan<S, C>,
  base: Matrix,
  options: RunOptions,
): Promise<C> {
  const { checkpoint, model, settings } = plan;
  try {
    if (options.resume) {
      const progress = restoreCheckpoint(checkpoint, options.resume, model, settings, base);
      return await new Training(base, options, plan, progress).run();
    }
    model.parameters.initialize(settings.seed);
    plan.start?.(model.parameters);
    const progress = { step: 0, lossSum: 0, lossSteps: 0, history: [], best: undefined, gpu: undefined };
    return await new Training(base, options, plan, progress).run();
  } finally {
    model.close();
  }
}

/** The loop over steps and evaluations. */
class Training<S extends CommonSettings, C> {
  readonly #base: Matrix;
  readonly #options: RunOptions;
  readonly #plan: TrainingPlan<S, C>;
  readonly #settings: S;
  readonly #model: Trainee;
  readonly #progress: TrainingProgress;
  readonly #evaluator: Evaluator;
  readonly #firstStep: number;
  /** Steps whose losses are counted in the progress. */
  #lossesKnown: number;
  readonly #started: number | undefined;
  #lastCheckpoint: number;
  #order: { readonly epoch: number; readonly ids: Int32Array } | undefined;

  constructor(base: Matrix, options: RunOptions, plan: TrainingPlan<S, C>, progress: TrainingProgress) {
    this.#base = base;
    this.#options = options;
    this.#plan = plan;
    this.#settings = plan.settings;
    this.#model = plan.model;
    this.#progress = progress;
    this.#evaluator = new Evaluator(base, plan.settings, plan.split, computingOf(options));
    this.#firstStep = progress.step;
    this.#lossesKnown = progress.step;
    progress.gpu = plan.gpu ?? progress.gpu;
    this.#started = options.now?.();
    this.#lastCheckpoint = this.#started ?? 0;
  }

  async run(): Promise<C> {
    const { steps, evaluations } = this.#settings;
    const progress = this.#progress;
    const points = evaluationSteps(steps, evaluations);
    this.#model.send?.();
    try {
      for (;;) {
        if (points.has(progress.step) && progress.history.at(-1)?.step !== progress.step) await this.#evaluate();
        if (progress.step === steps) return this.#compressor();
        await this.#yieldToEventLoop();
        await this.#beginEpoch();
        await this.#step();
        if (this.#checkpointIsDue()) await this.#checkpoint();
      }
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') await this.#checkpoint();
      throw error;
    }
  }

  async #step(): Promise<void> {
    const { step } = this.#progress;
    const { batch, stepsPerEpoch } = this.#settings;
    const first = (step % stepsPerEpoch) * batch;
    const losses = await this.#model.step(this.#base, this.#order!.ids, first, this.#learningRate(step), step);
    this.#progress.step++;
    this.#count(typeof losses === 'number' ? [losses] : losses);
  }

  #learningRate(step: number): number {
    return this.#plan.learningRate?.(step) ?? this.#settings.learningRate;
  }

  /** Takes the losses of one or more steps into account, which are those after `#lossesKnown`. */
  #count(losses: readonly number[]): void {
    for (const loss of losses) {
      if (!Number.isFinite(loss)) throw this.#divergence(`loss ${loss} at step ${this.#lossesKnown}`);
      this.#lossesKnown++;
      this.#progress.lossSum += loss;
      this.#progress.lossSteps++;
    }
    if (losses.length > 0) this.#report(losses.at(-1)!);
  }

  /** So that losses, parameters and moments are those after the last step. */
  async #catchUp(): Promise<void> {
    if (this.#model.fetch) this.#count(await this.#model.fetch());
  }

  /** Puts the rows in the order of the epoch that the next step belongs to, unless they are. */
  async #beginEpoch(): Promise<void> {
    const { stepsPerEpoch, seed } = this.#settings;
    const { step } = this.#progress;
    const epoch = Math.floor(step / stepsPerEpoch);
    if (this.#order?.epoch === epoch) return;
    const ids = epochOrder(this.#plan.split.training, seed, epoch);
    await this.#model.beginEpoch?.(this.#base, ids, step % stepsPerEpoch > 0, (work) => {
      if (work) this.#options.onPreparation?.(work);
      return this.#yieldToEventLoop();
    });
    this.#order = { epoch, ids };
  }

  async #evaluate(): Promise<void> {
    await this.#catchUp();
    const progress = this.#progress;
    const { step, lossSum, lossSteps } = progress;
    const evaluation = await this.#evaluator.evaluate(this.#model, () => this.#yieldToEventLoop());
    if (!evaluation || !Number.isFinite(evaluation.heldOutLoss)) {
      throw this.#divergence(`held-out loss ${evaluation?.heldOutLoss ?? Number.NaN} after ${step} steps`);
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

  /**
   * Once a step: where there is `setImmediate`, it takes microseconds, a timer a millisecond.
   *
   * @throws {DOMException} AbortError if the training is to stop
   */
  async #yieldToEventLoop(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (typeof setImmediate === 'function') setImmediate(resolve);
      else setTimeout(resolve, 0);
    });
    if (this.#options.signal?.aborted) {
      throw new DOMException(
        `${this.#plan.where}: stopped after ${this.#progress.step} of ${this.#settings.steps} steps.`,
        'AbortError',
      );
    }
  }

  #checkpointIsDue(): boolean {
    const { now, checkpointInterval } = this.#options;
    return now !== undefined && checkpointInterval !== undefined && now() - this.#lastCheckpoint >= checkpointInterval;
  }

  async #checkpoint(): Promise<void> {
    const { onCheckpoint, now } = this.#options;
    this.#lastCheckpoint = now?.() ?? 0;
    if (!onCheckpoint) return;
    await this.#catchUp();
    await onCheckpoint(takeCheckpoint(this.#plan.checkpoint, this.#model, this.#progress, this.#settings, this.#base));
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

  #compressor(): C {
    const { network, standardization, ...settings } = this.#settings;
    const { best, history, gpu } = this.#progress;
    const training = { ...settings, bestStep: best!.step };
    const record = {
      training: JSON.stringify(training),
      history: JSON.stringify(history),
      ...(gpu !== undefined && { gpu }),
    };
    return this.#plan.compressor({ network, standardization, parameters: best!.parameters, record });
  }

  #divergence(what: string): Error {
    const { where, settings } = this.#plan;
    const advice = `try a learning rate below ${settings.learningRate}`;
    return new Error(`${where}: expected a finite loss, got ${what}; ${advice}.`);
  }
}

function copyParameters(model: Trainee): Map<string, NamedArray> {
  return new Map(
    model.parameters.all().map(({ name, shape, value }) => [name, { shape, data: Float32Array.from(value) }]),
  );
}
