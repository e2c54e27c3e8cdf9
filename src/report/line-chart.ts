import { type AxisKind, axisOver } from './axis.ts';
import { at, type ChartLabels, chartDocument, seriesLooks, stroke, xAt, yAt } from './chart.ts';

export type { ChartLabels } from './chart.ts';

/** One curve of a chart. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Both axes are linear unless said otherwise. */
export interface ChartAxes {
  readonly x?: AxisKind;
  readonly y?: AxisKind;
  /** Where the abscissa is marked, if not at round values. */
  readonly xTicks?: readonly number[];
}

/** A curve of at most this many points shows each of them. */
const FEW_POINTS = 24;

/**
 * Curves as a self-contained SVG document. The same curves give the same bytes.
 *
 * @throws {RangeError} if there is no point at all, a coordinate is not finite, or one on a logarithmic axis is not positive
 */
export function lineChart(curves: readonly Curve[], labels: ChartLabels, axes: ChartAxes = {}): string {
  const points = curves.flatMap((curve) => curve.points);
  const values = (axis: 0 | 1) => points.map((point) => point[axis]);
  const round = axisOver(values(0), axes.x ?? 'linear', 0, 'lineChart');
  const x = axes.xTicks === undefined ? round : { ...round, ticks: axes.xTicks };
  const y = axisOver(values(1), axes.y ?? 'linear', 0.05, 'lineChart');
  const looks = seriesLooks(curves.map(({ name }) => name));
  const marks = curves.map((curve, index) => {
    const places = curve.points.map(([px, py]) => [at(xAt(x, px)), at(yAt(y, py))] as const);
    const { className, color } = looks[index]!;
    const dots =
      places.length > FEW_POINTS
        ? []
        : places.map(([px, py]) => `<circle cx="${px}" cy="${py}" r="3.5" class="${className} dot" fill="${color}"/>`);
    return [
      `<polyline points="${places.map((place) => place.join(',')).join(' ')}" ${stroke(looks[index]!)}/>`,
      ...dots,
    ].join('');
  });
  return chartDocument(labels, x, y, marks, looks);
}
