import type { Evaluation } from './evaluation.ts';

/** One point of the curve of recall against samples. Plain JSON; stored with the model. */
export interface HistoryPoint extends Evaluation {
  readonly step: number;
  /** Rows that have passed through the network. */
  readonly samples: number;
  /** Mean training loss of the steps since the previous point; absent at step 0. */
  readonly loss?: number;
}

/** The steps after which to evaluate: 0, the last one, and equal intervals between. */
export function evaluationSteps(steps: number, evaluations: number): ReadonlySet<number> {
  const points = new Set([0]);
  for (let i = 1; i <= evaluations; i++) points.add(Math.round((i * steps) / evaluations));
  return points;
}
