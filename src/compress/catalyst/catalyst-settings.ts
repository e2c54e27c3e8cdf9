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
import type { CatalystConfig } from './catalyst.ts';

/** What a caller may choose; `samples` and `epochs` count triplets, one for each anchor. */
export interface CatalystChoices extends CommonChoices {
  /** Columns of the hidden layers; 512 unless given. */
  readonly hidden?: number | undefined;
  /** Weight of KoLeo, "λ"; 0.05 unless given. */
  readonly koleoWeight?: number | undefined;
}

/** Everything that decides the result, as plain JSON; stored with the model and in checkpoints. */
export interface CatalystSettings extends CommonSettings {
  readonly network: { readonly kind: 'catalyst'; readonly config: CatalystConfig };
  readonly koleoWeight: number;
  /** Rows that are anchors, and among which positives and negatives are sought. */
  readonly learningRows: number;
}

const WHERE = 'trainCatalyst';
const EPOCHS = 8;
const BATCH = 64;
const LEARNING_RATE = 0.1;
const HIDDEN = 512;
const KOLEO_WEIGHT = 0.05;

/**
 * Rows to learn from at most: mining compares every pair of them in each epoch, 23 s of a core for 64 columns.
 *
 * Departs: the paper learns from 500,000.
 */
const LEARNING_ROWS = 50_000;

/** The place of the negative among the neighbors in the output space, counted from 1 and with the anchor. */
export const NEGATIVE_RANK = 50;

/**
 * Fills in what the caller left out, and measures what belongs to the base.
 *
 * @throws {RangeError} if a choice is impossible, two exclude each other, or the base is too small or not finite
 */
export function catalystSettings(base: Matrix, choices: CatalystChoices): CatalystSettings {
  const seed = chosenSeed(WHERE, choices.seed);
  const dIn = base.cols;
  const config = { dIn, dOut: chosenDimension(WHERE, dIn, choices), hidden: choices.hidden ?? HIDDEN };
  requireWhole(WHERE, 'hidden', config.hidden, 1);
  const batch = choices.batch ?? BATCH;
  requireTrainable(WHERE, base, batch);
  const learningRows = Math.min(trainingRowCount(base.rows), LEARNING_ROWS);
  if (learningRows < Math.max(NEGATIVE_RANK, batch)) {
    const least = Math.max(NEGATIVE_RANK, batch);
    throw new RangeError(`${WHERE}: expected at least ${least} rows to train on, got ${learningRows}.`);
  }
  const stepsPerEpoch = Math.floor(learningRows / batch);
  const settings: CatalystSettings = {
    network: { kind: 'catalyst', config },
    steps: chosenSteps(WHERE, choices, { epochs: EPOCHS }, batch, stepsPerEpoch),
    stepsPerEpoch,
    batch,
    learningRate: choices.learningRate ?? LEARNING_RATE,
    koleoWeight: choices.koleoWeight ?? KOLEO_WEIGHT,
    learningRows,
    standardization: choices.standardization ?? measureStandardization(base, `${WHERE}: base`),
    seed,
    evaluations: choices.evaluations ?? DEFAULT_EVALUATIONS,
  };
  requireCommonSettings(WHERE, settings);
  requireRange(WHERE, 'koleoWeight', settings.koleoWeight, settings.koleoWeight >= 0, 'from 0');
  return settings;
}
