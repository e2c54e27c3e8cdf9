/** How much is computed: generated data in minutes, the first 20,000 rows of a data set, or all of it. */
export const SCALES = ['demo', 'small', 'full'] as const;
export type Scale = (typeof SCALES)[number];

/** What a scale decides. */
export interface Budget {
  /** Rows used at most. */
  readonly limit?: number;
  /** Rows that pass through a network in training. */
  readonly samples: number;
  /** Repetitions of a search. */
  readonly repetitions: number;
  /** Seeds of each ablation. */
  readonly seeds: number;
  /** Rounds of learning rotation and weights of L&C. */
  readonly rotationRounds: number;
  readonly regressionRounds: number;
}

export const BUDGET: Record<Scale, Budget> = {
  demo: { samples: 64_000, repetitions: 3, seeds: 3, rotationRounds: 2, regressionRounds: 3 },
  small: { limit: 20_000, samples: 256_000, repetitions: 5, seeds: 3, rotationRounds: 20, regressionRounds: 10 },
  full: { samples: 640_000, repetitions: 20, seeds: 3, rotationRounds: 50, regressionRounds: 10 },
};
