import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { requireGroundTruth } from '../../src/eval/ground-truth.ts';
import { createMatrix, type Matrix } from '../../src/tensor/matrix.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';
import type { Ids } from '../../src/tensor/nearest/neighbors.ts';
import { Random } from '../../src/tensor/random/random.ts';

const DIM = 6;

function vectors(rows: number, name: string, offset = 0): Matrix {
  const random = new Random(1, name);
  return createMatrix(
    rows,
    DIM,
    Float32Array.from({ length: rows * DIM }, () => offset + random.uniform()),
  );
}

const base = vectors(300, 'base');
const queries = vectors(40, 'queries');
const truth = nearest(base, queries, 12).ids;

function said(table: Ids, among = base, asked = queries): string {
  try {
    requireGroundTruth(among, asked, table, 'g.ivecs');
    return 'accepted';
  } catch (error) {
    assert.instance(error, RangeError);
    return (error as RangeError).message;
  }
}

/** The ids of each query, sorted by a score, smallest first. */
function ranked(score: (query: Float32Array, row: Float32Array) => number): Ids {
  const data = new Int32Array(queries.rows * 12);
  for (let q = 0; q < queries.rows; q++) {
    const query = queries.data.subarray(q * DIM, (q + 1) * DIM);
    const scores = Array.from({ length: base.rows }, (_, row) =>
      score(query, base.data.subarray(row * DIM, (row + 1) * DIM)),
    );
    const order = [...scores.keys()].sort((a, b) => scores[a]! - scores[b]!);
    data.set(order.slice(0, 12), q * 12);
  }
  return { rows: queries.rows, cols: 12, data };
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, j) => sum + value * b[j]!, 0);
const changed = (change: (id: number, place: number) => number): Ids => ({ ...truth, data: truth.data.map(change) });
const wrong = 'g.ivecs: expected the nearest neighbors of each query, got ';

test('a truth is accepted, as float64 finds it too, with ties by either id, and with nothing at the end of a list', () => {
  assert.is(said(truth), 'accepted');
  assert.is(said(ranked((query, row) => row.reduce((sum, value, j) => sum + (value - query[j]!) ** 2, 0))), 'accepted');
  const twice = createMatrix(600, DIM, Float32Array.of(...base.data, ...base.data));
  assert.is(
    said(
      changed((id) => id + 300),
      twice,
    ),
    'accepted',
  );
  assert.is(said(changed((id, place) => (place % 12 < 9 ? id : -1))), 'accepted');
});

test('neighbors that float32 cannot tell apart may have changed places', () => {
  const [far, asked] = [vectors(200, 'far', 500), vectors(20, 'asked', 500)];
  const sums = Array.from({ length: far.rows }, (_, row) => Math.fround(dot(...twiceRow(far, row))));
  const data = new Int32Array(20 * 8);
  for (let q = 0; q < 20; q++) {
    const [query] = twiceRow(asked, q);
    const byExpansion = sums.map((square, row) => Math.fround(square - 2 * dot(query, twiceRow(far, row)[0])));
    data.set([...byExpansion.keys()].sort((a, b) => byExpansion[a]! - byExpansion[b]!).slice(0, 8), q * 8);
  }
  assert.is.not(data.join(), nearest(far, asked, 8).ids.data.join());
  assert.is(said({ rows: 20, cols: 8, data }, far, asked), 'accepted');
});

function twiceRow({ data }: Matrix, row: number): [Float32Array, Float32Array] {
  const one = data.subarray(row * DIM, (row + 1) * DIM);
  return [one, one];
}

test('what a wrong truth is instead is named, with a place and what to do', () => {
  const told = said(changed((id) => (id + 1) % 300));
  assert.ok(
    told.startsWith(`${wrong}ids that count from 1: subtract 1 (row 0: ${truth.data[0]! + 1} is at squared distance `),
    told,
  );
  assert.match(told, /, \d+ at [\d.]+\); cnt truth makes one that fits\.$/);
  for (const [table, reason] of [
    [ranked((query, row) => -dot(query, row)), 'those by inner product, not by Euclidean distance'],
    [
      ranked((query, row) => -dot(query, row) / Math.sqrt(dot(row, row))),
      'those by cosine, which are by Euclidean distance those of vectors of length 1',
    ],
    [
      ranked((query, row) => row.reduce((sum, value, j) => sum + Math.abs(value - query[j]!), 0)),
      'those by Manhattan distance, not by Euclidean distance',
    ],
    [changed((_, place) => truth.data[(place + 12) % truth.data.length]!), 'rows in another order than the queries'],
    [
      changed((_, place) => truth.data[place - (place % 12) + 11 - (place % 12)]!),
      'rows that are not sorted by distance',
    ],
    [
      nearest(createMatrix(120, DIM, base.data.subarray(0, 120 * DIM)), queries, 12).ids,
      'those among the first rows of the base alone, up to row 119',
    ],
    [changed((id) => (id * 7 + 11) % 300), 'others: of other vectors, or of the same in another order'],
  ] as const) {
    const message = said(table);
    assert.ok(message.startsWith(`${wrong}${reason} (row `), `${reason}: ${message}`);
  }
});

test('queries from the first to the last are looked at', () => {
  for (const [from, to] of [
    [0, 1],
    [36, 40],
    [18, 22],
  ] as const) {
    const table = changed((id, place) => (place >= from * 12 && place < to * 12 ? (id * 7 + 11) % 300 : id));
    assert.match(said(table), /expected the nearest neighbors of each query, got others/);
  }
});

test('distances that fall after the first are seen', () => {
  const data = truth.data.slice();
  [data[5], data[9]] = [data[9]!, data[5]!];
  const message = said({ ...truth, data });
  assert.match(
    message,
    /rows that are not sorted by distance \(row 0: squared distances fall from [\d.]+ to [\d.]+ at column 6\)/,
  );
});

test('ids that are no rows of the base are refused with what they may come from', () => {
  const ids = 'g.ivecs: expected ids from 0 to 299, got';
  const end = '; cnt truth makes one that fits.';
  const from1 = changed((id) => id + 1);
  assert.ok(from1.data.includes(300));
  assert.match(said(from1), new RegExp(`^${ids} 300 at row \\d+, column \\d+: they count from 1, subtract 1${end}$`));
  assert.is(
    said(changed((id, place) => (place === 14 ? 999 : id))),
    `${ids} 999 at row 1, column 2: of a larger base${end}`,
  );
  assert.is(said(changed((id, place) => (place === 12 ? -1 : id))), `${ids} -1 at row 1, column 0${end}`);
  assert.is(
    said(changed((id, place) => (place === 14 ? -1 : id))),
    `${ids} ${truth.data[15]} at row 1, column 3${end}`,
  );
});

test.run();
