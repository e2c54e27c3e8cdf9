import type { Matrix } from '../../../tensor/matrix.ts';
import { requireNamed } from '../../../tensor/options.ts';
import {
  type CommonChoices,
  type CommonSettings,
  chosenDimension,
  commonSettings,
  requireRange,
} from '../../training/settings.ts';
import { type CntConfig, type CntVariant, cntConfig } from '../cnt-config.ts';
import { INRP_WEIGHTS } from '../inrp-loss.ts';
import type { InrpNetwork } from '../inrp-network.ts';
import { meanPairDistance } from './boundary.ts';
import { PRESETS, type Preset, type TrainingPreset, type TrainingStart } from './presets.ts';

/** Switches of the network that may be set apart from its variant. */
export type NetworkSwitches = Partial<Omit<CntConfig, 'dIn' | 'dOut' | 'projections'>>;

/** What a caller may choose; what is left out comes from the preset. */
export interface CntChoices extends CommonChoices {
  readonly preset?: TrainingPreset | undefined;
  /** `linear` trains the control, a single linear map, with the same loss and schedule. */
  readonly network?: InrpNetwork['kind'] | undefined;
  readonly variant?: CntVariant | undefined;
  readonly projections?: number | undefined;
  readonly switches?: NetworkSwitches | undefined;
  readonly start?: TrainingStart | undefined;
  readonly weightDecay?: number | undefined;
  /** Share of the steps during which the learning rate rises. */
  readonly warmUp?: number | undefined;
  /** Whether the learning rate falls at every step or at every epoch. */
  readonly decay?: 'step' | 'epoch' | undefined;
  /** Largest and smallest weight of Eq. 5. */
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
  /** "boundary" of Eq. 5, in standardized units; measured from the base unless given. */
  readonly boundary?: number | undefined;
}

/** Everything that decides the result, as plain JSON; stored with the model and in checkpoints. */
export interface CntSettings extends CommonSettings {
  readonly preset: TrainingPreset;
  readonly network: InrpNetwork;
  readonly start: TrainingStart;
  readonly weightDecay: number;
  readonly warmUp: number;
  readonly decay: 'step' | 'epoch';
  readonly alpha: number;
  readonly beta: number;
  readonly boundary: number;
}

const WHERE = 'trainCnt';
const WEIGHT_DECAY = 0.01;

/**
 * Fills in what the caller left out, and measures what belongs to the base.
 *
 * @throws {RangeError} if a choice is impossible, two exclude each other, or the base is too small or not finite
 */
export function cntSettings(base: Matrix, choices: CntChoices): CntSettings {
  const { preset: name = 'default' } = choices;
  const preset = requireNamed(WHERE, 'preset', PRESETS, name);
  const settings: CntSettings = commonSettings(base, choices, {
    where: WHERE,
    defaults: { batch: preset.batch, learningRate: preset.learningRate(base.cols), length: preset.length },
    first: { preset: name, network: chosenNetwork(base.cols, choices, preset), start: choices.start ?? preset.start },
    own: ({ standardization, seed }) => ({
      weightDecay: choices.weightDecay ?? WEIGHT_DECAY,
      warmUp: choices.warmUp ?? preset.warmUp,
      decay: choices.decay ?? preset.decay,
      alpha: choices.alpha ?? INRP_WEIGHTS.alpha,
      beta: choices.beta ?? INRP_WEIGHTS.beta,
      boundary: choices.boundary ?? meanPairDistance(base, standardization.std, seed),
    }),
  });
  requireSettings(settings);
  return settings;
}

function chosenNetwork(dIn: number, choices: CntChoices, preset: Preset): InrpNetwork {
  const dOut = chosenDimension(WHERE, dIn, choices);
  if (choices.network === 'linear') {
    for (const option of ['variant', 'projections', 'switches'] as const) {
      if (choices[option] !== undefined) throw new RangeError(`trainCnt: expected no ${option} for network linear.`);
    }
    return { kind: 'linear', config: { dIn, dOut } };
  }
  if (choices.network !== undefined && choices.network !== 'cnt') {
    throw new RangeError(`trainCnt: expected network cnt or linear, got ${choices.network}.`);
  }
  const projections = choices.projections ?? preset.projections(dIn / dOut);
  const variant = choices.variant ?? preset.variant;
  return { kind: 'cnt', config: cntConfig(variant, { ...choices.switches, dIn, dOut, projections }) };
}

function requireSettings(settings: CntSettings): void {
  const { start, decay, alpha, beta } = settings;
  if (start !== 'random' && start !== 'pca-rotated') {
    throw new RangeError(`trainCnt: expected start random or pca-rotated, got ${start}.`);
  }
  if (decay !== 'step' && decay !== 'epoch')
    throw new RangeError(`trainCnt: expected decay step or epoch, got ${decay}.`);
  requireRange(WHERE, 'weightDecay', settings.weightDecay, settings.weightDecay >= 0, 'from 0');
  requireRange(WHERE, 'warmUp', settings.warmUp, settings.warmUp >= 0 && settings.warmUp < 1, 'from 0 and below 1');
  requireRange(WHERE, 'boundary', settings.boundary, settings.boundary > 0, 'above 0');
  requireRange(WHERE, 'beta', beta, beta >= 0, 'from 0');
  requireRange(WHERE, 'alpha', alpha, alpha >= beta, `from beta = ${beta}`);
}
