import type { Matrix } from '../../tensor/matrix.ts';
import {
  type CommonSettings,
  commonSettings,
  type HiddenChoices,
  hiddenSizes,
  requireRange,
} from '../training/settings.ts';
import type { VaeConfig } from './vae.ts';

/** What a caller may choose; 2 dIn hidden columns unless given. */
export interface VaeChoices extends HiddenChoices {
  /** Weight of the divergence, 0.01 unless given. */
  readonly klWeight?: number | undefined;
}

/** Everything that decides the result, as plain JSON; stored with the model and in checkpoints. */
export interface VaeSettings extends CommonSettings {
  readonly network: { readonly kind: 'vae'; readonly config: VaeConfig };
  readonly klWeight: number;
}

const WHERE = 'trainVae';
const DEFAULTS = { batch: 256, learningRate: 1e-3, length: { samples: 500_000 } };
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
  const config = hiddenSizes(WHERE, base.cols, choices, 2 * base.cols);
  const klWeight = choices.klWeight ?? KL_WEIGHT;
  requireRange(WHERE, 'klWeight', klWeight, klWeight >= 0, 'from 0');
  const first = { network: { kind: 'vae', config } } as const;
  return commonSettings(base, choices, { where: WHERE, defaults: DEFAULTS, first, own: () => ({ klWeight }) });
}
