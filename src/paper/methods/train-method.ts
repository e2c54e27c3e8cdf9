import { trainCatalyst } from '../../compress/catalyst/train-catalyst.ts';
import type { TrainingChoices } from '../../compress/cnt/settings.ts';
import { trainCnt } from '../../compress/cnt/train-cnt.ts';
import type { Compressor } from '../../compress/compressor.ts';
import { trainPca } from '../../compress/projection/pca.ts';
import { SrpCompressor } from '../../compress/projection/sparse-projection.ts';
import { type HistoryPoint, readHistory } from '../../compress/training/history.ts';
import type { PreparationReport } from '../../compress/training/trained-model.ts';
import type { TrainingReport } from '../../compress/training/training-loop.ts';
import { trainVae } from '../../compress/vae/train-vae.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { Archive } from '../../tensor/named-arrays.ts';
import { CATALYST_SETTINGS, VAE_SETTINGS } from '../printed/settings.ts';
import type { RunContext } from '../run-context.ts';
import type { Method } from './method.ts';

/** A training is stored at least this often. */
const CHECKPOINT_MILLISECONDS = 120_000;

/** Catalyst's samples are triplets. */
const ROWS_OF_TRIPLET = 3;

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
  readonly choices?: TrainingChoices;
}

/** Trains one method on the rows of `base`, from the last checkpoint on. */
export async function trainMethod(
  base: Matrix,
  training: MethodTraining,
  { backend, signal, now, progress: open }: RunContext,
): Promise<Compressor> {
  const { method, dOut, samples, seed, label, checkpoints, choices } = training;
  if (method === 'SRP') return SrpCompressor.create({ dIn: base.cols, dOut, seed });
  if (method === 'PCA') return trainPca(base, { dOut, backend });
  const progress = open(label);
  const run = {
    ...choices,
    dOut,
    samples,
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
  };
  const compressor = await trainNetwork(method, base, run);
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

type NetworkRun = NonNullable<Parameters<typeof trainVae>[1]> & TrainingChoices & { readonly samples: number };

function trainNetwork(method: Exclude<Method, 'SRP' | 'PCA'>, base: Matrix, run: NetworkRun): Promise<Compressor> {
  if (method === 'VAE') return trainVae(base, { ...run, ...VAE_SETTINGS });
  if (method === 'Catalyst') {
    // Departs: 2 dIn hidden columns, 512 for Deep1M, where its authors have 1024.
    const samples = Math.ceil(run.samples / ROWS_OF_TRIPLET);
    return trainCatalyst(base, { ...run, ...CATALYST_SETTINGS, samples, hidden: 2 * base.cols });
  }
  return trainCnt(base, method === 'linear' ? { ...run, network: 'linear' } : run);
}

/** What a training recorded; `samples` are rows that passed through the network, whatever the method. */
export function trainingHistory(compressor: Compressor): HistoryPoint[] {
  const { history, method } = compressor.toNamedArrays().metadata;
  const points = readHistory(JSON.parse(history ?? '[]'), 'trainingHistory');
  return method === 'catalyst'
    ? points.map((point) => ({ ...point, samples: ROWS_OF_TRIPLET * point.samples }))
    : points;
}
