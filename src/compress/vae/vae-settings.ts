import type { Matrix } from '../../tensor/matrix.ts';
import { measureStandardization } from '../standardization.ts';
import {
  type CommonChoices,
  type CommonSettings,
  chosenDimension,
  chosenSeed,
  chosenSteps,
  DEFAULT_EVALUATIONS,
  requireCommonSettings,
  requireRange,
  requireTrainable,
  requireWhole,
} from '../training/choices.ts';
import { trainingRowCount } from '../training/split.ts';
import type { VaeConfig } from './vae.ts';

export interface VaeChoices extends CommonChoices {
  /** Columns of the hidden layers; 2 dIn unless given. */
  readonly hidden?: number | undefined;
  /** Weight of the divergence, 0.01 unless given. */
  readonly klWeight?: number | undefined;
}

/** Everything that decides the result, as plain JSON; stored with the model and in checkpoints. */
export interface VaeSettings extends CommonSettings {
  readonly network: { readonly kind: 'vae'; readonly config: VaeConfig };
  readonly klWeight: number;
}

const WHERE = 'trainVae';
const SAMPLES = 500_000;
const BATCH = 256;
const LEARNING_RATE = 1e-3;
/**
 * The best of three by recall: 1@1 of 44.5 on 50,000 rows at 256 -> 64, against 43.1 with weight 0.1, and 37.5 with 1 (half the samples),
 * which is the bound on the likelihood (bench/pipeline/baselines.ts).
 */
const KL_WEIGHT = 0.01;

/**
 * Fills in what the caller left out, and measures what belongs to the base.
 *
 * @throws {RangeError} if a choice is impossible, two exclude each other, or the base is too small or not finite
 */
export function vaeSettings(base: Matrix, choices: VaeChoices): VaeSettings {
  const seed = chosenSeed(WHERE, choices.seed);
  const dIn = base.cols;
  const config = { dIn, dOut: chosenDimension(WHERE, dIn, choices), hidden: choices.hidden ?? 2 * dIn };
  requireWhole(WHERE, 'hidden', config.hidden, 1);
  const batch = choices.batch ?? BATCH;
  requireTrainable(WHERE, base, batch);
  const stepsPerEpoch = Math.floor(trainingRowCount(base.rows) / batch);
  const settings: VaeSettings = {
    network: { kind: 'vae', config },
    steps: chosenSteps(WHERE, choices, { samples: SAMPLES }, batch, stepsPerEpoch),
    stepsPerEpoch,
    batch,
    learningRate: choices.learningRate ?? LEARNING_RATE,
    klWeight: choices.klWeight ?? KL_WEIGHT,
    standardization: choices.standardization ?? measureStandardization(base, `${WHERE}: base`),
    seed,
    evaluations: choices.evaluations ?? DEFAULT_EVALUATIONS,
  };
  requireCommonSettings(WHERE, settings);
  requireRange(WHERE, 'klWeight', settings.klWeight, settings.klWeight >= 0, 'from 0');
  return settings;
}
