import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { measureStandardization } from '../../../src/compress/network/standardization.ts';
import {
  createMatrix,
  distinctCodes,
  type Matrix,
  Random,
  ScalarQuantizer,
  trainPca,
  trainVae,
} from '../../../src/index.ts';
import { farthestValue, ordinarySpread } from '../../../src/tensor/vectors/far-values.ts';

const [ROWS, COLS] = [2000, 16];

function normal(spoil: (data: Float32Array) => void = () => {}): Matrix {
  const random = new Random(1, 'far-values');
  const data = Float32Array.from({ length: ROWS * COLS }, () => random.normal());
  spoil(data);
  return createMatrix(ROWS, COLS, data);
}

const one = normal((data) => {
  data[7 * COLS + 3] = 1e12;
});
const column = normal((data) => {
  for (let row = 0; row < ROWS; row++) data[row * COLS + 3] = 1e9;
});
const rows = normal((data) => data.fill(-9999999, 0, 40 * COLS)); // a fill value in 2 % of the rows

test('the ordinary spread of independent numbers is their deviation, whatever a few rows or a column hold', () => {
  const expected = ordinarySpread(normal());
  assert.ok(Math.abs(expected - 1) < 0.3, `${expected}`); // nine of ten pairs, not the mean
  for (const spoiled of [one, column, rows]) {
    assert.ok(Math.abs(ordinarySpread(spoiled) / expected - 1) < 0.1);
  }
  assert.is(ordinarySpread(createMatrix(1, 3)), 0);
  assert.is(ordinarySpread(createMatrix(9, 3, new Float32Array(27).fill(5))), 0);
  const half = 500 * COLS;
  const parts = [
    createMatrix(1500, COLS, normal().data.slice(0, 3 * half)),
    createMatrix(500, COLS, normal().data.slice(3 * half)),
  ];
  assert.is(ordinarySpread({ rows: ROWS, cols: COLS, parts }), expected);
});

test('what is farthest is named: a value by row and column, or a column', () => {
  assert.is(farthestValue(one), `${Math.fround(1e12)} at row 7, column 3`);
  assert.is(farthestValue(column), 'values near 1000000000 all along column 3');
  assert.is(farthestValue(rows), '-9999999 at row 0, column 12'.replace('12', String(largestUsual())));
});

/** Of the rows of one value, the one in the column whose usual value is farthest from it. */
function largestUsual(): number {
  let [most, found] = [-1, 0];
  const sorted = (c: number) =>
    Float64Array.from({ length: ROWS }, (_, row) => rows.data[row * COLS + c]!).sort()[ROWS >> 1]!;
  for (let c = 0; c < COLS; c++) {
    const far = Math.abs(sorted(c) + 9999999);
    if (far > most) [most, found] = [far, c];
  }
  return found;
}

test('what covers up all others is refused where values are standardized and where ranges are learned', async () => {
  measureStandardization(normal(), 'test');
  for (const range of ['dimension', 'uniform'] as const) ScalarQuantizer.train(normal(), range);
  const says =
    /^test: expected a standard deviation of at most 1000 times the \S+ that most rows differ by, got \S+ because of /;
  for (const spoiled of [one, column, rows]) {
    assert.throws(() => measureStandardization(spoiled, 'test'), says);
  }
  assert.throws(
    () => measureStandardization(one, 'test'),
    /because of 999999995904 at row 7, column 3; remove or correct/,
  );
  await trainVae(one, { batch: 20, samples: 20 }).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /^trainVae: base: expected a standard deviation/),
  );
  for (const range of ['dimension', 'uniform'] as const) {
    assert.throws(() => ScalarQuantizer.train(one, range), /expected codes that lose at most .* at row 7, column 3; /);
    assert.throws(() => ScalarQuantizer.train(rows, range), /because of -9999999 at row 0/);
  }
  // A column of one value has a range of its own, but shares that of all.
  ScalarQuantizer.train(column, 'dimension');
  assert.throws(() => ScalarQuantizer.train(column, 'uniform'), /all along column 3/);
});

test('far values that leave ordinary rows apart are taken: heavy tails, zeros almost everywhere, copies', () => {
  const random = new Random(2, 'far-values');
  const tails = normal((data) => data.set(data.map((value) => Math.exp(3 * value))));
  const sparse = normal((data) => data.set(data.map(() => (random.uniform() < 0.02 ? random.uniform() : 0))));
  const copies = normal((data) => data.fill(0, 40 * COLS));
  for (const fine of [tails, sparse, copies]) measureStandardization(fine, 'test');
  for (const fine of [sparse, copies]) ScalarQuantizer.train(fine);
});

test('codes of a compressor that makes all rows alike are counted', () => {
  const base = normal();
  const pca = trainPca(base, { dOut: 4 });
  assert.equal(distinctCodes(pca, base), { rows: 1000, codes: 1000 });
  const nothing = { ...pca, encode: (x: Matrix) => createMatrix(x.rows, 4) } as unknown as typeof pca;
  assert.equal(distinctCodes(nothing, base), { rows: 1000, codes: 1 });
  assert.equal(distinctCodes(nothing, createMatrix(3, COLS)), { rows: 1, codes: 1 });
});

test.run();
