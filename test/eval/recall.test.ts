import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compareDistances } from '../../src/eval/compared-distances.ts';
import { intersectionAt, recallAt } from '../../src/eval/recall.ts';
import { createMatrix } from '../../src/tensor/matrix.ts';
import { type Ids, NO_DISTANCE } from '../../src/tensor/nearest/neighbors.ts';

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

/** Rows 0 to 3 are copies, as are 4 and 5; row 6 is alone. */
const base = createMatrix(7, 1, Float32Array.of(1, 1, 1, 1, 2, 2, 9));

test('with distances, a row as near as the true one is a hit, each id once', () => {
  const queries = createMatrix(2, 1, Float32Array.of(1, 9));
  const known = table([
    [0, 1],
    [6, 4],
  ]);
  const found = table([
    [3, 3],
    [5, -1],
  ]);
  const distances = compareDistances(base, queries, found, known);
  assert.equal(distances.truth.data, Float32Array.of(0, 0, 0, 49));
  assert.equal(distances.found.data, Float32Array.of(0, 0, 49, NO_DISTANCE));
  assert.equal([recallAt(found, known, 1), recallAt(found, known, 1, distances)], [0, 0.5]);
  assert.equal([intersectionAt(found, known, 2), intersectionAt(found, known, 2, distances)], [0, 0.5]);
  const swapped = table([
    [4, 0],
    [6, 0],
  ]);
  const ofSwapped = compareDistances(
    base,
    queries,
    table([
      [1, 5],
      [6, 1],
    ]),
    swapped,
  );
  assert.is(
    intersectionAt(
      table([
        [1, 5],
        [6, 1],
      ]),
      swapped,
      2,
      ofSwapped,
    ),
    1,
  ); // the farther of the true two counts, wherever it stands
  const fewer = table([
    [0, -1],
    [-1, -1],
  ]);
  const ofFewer = compareDistances(
    base,
    queries,
    table([
      [0, 1],
      [6, 4],
    ]),
    fewer,
  );
  assert.equal([recallAt(known, fewer, 2, ofFewer), intersectionAt(known, fewer, 2, ofFewer)], [0.5, 0.25]);
});

test('vectors and ids that do not fit are refused', () => {
  const one = table([[0]]);
  const query = createMatrix(1, 1);
  const where = 'compareDistances';
  for (const [message, attempt] of [
    [
      ': ids found: expected ids from 0 to 6, got 7 at row 0, column 0.',
      () => compareDistances(base, query, table([[7]]), one),
    ],
    [
      ': truth: expected ids from 0 to 6, got 8 at row 0, column 1.',
      () => compareDistances(base, query, one, table([[1, 8]])),
    ],
    [': ids found: expected 1 rows, one a query, got 2.', () => compareDistances(base, query, truth, one)],
    [
      ': expected queries of 1 columns as in the base, got 2.',
      () => compareDistances(base, createMatrix(1, 2), one, one),
    ],
  ] as const) {
    assert.throws(attempt, (error: Error) => error.message === `${where}${message}`, message);
  }
});

test('tables that do not fit are refused', () => {
  const one = table([[1, 2]]);
  assert.throws(() => recallAt(one, truth, 1), /recallAt: expected 2 queries as in the truth, got 1\./);
  assert.throws(() => recallAt(one, one, 3), /recallAt: expected a rank from 1 to 2 \(the ids found\), got 3\./);
  assert.throws(() => recallAt(one, one, 0), /got 0\./);
  assert.throws(() => recallAt(table([]), table([]), 1), /expected at least 1 query, got 0\./);
  assert.throws(
    () => recallAt(one, { rows: 1, cols: 0, data: new Int32Array(0) }, 1),
    /recallAt: truth: expected cols to be a whole number from 1, got 0\./,
  );
  assert.throws(() => intersectionAt(table([[1, 2, 3]]), one, 3), /expected at most 2 true neighbors, got 3\./);
});

test.run();
