import { type JsonObject, type JsonValue, requireInteger, requireNumber } from '../../tensor/named-arrays.ts';
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
  if (evaluations > steps) return evaluationSteps(steps, steps); // after each step
  for (let i = 1; i <= evaluations; i++) points.add(Math.round((i * steps) / evaluations));
  return points;
}

/**
 * A history read from a file, with its fields in the order in which training writes them: the same history, the same text.
 *
 * @throws {RangeError} if a point is not complete
 */
export function readHistory(value: JsonValue | undefined, where: string): HistoryPoint[] {
  if (!Array.isArray(value)) throw new RangeError(`${where}: expected a history, got ${JSON.stringify(value)}.`);
  return value.map((item: JsonValue) => {
    const point = Object(item) as JsonObject;
    const recall = Object(point['recall']) as JsonObject;
    return {
      step: requireInteger(point, 'step', 0, Number.MAX_SAFE_INTEGER, where),
      samples: requireInteger(point, 'samples', 0, Number.MAX_SAFE_INTEGER, where),
      ...(point['loss'] !== undefined && { loss: requireNumber(point, 'loss', where) }),
      heldOutLoss: requireNumber(point, 'heldOutLoss', where),
      heldOutError: requireNumber(point, 'heldOutError', where),
      recall: {
        nearest: requireNumber(recall, 'nearest', where),
        tenNearest: requireNumber(recall, 'tenNearest', where),
      },
    };
  });
}
