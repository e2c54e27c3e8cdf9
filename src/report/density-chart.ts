import { type Axis, axisOver } from './axis.ts';
import { at, type ChartLabels, chartDocument, type SeriesLook, seriesLooks, xAt, yAt } from './chart.ts';
import type { Curve } from './line-chart.ts';

/** Cells along each axis. */
const CELLS = 56;
/** Shades of a cell, from few points to the most. */
const LEVELS = 5;

/**
 * Many points as shaded cells over one square of values, with the diagonal on which both coordinates are equal. Each group is shaded
 * against its own fullest cell, by the square root of the count, so that small groups and thin tails stay visible.
 *
 * @throws {RangeError} if there is no point at all or a coordinate is not finite
 */
export function densityChart(groups: readonly Curve[], labels: ChartLabels): string {
  const both = axisOver(
    groups.flatMap(({ points }) => points.flat()),
    'linear',
    0,
    'densityChart',
  );
  const looks = seriesLooks(groups.map(({ name }) => name));
  const [left, right] = [at(xAt(both, both.low)), at(xAt(both, both.high))];
  const [bottom, top] = [at(yAt(both, both.low)), at(yAt(both, both.high))];
  const diagonal = `<line class="rule" x1="${left}" y1="${bottom}" x2="${right}" y2="${top}" stroke="#888" stroke-dasharray="4 4"/>`;
  const shades = groups.map(({ points }, index) => shadedCells(points, both, looks[index]!));
  return chartDocument(labels, both, both, [...shades, diagonal], looks);
}

/** One path a shade: thousands of points in a few kilobytes. */
function shadedCells(points: Curve['points'], both: Axis, { color, className }: SeriesLook): string {
  const counts = new Uint32Array(CELLS * CELLS);
  const cell = (value: number) => Math.min(CELLS - 1, Math.floor(both.place(value) * CELLS));
  let most = 0;
  for (const [x, y] of points) most = Math.max(most, ++counts[cell(y) * CELLS + cell(x)]!);
  const width = (xAt(both, both.high) - xAt(both, both.low)) / CELLS;
  const height = (yAt(both, both.low) - yAt(both, both.high)) / CELLS;
  const paths: string[] = Array.from({ length: LEVELS }, () => '');
  for (const [index, count] of counts.entries()) {
    if (count === 0) continue;
    const level = Math.ceil(LEVELS * Math.sqrt(count / most)) - 1;
    const x = xAt(both, both.low) + (index % CELLS) * width;
    const y = yAt(both, both.low) - (Math.floor(index / CELLS) + 1) * height;
    paths[level] += `M${at(x)} ${at(y)}h${at(width)}v${at(height)}h-${at(width)}z`;
  }
  return paths
    .map((path, level) =>
      path === ''
        ? ''
        : `<path class="${className} shade" d="${path}" fill="${color}" fill-opacity="${((level + 1) / (LEVELS + 1)).toFixed(2)}"/>`,
    )
    .join('');
}
