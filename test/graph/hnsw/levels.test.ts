import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { canonicalLevels, faissLevels, faissOrder, hnswlibLevels } from '../../../src/graph/hnsw/levels.ts';

const above0 = (levels: Int32Array): number[] => [...levels.keys()].filter((row) => levels[row]! > 0);

function histogram(levels: Int32Array): number[] {
  const counts = new Array<number>(64).fill(0);
  for (const level of levels) counts[level]!++;
  while (counts.at(-1) === 0) counts.pop();
  return counts;
}

test('faiss: the points above level 0 among the first 60', () => {
  assert.equal(above0(faissLevels(60, 16)), [11, 12, 22, 36, 52]);
  assert.equal(above0(faissLevels(60, 32)), [52]);
  assert.equal(above0(faissLevels(60, 48)), [52]);
});

test('hnswlib: the points above level 0 among the first 60', () => {
  assert.equal(above0(hnswlibLevels(60, 16)), [11, 29, 38, 39, 59]);
  assert.equal(above0(hnswlibLevels(60, 32)), [38, 39]);
  assert.equal(above0(hnswlibLevels(60, 48)), [38, 39]);
});

test('faiss and hnswlib: the levels of the first million points', () => {
  assert.equal(histogram(faissLevels(1e6, 16)), [937597, 58500, 3693, 194, 15, 1]);
  assert.equal(histogram(faissLevels(1e6, 32)), [968746, 30276, 951, 26, 1]);
  assert.equal(histogram(faissLevels(1e6, 48)), [979161, 20435, 392, 12]);
  assert.equal(histogram(hnswlibLevels(1e6, 16)), [936998, 59129, 3626, 234, 12, 1]);
  assert.equal(histogram(hnswlibLevels(1e6, 48)), [978716, 20842, 433, 9]);
});

test('canonical: a row keeps its level whatever the number of rows, and the seed decides it', () => {
  const all = canonicalLevels(5000, 4, 1);
  assert.equal(canonicalLevels(100, 4, 1), all.slice(0, 100));
  assert.equal(canonicalLevels(100, 4, '1'), all.slice(0, 100));
  assert.not.equal(canonicalLevels(100, 4, 2), all.slice(0, 100));
});

test('canonical: the share of each level is M^-l (1 - 1/M) within 5 standard deviations', () => {
  const rows = 20000;
  for (const M of [2, 4, 16]) {
    histogram(canonicalLevels(rows, M, 7)).forEach((count, level) => {
      const share = M ** -level * (1 - 1 / M);
      const deviation = Math.sqrt(rows * share * (1 - share));
      assert.ok(Math.abs(count - rows * share) <= 5 * deviation + 1, `M = ${M}, level ${level}: ${count}`);
    });
  }
});

test('the order of faiss holds every row once, higher levels first', () => {
  const levels = faissLevels(500, 4);
  const order = faissOrder(levels);
  assert.equal(
    [...order].sort((a, b) => a - b),
    [...levels.keys()],
  );
  for (let i = 1; i < order.length; i++) assert.ok(levels[order[i - 1]!]! >= levels[order[i]!]!);
});

test.run();
