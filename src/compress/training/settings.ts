import type { Matrix } from '../../tensor/matrix.ts';
import { requireBase } from '../../tensor/vectors/vectors.ts';
import { requireWhole } from '../../tensor/whole-number.ts';
import type { Network } from '../network/network.ts';
import { measureStandardization, type Standardization } from '../network/standardization.ts';
import { MINIMUM_ROWS, trainingRowCount } from './split.ts';

/** What a caller may choose of any method that learns by gradient descent; what is left out, the method chooses. */
export interface CommonChoices {
  /** dIn / dOut; 4 unless `dOut` is given. */
  readonly factor?: number | undefined;
  readonly dOut?: number | undefined;
  /** How many rows pass through the network in all, counted up to whole batches. Not together with `epochs`. */
  readonly samples?: number | undefined;
  readonly epochs?: number | undefined;
  readonly batch?: number | undefined;
  readonly learningRate?: number | undefined;
  /** Measured from the base unless given. */
  readonly standardization?: Standardization | undefined;
  readonly seed?: number | string | undefined;
  /** How often, in equal intervals, the held-out loss and the recall of the probe are measured. */
  readonly evaluations?: number | undefined;
}

/** What the loop of training needs of the settings of any method; plain JSON. */
export interface CommonSettings {
  readonly network: Network;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly standardization: Standardization;
  /** As text: a number and its decimal text are the same seed. */
  readonly seed: string;
  readonly evaluations: number;
}

const EVALUATIONS = 10;

/** How long a training is when the caller does not say. */
export type Length = { readonly samples: number } | { readonly epochs: number };

/** @param where who asks; begins every message */
function chosenSeed(where: string, seed: number | string | undefined): string {
  if (seed !== undefined && typeof seed !== 'string')
    requireRange(where, 'seed', seed, true, 'a finite number or a text');
  return String(seed ?? 1);
}

/** @throws {RangeError} if the compressed dimension is impossible, or given twice */
export function chosenDimension(where: string, dIn: number, { factor, dOut }: CommonChoices): number {
  if (factor !== undefined && dOut !== undefined) {
    throw new RangeError(`${where}: expected factor or dOut, got both (${factor} and ${dOut}).`);
  }
  const chosen = dOut ?? dIn / (factor ?? 4);
  if (!Number.isSafeInteger(chosen) || chosen < 1 || chosen > dIn) {
    const asked = dOut === undefined ? `${dIn} / ${factor ?? 4}` : dOut;
    throw new RangeError(`${where}: expected a compressed dimension from 1 to ${dIn}, got ${asked}.`);
  }
  return chosen;
}

/** Choices of a network with hidden layers. */
export interface HiddenChoices extends CommonChoices {
  /** Columns of the hidden layers. */
  readonly hidden?: number | undefined;
}

/** @throws {RangeError} if a size is impossible, or the compressed dimension given twice */
export function hiddenSizes(where: string, dIn: number, choices: HiddenChoices, hiddenWhenAbsent: number) {
  const sizes = { dIn, dOut: chosenDimension(where, dIn, choices), hidden: choices.hidden ?? hiddenWhenAbsent };
  requireWhole(where, 'hidden', sizes.hidden, 1);
  return sizes;
}

/** Steps in all. @throws {RangeError} if samples and epochs are both given, or are no counts */
function chosenSteps(
  where: string,
  { samples, epochs }: CommonChoices,
  whenAbsent: Length,
  batch: number,
  stepsPerEpoch: number,
): number {
  if (samples !== undefined && epochs !== undefined) {
    throw new RangeError(`${where}: expected samples or epochs, got both (${samples} and ${epochs}).`);
  }
  if (epochs !== undefined) requireWhole(where, 'epochs', epochs, 1);
  if (samples !== undefined) requireWhole(where, 'samples', samples, 1);
  if (epochs !== undefined) return epochs * stepsPerEpoch;
  if (samples !== undefined) return Math.ceil(samples / batch);
  return 'epochs' in whenAbsent ? whenAbsent.epochs * stepsPerEpoch : Math.ceil(whenAbsent.samples / batch);
}

/** What a method adds to the settings of all. */
export interface MethodSettings<First extends { readonly network: Network }, Own extends object> {
  /** Begins every message: `trainVae`. */
  readonly where: string;
  /** What is done where the caller does not say. */
  readonly defaults: { readonly batch: number; readonly learningRate: number; readonly length: Length };
  /** How many rows are learned from; all that are not held out unless given. */
  readonly rows?: number;
  /** The network, and what else files hold before the steps. */
  readonly first: First;
  /** What no other method has, which files hold after the learning rate. */
  own(measured: Pick<CommonSettings, 'standardization' | 'seed'>): Own;
}

/**
 * The settings of a method, with what belongs to the base measured. Their order is that of files, so digests depend on it.
 *
 * @throws {RangeError} if a choice is impossible, two exclude each other, or the base is too small or not finite
 */
export function commonSettings<First extends { readonly network: Network }, Own extends object>(
  base: Matrix,
  choices: CommonChoices,
  method: MethodSettings<First, Own>,
): CommonSettings & First & Own {
  const { where, defaults, rows = trainingRowCount(base.rows) } = method;
  const seed = chosenSeed(where, choices.seed);
  const batch = choices.batch ?? defaults.batch;
  requireTrainable(where, base, batch);
  const stepsPerEpoch = Math.floor(rows / batch);
  const standardization = choices.standardization ?? measureStandardization(base, `${where}: base`);
  const settings = {
    ...method.first,
    steps: chosenSteps(where, choices, defaults.length, batch, stepsPerEpoch),
    stepsPerEpoch,
    batch,
    learningRate: choices.learningRate ?? defaults.learningRate,
    ...method.own({ standardization, seed }),
    standardization,
    seed,
    evaluations: choices.evaluations ?? EVALUATIONS,
  };
  requireCommonSettings(where, settings);
  return settings;
}

/** The fewest rows that can be trained on in batches of this size. */
export function leastTrainableRows(batch: number): number {
  return Math.max(2 * batch, MINIMUM_ROWS);
}

/** @throws {RangeError} if the batch is no count from 2, or the base too small for it or not finite */
function requireTrainable(where: string, base: Matrix, batch: number): void {
  requireWhole(where, 'batch', batch, 2);
  const rows = leastTrainableRows(batch);
  if (base.rows < rows) {
    throw new RangeError(
      `${where}: expected at least ${rows} rows for a batch of ${batch}, got ${base.rows}; pass a smaller batch or more rows.`,
    );
  }
  requireBase(base, `${where}: base`);
}

/** Checks what every method has. @throws {RangeError} naming the setting */
function requireCommonSettings(where: string, settings: CommonSettings): void {
  const { standardization } = settings;
  requireRange(where, 'learningRate', settings.learningRate, settings.learningRate > 0, 'above 0');
  requireRange(where, 'standardization.mean', standardization.mean, true, 'a number');
  requireRange(where, 'standardization.std', standardization.std, standardization.std > 0, 'above 0');
  requireWhole(where, 'evaluations', settings.evaluations, 1);
}

export function requireRange(where: string, name: string, value: number, holds: boolean, expected: string): void {
  if (!Number.isFinite(value) || !holds) {
    throw new RangeError(`${where}: expected ${name} to be ${expected}, got ${value}.`);
  }
}
