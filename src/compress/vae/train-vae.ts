import { type Matrix, requireShape } from '../../tensor/matrix.ts';
import { requireOptions } from '../../tensor/options.ts';
import { heldOutBatch } from '../training/evaluation.ts';
import { splitRows } from '../training/split.ts';
import { type RunOptions, runTraining, type TrainingPlan } from '../training/training-loop.ts';
import { isFeatureParameter } from './vae.ts';
import { VaeCompressor } from './vae-compressor.ts';
import { type VaeChoices, type VaeSettings, vaeSettings } from './vae-settings.ts';
import { VaeTraining } from './vae-training.ts';

export interface VaeTrainingOptions extends VaeChoices, RunOptions {}

/**
 * Trains a variational autoencoder on the rows of `base`, and returns its encoder with the parameters of the lowest held-out loss. Adam at a
 * constant rate (1e-3), 500,000 rows in batches of 256 unless chosen otherwise; the input is standardized by one mean and deviation.
 *
 * The same base, choices and seed give the same bits with every backend, and whether or not the training was interrupted and resumed.
 *
 * Source: the baseline "VAE" of Table 4.
 * Departs: the paper says nothing of its network, its loss or its training. The divergence has weight 0.01; at 1, the bound on the
 * likelihood, the codes of real vectors keep less of the neighborhood (bench/pipeline/baselines.ts).
 *
 * @param base (n, dIn); not changed, and not copied
 * @throws {RangeError} if a choice is impossible, the base is too small or not finite, or `resume` belongs to another training
 * @throws {Error} if the loss becomes infinite or NaN
 * @throws {DOMException} AbortError when stopped by `signal`, after `onCheckpoint`
 *
 * @category Compress
 */
export async function trainVae(base: Matrix, options: VaeTrainingOptions = {}): Promise<VaeCompressor> {
  requireShape(base, 'trainVae');
  requireOptions('trainVae', options);
  const settings = vaeSettings(base, options);
  const split = splitRows(base.rows, settings.seed);
  const plan: TrainingPlan<VaeSettings, VaeCompressor> = {
    where: 'trainVae',
    checkpoint: { kind: 'vae-checkpoint', where: 'VAE checkpoint' },
    settings,
    split,
    model: VaeTraining.create(settings, heldOutBatch(settings, split), options),
    compressor(model) {
      const parameters = new Map([...model.parameters].filter(([name]) => isFeatureParameter(name)));
      return new VaeCompressor({ ...model, parameters });
    },
  };
  return runTraining(plan, base, options);
}
