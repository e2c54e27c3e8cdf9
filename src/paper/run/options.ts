import type { AblationName } from '../ablations/ablations.ts';
import { MEASURED } from '../tables/figures.ts';
import type { Scale } from './scale.ts';

/** `all` is everything that the paper has; the ablations are what it left to future work. */
export const TARGETS = [...MEASURED, 'figure3', 'all'] as const;
export type Target = (typeof TARGETS)[number];

export interface ReproduceOptions {
  /** A folder with base, queries and truth; needed but for the demo scale and figure3. */
  readonly data?: string;
  readonly scale: Scale;
  /** The folder for results, created if it is not there. */
  readonly out: string;
  readonly resume: boolean;
  readonly seed: number;
  /** The first rows of the base only; by default as the scale says. */
  readonly limit?: number;
  /** Training samples; by default as the scale says. */
  readonly samples?: number;
  /** Only this compression factor in Table 1, instead of 2 and 4. */
  readonly factor?: number;
  /** Seeds of each ablation, from `seed` on; by default as the scale says. */
  readonly seeds?: number;
  /** Only this ablation. */
  readonly only?: AblationName;
}
