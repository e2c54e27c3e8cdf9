import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lineChart, ticks } from '../../src/report/line-chart.ts';

const labels = { title: 'a < b & "c"', x: 'x', y: 'y' };

test('ticks are round, lie inside the range and number at most six steps', () => {
  assert.equal(ticks(0, 10), [0, 2, 4, 6, 8, 10]);
  for (const [low, high] of [
    [0, 1],
    [-3, 4],
    [0.013, 0.0178],
    [1e5, 9e5],
    [-0.7, -0.1],
  ] as const) {
    const found = ticks(low, high);
    assert.ok(found.length >= 2 && found.length <= 7, `${low}..${high}: ${found}`);
    for (const tick of found) assert.ok(tick >= low - 1e-9 && tick <= high + (high - low) * 1e-6);
  }
});

test('lineChart puts the corners of the data at the edges of the plot and escapes its labels', () => {
  const svg = lineChart(
    [
      {
        name: 'line',
        points: [
          [0, 0],
          [1, 1],
        ],
      },
    ],
    labels,
  );
  assert.match(svg, /<polyline points="64\.0,/);
  assert.match(svg, / 616\.0,/);
  const [left, right] = /points="([^"]*)"/
    .exec(svg)![1]!
    .split(' ')
    .map((point) => Number(point.split(',')[1]));
  assert.ok(left! > right!, 'up is towards smaller y in SVG');
  const heights = [...svg.matchAll(/text-anchor="end">([\d.]+)<\/text>/g)].map((match) => Number(match[1]));
  const places = [...svg.matchAll(/y="([\d.]+)" text-anchor="end">[\d.]+</g)].map((match) => Number(match[1]));
  assert.ok(heights.length >= 3 && heights.every((height, i) => i === 0 || height > heights[i - 1]!));
  assert.ok(
    places.every((place, i) => i === 0 || place < places[i - 1]!),
    'ticks go the way of the curve',
  );
  assert.match(svg, /a &lt; b &amp; &quot;c&quot;/);
  assert.is(svg.split('<polyline').length - 1, 1);
  assert.is(
    svg,
    lineChart(
      [
        {
          name: 'line',
          points: [
            [0, 0],
            [1, 1],
          ],
        },
      ],
      labels,
    ),
  );
});

test('lineChart draws a single point and a constant curve without dividing by zero', () => {
  for (const points of [
    [[3, 7]],
    [
      [0, 5],
      [2, 5],
    ],
  ] as [number, number][][]) {
    assert.not.match(lineChart([{ name: 'c', points }], labels), /NaN|Infinity/);
  }
});

test('lineChart refuses no points and points that are not finite', () => {
  assert.throws(() => lineChart([], labels), /expected at least one point/);
  assert.throws(
    () => lineChart([{ name: 'c', points: [[0, Number.NaN]] }], labels),
    /expected finite coordinates, got \(0, NaN\)/,
  );
});

test.run();
