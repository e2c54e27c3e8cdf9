import { type Curve, lineChart } from './line-chart.ts';

/** Searches of one index at different efforts, the least first: the curve joins them in this order. */
export interface SearchCurve {
  readonly name: string;
  /** `cost`: whatever is counted, distances or codes a query. */
  readonly points: readonly { readonly queriesPerSecond: number; readonly cost: number; readonly recall: number }[];
}

/** One code of a certain size. */
export interface CodePoint {
  readonly name: string;
  readonly bytes: number;
  readonly recall: number;
}

/** What one training recorded on its probe as it went on; `samples` are rows that passed through the network. */
export interface TrainingCurve {
  readonly name: string;
  readonly history: readonly {
    readonly samples: number;
    readonly heldOutError: number;
    readonly recall: { readonly nearest: number; readonly tenNearest: number };
  }[];
}

/**
 * Recall against queries a second: up and to the right is better.
 *
 * @param what is searched: `HNSW`
 * @param measure of the recall, in percent: `10@10`
 * @throws {RangeError} if there is no point or a speed is not positive
 */
export function speedChart(curves: readonly SearchCurve[], what: string, measure: string): string {
  return searchChart(curves, what, measure, 'queries a second', ({ queriesPerSecond }) => queriesPerSecond);
}

/**
 * The same against what a search counts, which is alike on every machine: up and to the left is better.
 *
 * @param unit of the count: `distances a query`
 */
export function costChart(curves: readonly SearchCurve[], what: string, measure: string, unit: string): string {
  return searchChart(curves, what, measure, unit, ({ cost }) => cost);
}

function searchChart(
  curves: readonly SearchCurve[],
  what: string,
  measure: string,
  unit: string,
  of: (point: SearchCurve['points'][number]) => number,
): string {
  const drawn = curves.map(({ name, points }) => ({
    name,
    points: points.map((point) => [of(point), point.recall] as const),
  }));
  const labels = { title: `${what}: ${measure} against ${unit}`, x: `${unit} (logarithmic)`, y: `${measure}, %` };
  return lineChart(drawn, labels, { x: 'log' });
}

/**
 * Recall against the bytes of a code: points of one name are one curve.
 *
 * @param measure of the recall, in percent: `1@1`
 * @throws {RangeError} if there is no point or a size is not positive
 */
export function bytesChart(codes: readonly CodePoint[], measure: string): string {
  const names = [...new Set(codes.map(({ name }) => name))];
  const drawn = names.map((name) => ({
    name,
    points: codes
      .filter((code) => code.name === name)
      .map(({ bytes, recall }) => [bytes, recall] as const)
      .sort(([a], [b]) => a - b),
  }));
  const labels = { title: `${measure} against bytes`, x: 'bytes a vector (logarithmic)', y: `${measure}, %` };
  const sizes = [...new Set(codes.map(({ bytes }) => bytes))];
  return lineChart(drawn, labels, { x: 'log', xTicks: sizes });
}

/** Which of the recorded figures is drawn, and what it is called. */
const RECORDED = {
  nearest: ['1@1 of the probe against training', '1@1, %'],
  tenNearest: ['10@10 of the probe against training', '10@10, %'],
  heldOutError: ['Error of held-out rows against training', 'mean error of a distance'],
} as const;

/**
 * Recall of the probe, or error of the held-out rows, against the rows that have passed through the network.
 *
 * @throws {RangeError} if there is no point or a figure is not finite
 */
export function trainingChart(curves: readonly TrainingCurve[], figure: keyof typeof RECORDED): string {
  const [title, y] = RECORDED[figure];
  const drawn: Curve[] = curves.map(({ name, history }) => ({
    name,
    points: history.map(({ samples, heldOutError, recall }) => {
      return [samples, figure === 'heldOutError' ? heldOutError : 100 * recall[figure]] as const;
    }),
  }));
  return lineChart(drawn, { title, x: 'rows that passed through the network', y });
}
