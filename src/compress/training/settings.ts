import { type Matrix, requireFinite } from '../../tensor/matrix.ts';
import { type CntConfig, type CntVariant, cntConfig } from '../cnt-config.ts';
import { INRP_WEIGHTS } from '../inrp-loss.ts';
import type { Network } from '../network.ts';
import { measureStandardization, type Standardization } from '../standardization.ts';
import { meanPairDistance } from './boundary.ts';
import { PRESETS, type Preset, type TrainingPreset, type TrainingStart } from './presets.ts';
import { MINIMUM_ROWS, trainingRowCount } from './split.ts';

/** Switches of the network that may be set apart from its variant. */
export type NetworkSwitches = Partial<Omit<CntConfig, 'dIn' | 'dOut' | 'projections'>>;

/** What a caller may choose; everything left out comes from the preset. */
export interface TrainingChoices {
  /** dIn / dOut; 4 unless `dOut` is given. */
  readonly factor?: number | undefined;
  readonly dOut?: number | undefined;
  readonly preset?: TrainingPreset | undefined;
  /** `linear` trains the control, a single linear map, with the same loss and schedule. */
  readonly network?: Network['kind'] | undefined;
  readonly variant?: CntVariant | undefined;
  readonly projections?: number | undefined;
  readonly switches?: NetworkSwitches | undefined;
  readonly start?: TrainingStart | undefined;
  /** How many rows pass through the network in all, counted up to whole batches. Not together with `epochs`. */
  readonly samples?: number | undefined;
  readonly epochs?: number | undefined;
  readonly batch?: number | undefined;
  readonly learningRate?: number | undefined;
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
  /** Measured from the base unless given. */
  readonly standardization?: Standardization | undefined;
  readonly seed?: number | string | undefined;
  /** How often, in equal intervals, the held-out loss and the recall of the probe are measured. */
  readonly evaluations?: number | undefined;
}

/** Everything that decides the result, as plain JSON; stored with the model and in checkpoints. */
export interface TrainingSettings {
  readonly preset: TrainingPreset;
  readonly network: Network;
  readonly start: TrainingStart;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly warmUp: number;
  readonly decay: 'step' | 'epoch';
  readonly alpha: number;
  readonly beta: number;
  readonly boundary: number;
  readonly standardization: Standardization;
  /** As text: a number and its decimal text are the same seed. */
  readonly seed: string;
  readonly evaluations: number;
}

const WEIGHT_DECAY = 0.01;
const EVALUATIONS = 10;

/**
 * Fills in what the caller left out, and measures what belongs to the base.
 *
 * @throws {RangeError} if a choice is impossible, two exclude each other, or the base is too small or not finite
 */
export function trainingSettings(base: Matrix, choices: TrainingChoices): TrainingSettings {
  const { preset: name = 'default' } = choices;
  if (typeof choices.seed === 'number') requireRange('seed', choices.seed, true, 'a finite number');
  const seed = String(choices.seed ?? 1);
  const preset = PRESETS[name];
  if (!preset) throw new RangeError(`trainCnt: expected preset ${Object.keys(PRESETS).join(', ')}, got ${name}.`);
  const network = chosenNetwork(base.cols, choices, preset);
  const batch = choices.batch ?? preset.batch;
  requireWhole('batch', batch, 2);
  const rows = Math.max(2 * batch, MINIMUM_ROWS);
  if (base.rows < rows) {
    throw new RangeError(
      `trainCnt: expected at least ${rows} rows for a batch of ${batch}, got ${base.rows}; pass a smaller batch or more rows.`,
    );
  }
  requireFinite(base, 'trainCnt: base');
  const stepsPerEpoch = Math.floor(trainingRowCount(base.rows) / batch);
  const standardization = choices.standardization ?? measureStandardization(base, 'trainCnt: base');
  const settings: TrainingSettings = {
    preset: name,
    network,
    start: choices.start ?? preset.start,
    steps: stepsIn(choices, preset, batch, stepsPerEpoch),
    stepsPerEpoch,
    batch,
    learningRate: choices.learningRate ?? preset.learningRate(base.cols),
    weightDecay: choices.weightDecay ?? WEIGHT_DECAY,
    warmUp: choices.warmUp ?? preset.warmUp,
    decay: choices.decay ?? preset.decay,
    alpha: choices.alpha ?? INRP_WEIGHTS.alpha,
    beta: choices.beta ?? INRP_WEIGHTS.beta,
    boundary: choices.boundary ?? meanPairDistance(base, standardization.std, seed),
    standardization,
    seed,
    evaluations: choices.evaluations ?? EVALUATIONS,
  };
  requireSettings(settings);
  return settings;
}

function chosenNetwork(dIn: number, choices: TrainingChoices, preset: Preset): Network {
  const dOut = chosenDimension(dIn, choices);
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

function chosenDimension(dIn: number, { factor, dOut }: TrainingChoices): number {
  if (factor !== undefined && dOut !== undefined) {
    throw new RangeError(`trainCnt: expected factor or dOut, got both (${factor} and ${dOut}).`);
  }
  const chosen = dOut ?? dIn / (factor ?? 4);
  if (!Number.isSafeInteger(chosen) || chosen < 1 || chosen > dIn) {
    const asked = dOut === undefined ? `${dIn} / ${factor ?? 4}` : dOut;
    throw new RangeError(`trainCnt: expected a compressed dimension from 1 to ${dIn}, got ${asked}.`);
  }
  return chosen;
}

function stepsIn(choices: TrainingChoices, preset: Preset, batch: number, stepsPerEpoch: number): number {
  const { samples, epochs } = choices;
  if (samples !== undefined && epochs !== undefined) {
    throw new RangeError(`trainCnt: expected samples or epochs, got both (${samples} and ${epochs}).`);
  }
  if (epochs !== undefined) requireWhole('epochs', epochs, 1);
  if (samples !== undefined) requireWhole('samples', samples, 1);
  if (epochs !== undefined) return epochs * stepsPerEpoch;
  if (samples !== undefined) return Math.ceil(samples / batch);
  return 'epochs' in preset.length ? preset.length.epochs * stepsPerEpoch : Math.ceil(preset.length.samples / batch);
}

function requireSettings(settings: TrainingSettings): void {
  const { start, decay, standardization, alpha, beta } = settings;
  if (start !== 'random' && start !== 'pca-rotated') {
    throw new RangeError(`trainCnt: expected start random or pca-rotated, got ${start}.`);
  }
  if (decay !== 'step' && decay !== 'epoch')
    throw new RangeError(`trainCnt: expected decay step or epoch, got ${decay}.`);
  requireRange('learningRate', settings.learningRate, settings.learningRate > 0, 'above 0');
  requireRange('weightDecay', settings.weightDecay, settings.weightDecay >= 0, 'from 0');
  requireRange('warmUp', settings.warmUp, settings.warmUp >= 0 && settings.warmUp < 1, 'from 0 and below 1');
  requireRange('standardization.mean', standardization.mean, true, 'a number');
  requireRange('standardization.std', standardization.std, standardization.std > 0, 'above 0');
  requireRange('boundary', settings.boundary, settings.boundary > 0, 'above 0');
  requireRange('beta', beta, beta >= 0, 'from 0');
  requireRange('alpha', alpha, alpha >= beta, `from beta = ${beta}`);
  requireWhole('evaluations', settings.evaluations, 1);
}

function requireWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`trainCnt: expected ${name} to be a whole number from ${least}, got ${value}.`);
  }
}

function requireRange(name: string, value: number, holds: boolean, expected: string): void {
  if (!Number.isFinite(value) || !holds)
    throw new RangeError(`trainCnt: expected ${name} to be ${expected}, got ${value}.`);
}
