import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bytesChart, costChart, speedChart, trainingChart } from '../../src/report/paper-charts.ts';

/** The places of each curve, in pixels. */
function curves(svg: string): [number, number][][] {
  return [...svg.matchAll(/<polyline points="([^"]*)"/g)].map((match) =>
    match[1]!.split(' ').map((point) => point.split(',').map(Number) as [number, number]),
  );
}

const rising = (values: readonly number[]) => values.every((value, i) => i === 0 || value > values[i - 1]!);

test('speedChart and costChart join searches by effort, on a logarithmic axis', () => {
  const points = [
    { queriesPerSecond: 1000, cost: 50, recall: 90 },
    { queriesPerSecond: 100, cost: 500, recall: 95 },
    { queriesPerSecond: 10, cost: 5000, recall: 99 },
  ];
  const fast = speedChart([{ name: 'full vectors', points }], 'HNSW', '100@100');
  const [curve] = curves(fast);
  assert.equal(
    curve!.map(([x]) => x),
    [616, 350, 84],
  );
  assert.not.ok(rising(curve!.map(([, y]) => y)), 'more recall is further up');
  assert.match(fast, '>HNSW: 100@100 against queries a second<');
  const dear = costChart([{ name: 'full vectors', points }], 'HNSW', '100@100', 'distances a query');
  assert.not.ok(rising(curves(dear)[0]!.map(([, y]) => y)), 'more work finds more');
  assert.match(dear, '>distances a query (logarithmic)<');
});

test('bytesChart gathers the points of one name, by size', () => {
  const svg = bytesChart(
    [
      { name: 'CNT + PQ', bytes: 32, recall: 57 },
      { name: 'PQ', bytes: 32, recall: 29 },
      { name: 'CNT + PQ', bytes: 16, recall: 42 },
      { name: 'PQ', bytes: 16, recall: 13 },
    ],
    '1@1',
  );
  assert.is(curves(svg).length, 2);
  for (const curve of curves(svg))
    assert.equal(
      curve.map(([x]) => x),
      [84, 616],
    );
  assert.ok(curves(svg)[0]![0]![1] < curves(svg)[1]![1]![1]);
  assert.match(svg, '>1@1 against bytes<');
});

test('trainingChart draws what a history has recorded', () => {
  const history = [
    { samples: 0, heldOutError: 0.5, recall: { nearest: 0.5, tenNearest: 0.6 } },
    { samples: 1000, heldOutError: 0.4, recall: { nearest: 0.55, tenNearest: 0.7 } },
  ];
  const drawn = (figure: 'nearest' | 'tenNearest' | 'heldOutError') =>
    trainingChart([{ name: 'CNT', history }], figure);
  assert.not.ok(rising(curves(drawn('nearest'))[0]!.map(([, y]) => y)));
  assert.ok(rising(curves(drawn('heldOutError'))[0]!.map(([, y]) => y)));
  assert.match(drawn('tenNearest'), '10@10, %');
  assert.match(drawn('tenNearest'), '>70<', 'percent');
});

test('no point, and speeds of 0, are refused', () => {
  assert.throws(() => speedChart([], 'PQ', '1@1'), /expected at least one point/);
  assert.throws(
    () => speedChart([{ name: 'a', points: [{ queriesPerSecond: 0, cost: 1, recall: 1 }] }], 'PQ', '1@1'),
    /expected positive/,
  );
});

test.run();
