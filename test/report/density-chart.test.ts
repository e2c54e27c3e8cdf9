import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { densityChart } from '../../src/report/density-chart.ts';

const labels = { title: 'kept', x: 'original', y: 'compressed' };

/** Centers of the shaded cells, in pixels. */
function cells(svg: string): [x: number, y: number][] {
  return [...svg.matchAll(/M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)/g)].map((match) => {
    const [x, y, width, height] = match.slice(1).map(Number);
    return [x! + width! / 2, y! + height! / 2];
  });
}

test('points on the diagonal shade cells on the line that marks it', () => {
  const points = Array.from({ length: 57 }, (_, i) => [i, i] as const);
  const found = cells(densityChart([{ name: 'pairs', points }], labels));
  assert.is(found.length, 56);
  for (const [x, y] of found) {
    const [across, up] = [(x - 84) / (616 - 84), (344 - y) / (344 - 44)];
    assert.ok(Math.abs(across - up) < 0.002, `${across} and ${up}`);
  }
});

test('a cell with more points is shaded more, and a group has its own scale and color', () => {
  const svg = densityChart(
    [
      { name: 'many', points: [[0, 0], ...Array.from({ length: 100 }, () => [1, 1] as const)] },
      { name: 'few', points: [[0, 1]] },
    ],
    labels,
  );
  const shades = [...svg.matchAll(/class="(series-\d) shade"[^>]*fill-opacity="([\d.]+)"/g)].map((match) => [
    match[1],
    match[2],
  ]);
  assert.equal(shades, [
    ['series-0', '0.17'],
    ['series-0', '0.83'],
    ['series-1', '0.83'],
  ]);
  assert.is(
    svg,
    densityChart(
      [
        { name: 'many', points: [[0, 0], ...Array.from({ length: 100 }, () => [1, 1] as const)] },
        { name: 'few', points: [[0, 1]] },
      ],
      labels,
    ),
  );
});

test('densityChart draws equal points, and refuses none and infinite ones', () => {
  assert.not.match(
    densityChart(
      [
        {
          name: 'one',
          points: [
            [2, 2],
            [2, 2],
          ],
        },
      ],
      labels,
    ),
    /NaN|Infinity/,
  );
  assert.throws(() => densityChart([], labels), /^densityChart: expected at least one point, got none\.$/);
  assert.throws(() => densityChart([{ name: 'c', points: [[Infinity, 0]] }], labels), /expected finite coordinates/);
});

test.run();
