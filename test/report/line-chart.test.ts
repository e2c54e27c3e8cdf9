import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lineChart } from '../../src/report/line-chart.ts';

const labels = { title: 'a < b & "c"', x: 'x', y: 'y' };
const line = { name: 'line', points: [[0, 0] as const, [1, 1] as const] };

test('lineChart puts the corners of the data at the edges of the plot and escapes its labels', () => {
  const svg = lineChart([line], labels);
  assert.match(svg, /<polyline points="84\.0,/);
  assert.match(svg, / 616\.0,/);
  const [left, right] = /points="([^"]*)"/
    .exec(svg)![1]!
    .split(' ')
    .map((point) => Number(point.split(',')[1]));
  assert.ok(left! > right!, 'up is towards smaller y in SVG');
  const marked = [...svg.matchAll(/y="([\d.]+)" text-anchor="end">([\d.]+)</g)].map((match) =>
    match.slice(1).map(Number),
  );
  assert.ok(marked.length >= 3);
  for (const [i, [place, value]] of marked.entries()) {
    if (i > 0) assert.ok(place! < marked[i - 1]![0]! && value! > marked[i - 1]![1]!, 'ticks go the way of the curve');
  }
  assert.match(svg, /a &lt; b &amp; &quot;c&quot;/);
  assert.not.match(svg, /a < b/);
  assert.is(svg.split('<polyline').length - 1, 1);
  assert.is(svg, lineChart([line], labels));
});

test('lineChart on logarithmic axes puts the geometric mean in the middle', () => {
  const svg = lineChart(
    [
      {
        name: 'bytes',
        points: [
          [16, 1],
          [32, 10],
          [64, 100],
        ],
      },
    ],
    labels,
    { x: 'log', y: 'log' },
  );
  assert.match(svg, /points="84\.0,\S+ 350\.0,194\.0 616\.0,/);
});

test('each curve has a look of its own, in the plot and in the legend', () => {
  const curves = Array.from({ length: 9 }, (_, i) => ({
    name: `curve ${i}`,
    points: [[0, i] as const, [1, i] as const],
  }));
  const looks = [
    ...lineChart(curves, labels).matchAll(/<polyline[^>]*stroke="(#\w+)"[^>]*?(stroke-dasharray="[^"]*")?\/>/g),
  ];
  assert.is(new Set(looks.map((match) => `${match[1]} ${match[2]}`)).size, 9);
  for (const { name } of curves) assert.match(lineChart(curves, labels), `>${name}</text>`);
});

test('lineChart draws a single point and a constant curve without dividing by zero', () => {
  for (const points of [
    [[3, 7]],
    [
      [0, 5],
      [2, 5],
    ],
  ] as [number, number][][]) {
    const svg = lineChart([{ name: 'c', points }], labels);
    assert.not.match(svg, /NaN|Infinity/);
    assert.is(svg.split('<circle').length - 1, points.length, 'few points are shown each');
  }
});

test('lineChart refuses no points and points that are not finite', () => {
  assert.throws(() => lineChart([], labels), /expected at least one point/);
  assert.throws(
    () => lineChart([{ name: 'c', points: [[0, Number.NaN]] }], labels),
    /^lineChart: expected finite coordinates, got NaN\.$/,
  );
  assert.throws(
    () => lineChart([{ name: 'c', points: [[0, 1]] }], labels, { x: 'log' }),
    /expected positive coordinates for a logarithmic axis, got 0/,
  );
});

test.run();
