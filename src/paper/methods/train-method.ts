import type { CntChoices } from '../../compress/cnt/training/cnt-settings.ts';
import type { Compressor } from '../../compress/compressor.ts';
import { type Method, methodOf, storedMethod } from '../../compress/methods.ts';
import { type HistoryPoint, readHistory } from '../../compress/training/history.ts';
import type { PreparationReport } from '../../compress/training/trainee.ts';
import { CHECKPOINT_MILLISECONDS, type TrainingReport } from '../../compress/training/training-loop.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { Archive } from '../../tensor/named-arrays.ts';
import { CATALYST_SETTINGS, VAE_SETTINGS } from '../printed/settings.ts';
import type { RunContext } from '../run-context.ts';

/** Where a training finds its last checkpoint and puts the next. */
export interface Checkpoints {
  readonly last: Archive | undefined;
  store(checkpoint: Archive): Promise<void>;
}

/** What a training is given by its experiment. */
export interface MethodTraining {
  readonly method: Method;
  readonly dOut: number;
  /** Rows that pass through a network. */
  readonly samples: number;
  readonly seed: number;
  /** For the progress on the screen. */
  readonly label: string;
  readonly checkpoints: Checkpoints;
  /** What differs from the default; for CNT and the linear map. */
  readonly choices?: CntChoices;
}

/** Trains one method on the rows of `base`, from the last checkpoint on. */
export async function trainMethod(
  base: Matrix,
  training: MethodTraining,
  { backend, signal, now, progress: open }: RunContext,
): Promise<Compressor> {
  const { method, dOut, samples, seed, label, checkpoints, choices } = training;
  const { learnsInSteps, rowsOfSample, train } = methodOf(method);
  if (!learnsInSteps) return train(base, { dOut, seed, backend });
  const progress = open(label);
  const compressor = await train(base, {
    ...VAE_SETTINGS,
    ...CATALYST_SETTINGS,
    // Departs: 512 hidden columns for Deep1M, where Catalyst's authors have 1024.
    hidden: 2 * base.cols,
    ...choices,
    dOut,
    samples: Math.ceil(samples / rowsOfSample),
    seed,
    backend,
    signal,
    resume: checkpoints.last,
    onCheckpoint: checkpoints.store,
    now: () => 1000 * now(),
    checkpointInterval: CHECKPOINT_MILLISECONDS,
    onPreparation: preparationProgress(open),
    onProgress: ({ samples: done, totalSamples, loss }: TrainingReport) =>
      progress.update(done, totalSamples, loss === undefined ? '' : `loss ${loss.toFixed(4)}`),
  });
  progress.end();
  return compressor;
}

/** Shows each long piece of work between two steps by a progress of its own. */
export function preparationProgress(open: RunContext['progress']): (report: PreparationReport) => void {
  let shown: ReturnType<RunContext['progress']> | undefined;
  return ({ what, done, total }) => {
    shown ??= open(what);
    shown.update(done, total);
    if (done < total) return;
    shown.end();
    shown = undefined;
  };
}

/** What a training recorded; `samples` are rows that passed through the network, whatever the method. */
export function trainingHistory(compressor: Compressor): HistoryPoint[] {
  const { history, method } = compressor.toNamedArrays().metadata;
  const points = readHistory(JSON.parse(history ?? '[]'), 'trainingHistory');
  const { rowsOfSample } = storedMethod(method)!;
  return points.map((point) => ({ ...point, samples: rowsOfSample * point.samples }));
}
