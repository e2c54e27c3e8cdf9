import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createMatrix, type Matrix } from '../../src/tensor/matrix.ts';
import { LARGEST_VALUE, LEAST_DIFFERENCE, requireFinite, requireInRange } from '../../src/tensor/range.ts';
import { requireBase, requireVectorsInRange } from '../../src/tensor/vectors/vectors.ts';

const column = (...values: number[]): Matrix => createMatrix(values.length, 1, Float32Array.from(values));

function refusal(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    assert.instance(error, RangeError);
    return (error as Error).message;
  }
}

test('the first value that is not finite is named with its place', () => {
  const m = createMatrix(4, 6);
  requireFinite(m, 'test');
  m.data[23] = Number.POSITIVE_INFINITY;
  m.data[0] = 3e38;
  assert.is(
    refusal(() => requireFinite(m, 'test')),
    'test: expected finite values, got Infinity at row 3, column 5.',
  );
  m.data[8] = Number.NaN;
  assert.is(
    refusal(() => requireFinite(m, 'test')),
    'test: expected finite values, got NaN at row 1, column 2.',
  );
});

test('numbers up to 2^48 pass, however many; the first beyond is named with its place and what helps', () => {
  const most = new Float32Array(2 ** 17).fill(-LARGEST_VALUE);
  requireInRange(createMatrix(2 ** 12, 2 ** 5, most), 'test'); // the sum of squares does exceed one square
  most[100] = 2 ** 49;
  assert.is(
    refusal(() => requireInRange(createMatrix(2 ** 12, 2 ** 5, most), 'test', 1000)),
    'test: expected values from -2^48 to 2^48 (2.8e14), got 562949953421312 at row 1003, column 4; ' +
      'correct it, or divide all vectors by one power of two.',
  );
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e20, -3e38]) {
    const message = refusal(() => requireInRange(column(0, value), 'test'));
    assert.match(message!, `got ${Math.fround(value)} at row 1, column 0`);
  }
});

test('squared distances of vectors at the limits of the range are finite, and keep their digits', () => {
  const far = Math.fround(2 * LARGEST_VALUE);
  let sum = 0;
  for (let i = 0; i < 2 ** 16; i++) sum = Math.fround(sum + Math.fround(far * far));
  assert.is(sum, 2 ** 16 * far * far);
  assert.ok(sum * 2 ** 13 < 3.4e38, 'for 2^29 dimensions');
  const lastDigit = LEAST_DIFFERENCE * 2 ** -23;
  assert.ok(Math.fround(lastDigit * lastDigit) >= 2 ** -126, 'a normal number');
});

test('rows that differ by too little are refused; equal ones, and those that differ enough somewhere, are not', () => {
  for (const good of [column(), column(5), column(7, 7, 7), column(0, 2 ** -40), column(1e-30, 1e-30, 1)]) {
    requireBase(good, 'test');
  }
  assert.is(
    refusal(() => requireBase(column(0, 2e-23, 1e-23), 'test')),
    `test: expected rows that differ by 2^-40 (9.1e-13) or more in some column, got at most ${Math.fround(2e-23)} (row 1, ` +
      'column 0, from row 0); multiply all vectors by one power of two.',
  );
  const parts = [column(3, 3), column(3 + 2 ** -22, 3)];
  requireBase({ rows: 4, cols: 1, parts }, 'test');
  const tiny = [column(0, 0), column(1e-20)];
  assert.match(refusal(() => requireBase({ rows: 3, cols: 1, parts: tiny }, 'test'))!, '(row 2, column 0, from row 0)');
});

test('parts that do not make up the whole are refused', () => {
  const parts = [column(1, 2), column(3)];
  requireVectorsInRange({ rows: 3, cols: 1, parts }, 'test');
  assert.match(
    refusal(() => requireVectorsInRange({ rows: 4, cols: 1, parts }, 'test'))!,
    /whole number from 3 to 3, got 4/,
  );
  assert.match(refusal(() => requireVectorsInRange({ rows: 3, cols: 2, parts }, 'test'))!, /from 2 to 2, got 1/);
  assert.match(
    refusal(() => requireVectorsInRange({ rows: 3, cols: 1, parts: [column(1, 2), column(1e30)] }, 'test'))!,
    'at row 2, column 0',
  );
});

test.run();
