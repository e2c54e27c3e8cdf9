import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { axisOver, log2, ticks } from '../../src/report/axis.ts';

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

test('a linear axis puts the ends of the values at 0 and 1, and inside with air', () => {
  const tight = axisOver([3, 1, 2], 'linear', 0, 'chart');
  assert.equal([tight.place(1), tight.place(2), tight.place(3)], [0, 0.5, 1]);
  const airy = axisOver([0, 10], 'linear', 0.1, 'chart');
  assert.ok(airy.place(0) > 0.08 && airy.place(10) < 0.92);
  assert.is(axisOver([5], 'linear', 0, 'chart').place(5), 0.5);
});

test('on a logarithmic axis equal ratios are equal lengths', () => {
  const axis = axisOver([16, 32, 64], 'log', 0, 'chart');
  assert.ok(Math.abs(axis.place(32) - 0.5) < 1e-8);
  assert.equal(axis.ticks, [20, 50]);
  assert.equal(axisOver([1, 100_000], 'log', 0, 'chart').ticks, [1, 10, 100, 1000, 10_000, 100_000]);
  assert.equal(axisOver([7], 'log', 0, 'chart').place(7), 0.5);
});

test('a logarithmic axis without two powers is marked like a linear one', () => {
  const { ticks: marked, place } = axisOver([100, 115], 'log', 0, 'chart');
  assert.ok(marked.length >= 2);
  for (const tick of marked) assert.ok(place(tick) >= 0 && place(tick) <= 1);
});

test('log2 is within 1e-8 of that of the engine, and exact for powers of two', () => {
  for (const value of [1e-5, 0.3, 1, 1.5, 3, 1000, 123_456_789]) {
    assert.ok(Math.abs(log2(value) - Math.log2(value)) < 1e-8, `${value}`); // measured: 2e-9
  }
  assert.equal([0.25, 1, 8, 1024].map(log2), [-2, 0, 3, 10]);
});

test('an axis refuses no values, infinite ones, and logarithms of what is not positive', () => {
  assert.throws(() => axisOver([], 'linear', 0, 'chart'), /^chart: expected at least one point, got none\.$/);
  assert.throws(() => axisOver([1, Number.NaN], 'linear', 0, 'chart'), /expected finite coordinates, got NaN/);
  assert.throws(() => axisOver([1, 0], 'log', 0, 'chart'), /expected positive coordinates .* got 0/);
});

test.run();
