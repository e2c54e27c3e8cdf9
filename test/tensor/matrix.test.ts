import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createMatrix, firstRows, requireFinite } from '../../src/tensor/matrix.ts';
import { assertSame } from '../support/same.ts';

test('createMatrix keeps the given values and fills the rest with zeros', () => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  assert.is(createMatrix(3, 2, data).data, data);
  assertSame([...createMatrix(2, 2).data], [0, 0, 0, 0]);
  assert.is(createMatrix(0, 4).data.length, 0);
});

test('createMatrix refuses sizes that do not fit', () => {
  assert.throws(() => createMatrix(2, 3, new Float32Array(5)), /createMatrix: expected 2 x 3 = 6 values, got 5\./);
  assert.throws(() => createMatrix(-1, 3), /expected a whole number of rows, got -1\./);
  assert.throws(() => createMatrix(1.5, 3), /expected a whole number of rows, got 1.5\./);
  assert.throws(() => createMatrix(1, 0), /expected at least 1 column, got 0\./);
});

test('firstRows is a view and never gives more rows than there are', () => {
  const m = createMatrix(3, 2, Float32Array.of(1, 2, 3, 4, 5, 6));
  const head = firstRows(m, 2);
  assertSame([head.rows, head.cols, ...head.data], [2, 2, 1, 2, 3, 4]);
  assert.is(head.data.buffer, m.data.buffer);
  assert.throws(() => firstRows(m, 4), /firstRows: expected at most 3 rows, got 4\./);
});

test('requireFinite names the first value that is not finite and its place', () => {
  const m = createMatrix(4, 6);
  requireFinite(m, 'test');
  m.data[23] = Number.POSITIVE_INFINITY;
  m.data[0] = 3e38;
  assert.throws(() => requireFinite(m, 'test'), /test: expected finite values, got Infinity at row 3, column 5\./);
  m.data[8] = Number.NaN;
  assert.throws(
    () => requireFinite(m, 'test'),
    (error: Error) =>
      error instanceof RangeError && error.message === 'test: expected finite values, got NaN at row 1, column 2.',
  );
});

test.run();
