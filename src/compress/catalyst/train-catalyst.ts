import { computingOf } from '../../../kernels/backend.ts';
import { type Matrix, requireShape } from '../../tensor/matrix.ts';
import { requireOptions } from '../../tensor/options.ts';
import { heldOutBatch, PROBE_QUERIES } from '../training/evaluation.ts';
import { splitRows } from '../training/split.ts';
import { type RunOptions, runTraining, type TrainingPlan } from '../training/training-loop.ts';
import { CatalystCompressor } from './catalyst-compressor.ts';
import { type CatalystChoices, type CatalystSettings, catalystSettings } from './catalyst-settings.ts';
import { CatalystTraining } from './catalyst-training.ts';

export interface CatalystTrainingOptions extends CatalystChoices, RunOptions {}

/** Share of the highest rate in each quarter of the training. */
const RATES = [1, 1, 0.5, 0.1] as const;

/**
 * Trains a catalyst on the rows of `base`, and returns it with the parameters of the lowest held-out loss: triplets mined once an epoch, rank
 * loss and KoLeo (λ = 0.05), batches of 64 anchors, momentum 0.9, rates 0.1, 0.1, 0.05, 0.01 for a quarter of the training each.
 *
 * The same base, choices and seed give the same bits with every backend, and whether or not the training was interrupted and resumed.
 *
 * Source: Sablayrolles et al. 2019, "Spreading vectors for similarity search"; the baseline "Catalyst" of Table 2.
 * Departs: 8 epochs where they have 160, 512 hidden columns where they have 1024, at most 50,000 rows where they have 500,000: six minutes
 * of a core, and 1@1 of 32.8 on 50,000 rows at 256 -> 64 (bench/pipeline/baselines.ts). Anchors, positives and negatives pass through the
 * network as one batch, so that batch norm sees all three together. The input is standardized.
 *
 * @param base (n, dIn); not changed, and not copied
 * @throws {RangeError} if a choice is impossible, the base is too small or not finite, or `resume` belongs to another training
 * @throws {Error} if the loss becomes infinite or NaN
 * @throws {DOMException} AbortError when stopped by `signal`, after `onCheckpoint`
 *
 * @category Compress
 */
export async function trainCatalyst(base: Matrix, options: CatalystTrainingOptions = {}): Promise<CatalystCompressor> {
  requireShape(base, 'trainCatalyst');
  requireOptions('trainCatalyst', options);
  const settings = catalystSettings(base, options);
  const all = splitRows(base.rows, settings.seed);
  const split = { ...all, training: all.training.subarray(0, settings.learningRows) };
  const heldOutRows = Math.min(heldOutBatch(settings, split), PROBE_QUERIES); // whose neighbors are known
  const plan: TrainingPlan<CatalystSettings, CatalystCompressor> = {
    where: 'trainCatalyst',
    checkpoint: { kind: 'catalyst-checkpoint', where: 'Catalyst checkpoint' },
    settings,
    split,
    model: CatalystTraining.create(settings, split.training, heldOutRows, computingOf(options)),
    learningRate: (step) => learningRate(settings, step),
    compressor: (model) => new CatalystCompressor(model),
  };
  return runTraining(plan, base, options);
}

function learningRate({ learningRate, steps }: CatalystSettings, step: number): number {
  const quarter = Math.min(3, Math.floor((4 * step) / steps));
  return learningRate * RATES[quarter as 0 | 1 | 2 | 3];
}
