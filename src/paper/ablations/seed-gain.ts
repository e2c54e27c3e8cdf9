import { signed } from '../../report/signed.ts';
import type { AblationName, AblationResult } from './ablations.ts';

type SeededRecall = Pick<AblationResult, 'name' | 'seed' | 'recall10at10'>;

/** How far the default network lies above another in 10@10, over the seeds with which both were trained. */
export interface SeedGain {
  readonly name: AblationName;
  readonly seeds: number;
  /** Percentage points. */
  readonly mean: number;
  /** Half of the 95 % interval of the mean; infinite for one seed. */
  readonly halfWidth: number;
}

/** Student's t that 97.5 % lie below, for 1, 2, … degrees of freedom; from the tenth on, the tenth. */
const STUDENT_T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228] as const;

/**
 * The gain of the default network over another, seed by seed: two networks of one seed see the same rows in the same order.
 *
 * @returns undefined where no seed has both
 */
export function seedGain(list: readonly SeededRecall[], name: AblationName): SeedGain | undefined {
  const gains = list.flatMap((changed) => {
    const ours = list.find((row) => row.name === 'default' && row.seed === changed.seed);
    return changed.name === name && ours ? [ours.recall10at10 - changed.recall10at10] : [];
  });
  const seeds = gains.length;
  if (seeds === 0) return undefined;
  const mean = gains.reduce((a, b) => a + b) / seeds;
  if (seeds === 1) return { name, seeds, mean, halfWidth: Number.POSITIVE_INFINITY };
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (seeds - 1);
  const t = STUDENT_T[Math.min(seeds - 1, STUDENT_T.length) - 1]!;
  return { name, seeds, mean, halfWidth: t * Math.sqrt(variance / seeds) };
}

/** `+0.52 ± 0.14`. */
export function gainText({ mean, halfWidth }: SeedGain): string {
  return `${signed(mean, 2)}${Number.isFinite(halfWidth) ? ` ± ${halfWidth.toFixed(2)}` : ''}`;
}
