import { type Computing, computingOf } from '../../../../kernels/backend.ts';
import type { GpuDevice } from '../../../../kernels/gpu/device.ts';
import type { ParameterSet } from '../../../autodiff/parameters.ts';
import { polyRate } from '../../../nn/poly-schedule.ts';
import { type Matrix, requireShape } from '../../../tensor/matrix.ts';
import { requireOptions } from '../../../tensor/options.ts';
import { Random } from '../../../tensor/random/random.ts';
import { trainPca } from '../../projection/pca.ts';
import { heldOutBatch } from '../../training/evaluation.ts';
import { splitRows } from '../../training/split.ts';
import { type RunOptions, runTraining, type TrainingPlan } from '../../training/training-loop.ts';
import { CntCompressor } from '../cnt-compressor.ts';
import { startLinearMapAtPca } from '../linear-map.ts';
import { startCntAtPca } from '../pca-start.ts';
import { type CntChoices, type CntSettings, cntSettings } from './cnt-settings.ts';
import { CntTraining } from './cnt-training.ts';
import { GpuCntTraining } from './gpu-cnt-training.ts';

export type { TrainingReport } from '../../training/training-loop.ts';

export interface CntTrainingOptions extends CntChoices, RunOptions {
  /** Steps and encoding run there; what else there is to compute (a start at PCA, the probe's neighbors) on `backend`. */
  readonly gpu?: GpuDevice | undefined;
}

/**
 * Trains a compression network on the rows of `base` with INRP, and returns it with the parameters of the lowest held-out loss.
 *
 * The same base, choices and seed give the same bits with every backend, and whether or not the training was interrupted and resumed.
 * On a GPU the losses follow these within 1e-4 over 40 steps, and the model's record names it.
 *
 * Source: "Training setting" of the paper, presets `paper` and `released-code`; an incomplete last batch of an epoch is left out.
 * Departs: the preset `default`, see `presets.ts`.
 *
 * @param base (n, dIn); not changed, and not copied
 * @throws {RangeError} if a choice is impossible, the base is too small or not finite, or `resume` belongs to another training
 * @throws {Error} if the loss becomes infinite or NaN
 * @throws {DOMException} AbortError when stopped by `signal`, after `onCheckpoint`
 *
 * @example
 * ```ts
 * import { generateManifold, trainCnt } from 'cnt-ann';
 *
 * const { base } = generateManifold({ rows: 1000, queries: 1, dim: 32, seed: 1 });
 * const compressor = await trainCnt(base, { factor: 4, samples: 2560, seed: 1 });
 * const short = compressor.encode(base);
 * console.log(short.rows, short.cols); // 1000 8
 * ```
 *
 * @category Compress
 */
export async function trainCnt(base: Matrix, options: CntTrainingOptions = {}): Promise<CntCompressor> {
  requireShape(base, 'trainCnt');
  requireOptions('trainCnt', options);
  const settings = cntSettings(base, options);
  const split = splitRows(base.rows, settings.seed);
  const heldOutRows = heldOutBatch(settings, split);
  const plan: TrainingPlan<CntSettings, CntCompressor> = {
    where: 'trainCnt',
    checkpoint: { kind: 'cnt-checkpoint', where: 'CNT checkpoint' },
    settings,
    split,
    gpu: options.gpu?.report.adapter,
    model: options.gpu
      ? await GpuCntTraining.create(options.gpu, base, settings, heldOutRows)
      : CntTraining.create(settings, heldOutRows, options),
    start(parameters) {
      if (settings.start === 'pca-rotated') startAtPca(parameters, settings, base, computingOf(options));
    },
    learningRate: (step) => learningRate(settings, step),
    compressor: (model) => new CntCompressor(model),
  };
  return runTraining(plan, base, options);
}

function startAtPca(parameters: ParameterSet, settings: CntSettings, base: Matrix, computing: Computing): void {
  const { network, seed } = settings;
  const { directions } = trainPca(base, { dOut: network.config.dOut, ...computing });
  if (network.kind === 'cnt') startCntAtPca(parameters, network.config, directions, new Random(seed, 'rotation'));
  else startLinearMapAtPca(parameters, directions);
}

function learningRate({ learningRate, steps, stepsPerEpoch, warmUp, decay }: CntSettings, step: number): number {
  const done = decay === 'step' ? step : step - (step % stepsPerEpoch);
  return polyRate(learningRate, done, steps, warmUp);
}
