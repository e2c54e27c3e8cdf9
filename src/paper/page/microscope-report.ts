import { densityChart } from '../../report/density-chart.ts';
import { lineChart } from '../../report/line-chart.ts';
import type { Block, PageChart } from '../../report/page.ts';
import type { Table } from '../../report/table.ts';
import { type MicroscopeReading, quantile } from './microscope.ts';

const QUANTILES = [0.5, 0.9, 0.99, 1] as const;
/** Overlaps of the table. */
const KS = [1, 10, 100];

/** The readings in figures: overlap, displacement, errors of near and of far pairs. */
export function microscopeTable(readings: readonly MicroscopeReading[]): Table {
  const ks = KS.filter((k) => readings.every(({ overlap }) => overlap.some(([other]) => other === k)));
  const percent = (share: number) => (100 * share).toFixed(1);
  return [
    [
      'method',
      ...ks.map((k) => `overlap at ${k}, %`),
      ...QUANTILES.map((share) => (share === 1 ? 'displaced most' : `displaced, ${100 * share} %`)),
      'near error, %',
      'far error, %',
      'far stretch, %',
    ],
    ...readings.map(({ name, overlap, displacements, near, far }) => [
      name,
      ...ks.map((k) => percent(overlap.find(([other]) => other === k)![1])),
      ...QUANTILES.map((share) => String(quantile(displacements, share))),
      percent(near.error),
      percent(far.error),
      percent(far.stretch),
    ]),
  ];
}

/** The readings drawn: overlap, displacement, and the distances of each method. */
export function microscopeCharts(readings: readonly MicroscopeReading[]): PageChart[] {
  return [
    {
      svg: lineChart(
        readings.map(({ name, overlap }) => ({ name, points: overlap.map(([k, share]) => [k, 100 * share] as const) })),
        { title: 'Overlap of the k nearest before and after compression', x: 'k (logarithmic)', y: 'overlap, %' },
        { x: 'log' },
      ),
    },
    {
      svg: lineChart(
        readings.map(({ name, displacements }) => ({ name, points: distribution(displacements) })),
        { title: 'How far the ten true nearest move in rank', x: 'places moved + 1 (logarithmic)', y: 'neighbors, %' },
        { x: 'log' },
      ),
    },
    ...readings.map(({ name, near, far }) => ({
      svg: densityChart(
        [
          { name: 'query and random row', points: far.points },
          { name: 'query and true neighbor', points: near.points },
        ],
        { title: `${name}: distances before and after`, x: 'original distance', y: 'compressed distance, scaled' },
      ),
    })),
  ];
}

/** Share in percent of values up to each power of two, less one: 0, 1, 3, 7, … */
function distribution(ascending: readonly number[]): [number, number][] {
  const points: [number, number][] = [];
  let counted = 0;
  for (let places = 1; counted < ascending.length; places *= 2) {
    while (counted < ascending.length && ascending[counted]! < places) counted++;
    points.push([places, (100 * counted) / ascending.length]);
  }
  return points;
}

const ABOUT =
  'Pairs of a query and a base row, sampled by the seed. One factor a method makes its near pairs as far apart on average as the ' +
  'originals, since a search sees only the order of distances; what remains is error. Near: one of the ten true nearest. ' +
  'Far: any row. Displaced: places between the true rank of these ten and their rank among all compressed rows.';

/** The microscope as parts of a page. */
export function microscopeBlocks(readings: readonly MicroscopeReading[]): Block[] {
  return [
    { kind: 'text', text: ABOUT },
    { kind: 'table', table: microscopeTable(readings) },
    { kind: 'charts', charts: microscopeCharts(readings) },
  ];
}
