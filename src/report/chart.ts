import type { Axis } from './axis.ts';
import { escapeText } from './escape.ts';

/** What a chart says besides its marks. */
export interface ChartLabels {
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

/** How the marks of one series look. */
export interface SeriesLook {
  readonly name: string;
  readonly color: string;
  /** By which a page gives the series another color on a dark ground. */
  readonly className: string;
  /** A dash pattern, where colors alone no longer tell series apart. */
  readonly dash: string | undefined;
}

const WIDTH = 640;
const PLOT = { left: 84, right: 616, top: 44, bottom: 344 } as const;
const LEGEND_TOP = PLOT.bottom + 72;
const LEGEND_STEP = 22;
/** Longer names get a line of the legend each: a page enlarges texts on a phone. */
const SHORT_NAME = 26;
/** Colors that remain distinct for the common forms of color blindness (Okabe and Ito). */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#56b4e9'];
const DASHES = [undefined, '7 4', '2 3'];

/** Series by their place: colors first, then the same colors dashed. */
export function seriesLooks(names: readonly string[]): SeriesLook[] {
  return names.map((name, index) => ({
    name,
    color: COLORS[index % COLORS.length]!,
    className: `series-${index % COLORS.length}`,
    dash: DASHES[Math.floor(index / COLORS.length) % DASHES.length],
  }));
}

/** A coordinate with one digit after the point. */
export const at = (value: number): string => value.toFixed(1);
export const xAt = (axis: Axis, value: number): number => PLOT.left + axis.place(value) * (PLOT.right - PLOT.left);
export const yAt = (axis: Axis, value: number): number => PLOT.bottom - axis.place(value) * (PLOT.bottom - PLOT.top);

/** Attributes of a stroke in the look of a series. */
export function stroke({ color, className, dash }: SeriesLook): string {
  return `class="${className}" fill="none" stroke="${color}" stroke-width="2"${dash ? ` stroke-dasharray="${dash}"` : ''}`;
}

/**
 * A self-contained SVG document: title, grid, axes, marks and, below, a legend. A page may restyle it by its classes (`ground`, `grid`,
 * `series-0`…); alone it is black on white.
 *
 * @param marks SVG elements, drawn over the grid
 */
export function chartDocument(
  labels: ChartLabels,
  x: Axis,
  y: Axis,
  marks: readonly string[],
  looks: readonly SeriesLook[],
): string {
  const columns = looks.every(({ name }) => name.length <= SHORT_NAME) ? 2 : 1;
  const height = LEGEND_TOP + LEGEND_STEP * Math.ceil(looks.length / columns) - 8;
  const middle = (PLOT.left + PLOT.right) / 2;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="14" fill="#222" role="img" aria-label="${escapeText(labels.title)}">`,
    `<rect class="ground" width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${middle}" y="24" text-anchor="middle" font-size="16">${escapeText(labels.title)}</text>`,
    `<g class="grid" stroke="#ddd">${gridLines(x, y)}</g>`,
    ...tickTexts(x, y),
    `<text x="${middle}" y="${PLOT.bottom + 42}" text-anchor="middle">${escapeText(labels.x)}</text>`,
    `<text transform="translate(20 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeText(labels.y)}</text>`,
    ...marks,
    ...looks.map((look, index) => legendEntry(look, index, columns)),
    '</svg>',
  ].join('\n')}\n`;
}

function gridLines(x: Axis, y: Axis): string {
  const upright = x.ticks.map((tick) => {
    const px = at(xAt(x, tick));
    return `<line x1="${px}" x2="${px}" y1="${PLOT.top}" y2="${PLOT.bottom}"/>`;
  });
  const level = y.ticks.map((tick) => {
    const py = at(yAt(y, tick));
    return `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${py}" y2="${py}"/>`;
  });
  return [...upright, ...level].join('');
}

function tickTexts(x: Axis, y: Axis): string[] {
  const short = (value: number) => Number(value.toPrecision(6)).toLocaleString('en', { maximumSignificantDigits: 6 });
  return [
    ...x.ticks.map(
      (tick) => `<text x="${at(xAt(x, tick))}" y="${PLOT.bottom + 19}" text-anchor="middle">${short(tick)}</text>`,
    ),
    ...y.ticks.map(
      (tick) => `<text x="${PLOT.left - 8}" y="${at(yAt(y, tick) + 5)}" text-anchor="end">${short(tick)}</text>`,
    ),
  ];
}

function legendEntry(look: SeriesLook, index: number, columns: number): string {
  const left = PLOT.left + ((index % columns) * (PLOT.right - PLOT.left)) / columns;
  const top = LEGEND_TOP + LEGEND_STEP * Math.floor(index / columns);
  return `<line x1="${at(left)}" x2="${at(left + 26)}" y1="${top - 5}" y2="${top - 5}" ${stroke(look)}/><text x="${at(left + 34)}" y="${top}">${escapeText(look.name)}</text>`;
}
