/** One curve of a chart. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What a chart says besides its curves. */
export interface ChartLabels {
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

const WIDTH = 640;
const HEIGHT = 400;
const MARGIN = { left: 64, right: 24, top: 40, bottom: 56 };
/** Colors that remain distinct for the common forms of color blindness (Okabe and Ito). */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

/** Round tick positions (1, 2 or 5 times a power of ten) that cover [low, high] in at most `most` steps. */
export function ticks(low: number, high: number, most = 6): number[] {
  const span = high - low || 1;
  let step = 1;
  while (span / step > most) step *= 10;
  while (span / (step / 10) <= most) step /= 10;
  for (const part of [step / 5, step / 2]) {
    if (span / part <= most) {
      step = part;
      break;
    }
  }
  const positions: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) positions.push(i * step);
  return positions;
}

const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const short = (value: number) => String(Number(value.toPrecision(6)));
const at = (value: number) => value.toFixed(1);

/**
 * Curves over linear axes as a self-contained SVG document. The same curves give the same bytes.
 *
 * @throws {RangeError} if there is no point at all or a coordinate is not finite
 */
export function lineChart(curves: readonly Curve[], labels: ChartLabels): string {
  const points = curves.flatMap((curve) => curve.points);
  if (points.length === 0) throw new RangeError('lineChart: expected at least one point, got none.');
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      throw new RangeError(`lineChart: expected finite coordinates, got (${x}, ${y}).`);
    }
  }
  const range = (axis: 0 | 1): [number, number] => {
    const values = points.map((point) => point[axis]);
    const low = Math.min(...values);
    const high = Math.max(...values);
    return low === high ? [low - 1, high + 1] : [low, high];
  };
  const [xLow, xHigh] = range(0);
  const [yTightLow, yTightHigh] = range(1);
  const air = (yTightHigh - yTightLow) * 0.05;
  const [yLow, yHigh] = [yTightLow - air, yTightHigh + air];
  const toX = (x: number) => MARGIN.left + ((x - xLow) / (xHigh - xLow)) * (WIDTH - MARGIN.left - MARGIN.right);
  const toY = (y: number) =>
    HEIGHT - MARGIN.bottom - ((y - yLow) / (yHigh - yLow)) * (HEIGHT - MARGIN.top - MARGIN.bottom);

  const grid = [
    ...ticks(xLow, xHigh).map((x) => {
      const px = at(toX(x));
      const bottom = HEIGHT - MARGIN.bottom;
      return `<line x1="${px}" x2="${px}" y1="${MARGIN.top}" y2="${bottom}"/><text x="${px}" y="${bottom + 18}" text-anchor="middle">${short(x)}</text>`;
    }),
    ...ticks(yLow, yHigh).map((y) => {
      const py = at(toY(y));
      return `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${py}" y2="${py}"/><text x="${MARGIN.left - 8}" y="${at(toY(y) + 4)}" text-anchor="end">${short(y)}</text>`;
    }),
  ];
  const drawn = curves.map((curve, index) => {
    const color = COLORS[index % COLORS.length]!;
    const path = curve.points.map(([x, y]) => `${at(toX(x))},${at(toY(y))}`).join(' ');
    const legendY = MARGIN.top + 16 + 18 * index;
    const legendX = WIDTH - MARGIN.right - 12;
    return [
      `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>`,
      `<text x="${legendX}" y="${legendY}" text-anchor="end" fill="${color}">${escapeXml(curve.name)}</text>`,
    ].join('');
  });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img" aria-label="${escapeXml(labels.title)}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${WIDTH / 2}" y="22" text-anchor="middle" font-size="15">${escapeXml(labels.title)}</text>`,
    `<g stroke="#ddd">${grid.join('').replaceAll('<text', '<text stroke="none" fill="#333"')}</g>`,
    `<text x="${WIDTH / 2}" y="${HEIGHT - 14}" text-anchor="middle">${escapeXml(labels.x)}</text>`,
    `<text transform="translate(16 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${escapeXml(labels.y)}</text>`,
    ...drawn,
    '</svg>',
  ].join('\n')}\n`;
}
