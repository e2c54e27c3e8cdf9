import type { Matrix } from '../../tensor/matrix.ts';
import {
  type CommonSettings,
  commonSettings,
  type HiddenChoices,
  hiddenSizes,
  requireRange,
} from '../training/settings.ts';
import { trainingRowCount } from '../training/split.ts';
import type { CatalystConfig } from './catalyst.ts';

/** What a caller may choose; `samples` and `epochs` count triplets, one for each anchor. 512 hidden columns unless given. */
export interface CatalystChoices extends HiddenChoices {
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
const DEFAULTS = { batch: 64, learningRate: 0.1, length: { epochs: 8 } };
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
  const config = hiddenSizes(WHERE, base.cols, choices, HIDDEN);
  const koleoWeight = choices.koleoWeight ?? KOLEO_WEIGHT;
  requireRange(WHERE, 'koleoWeight', koleoWeight, koleoWeight >= 0, 'from 0');
  const learningRows = Math.min(trainingRowCount(base.rows), LEARNING_ROWS);
  const settings = commonSettings(base, choices, {
    where: WHERE,
    defaults: DEFAULTS,
    rows: learningRows,
    first: { network: { kind: 'catalyst', config } } as const,
    own: () => ({ koleoWeight, learningRows }),
  });
  const least = Math.max(NEGATIVE_RANK, settings.batch);
  if (learningRows < least) {
    throw new RangeError(`${WHERE}: expected at least ${least} rows to train on, got ${learningRows}.`);
  }
  return settings;
}
