import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { intersectionAt, recallAt } from '../../src/eval/recall.ts';
import type { Ids } from '../../src/tensor/nearest/neighbors.ts';

function table(rows: readonly (readonly number[])[]): Ids {
  return { rows: rows.length, cols: rows[0]?.length ?? 1, data: Int32Array.from(rows.flat()) };
}

const truth = table([
  [5, 6, 7],
  [1, 2, 3],
]);

test('recallAt counts queries whose first true neighbor is among the first R found', () => {
  const result = table([
    [6, 5, 9, 8],
    [2, 3, 9, 1],
  ]);
  assert.equal(
    [1, 2, 3, 4].map((R) => recallAt(result, truth, R)),
    [0, 0.5, 0.5, 1],
  );
});

test('recallAt never looks into the next query, nor takes a missing id for a hit', () => {
  const result = table([
    [9, 8],
    [5, 1],
  ]);
  assert.is(recallAt(result, truth, 2), 0.5);
  assert.is(recallAt(table([[-1]]), table([[-1]]), 1), 0);
});

test('intersectionAt is the mean share of the true k, in any order, each id once', () => {
  const result = table([
    [7, 9, 5, 6],
    [3, 3, 3, 2],
  ]);
  assert.is(intersectionAt(result, truth, 3), 3 / 6);
  assert.is(intersectionAt(result, truth, 1), 0);
  assert.is(intersectionAt(truth, truth, 3), 1);
  assert.is(intersectionAt(table([[-1, -1]]), table([[4, -1]]), 2), 0);
});

test('tables that do not fit are refused', () => {
  const one = table([[1, 2]]);
  assert.throws(() => recallAt(one, truth, 1), /recallAt: expected 2 queries as in the truth, got 1\./);
  assert.throws(() => recallAt(one, one, 3), /recallAt: expected a rank from 1 to 2 \(the ids found\), got 3\./);
  assert.throws(() => recallAt(one, one, 0), /got 0\./);
  assert.throws(() => recallAt(table([]), table([]), 1), /expected at least 1 query, got 0\./);
  assert.throws(() => intersectionAt(table([[1, 2, 3]]), one, 3), /expected at most 2 true neighbors, got 3\./);
});

test.run();
