import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createMatrix, firstRows, type Matrix, requireShape } from '../../src/tensor/matrix.ts';
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

test('what is no matrix is refused in one line that says what it is', () => {
  const data = new Float32Array(6);
  requireShape({ rows: 2, cols: 3, data }, 'test');
  const shape = /expected a matrix whose data is a Float32Array, got/;
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [undefined, shape],
    [null, shape],
    [[[1, 2, 3]], /test: expected a matrix whose data is a Float32Array, got Array\.$/],
    [{ rows: 2, cols: 3 }, shape],
    [{ rows: 2, cols: 3, data: new Float64Array(6) }, /got Float64Array\.$/],
    [{ rows: 2, cols: 3, data: new Int8Array(6) }, /got Int8Array\.$/],
    [{ rows: 2, cols: 3, data: [0, 0, 0, 0, 0, 0] }, /got Array\.$/],
    [{ rows: 1e12, cols: 3, data }, /test: expected 1000000000000 x 3 = 3000000000000 values, got 6\.$/],
    [{ rows: 1, cols: 3, data }, /expected 1 x 3 = 3 values, got 6\.$/],
    [{ rows: Number.POSITIVE_INFINITY, cols: 3, data }, /expected rows to be a whole number from 0, got Infinity\.$/],
    [{ rows: 1.5, cols: 4, data }, /expected rows to be a whole number from 0, got 1\.5\.$/],
    [{ rows: -1, cols: -6, data }, /expected rows to be a whole number from 0, got -1\.$/],
    [{ rows: 0, cols: 0, data: new Float32Array(0) }, /expected cols to be a whole number from 1, got 0\.$/],
    [{ rows: '2', cols: 3, data }, /expected rows to be a whole number from 0, got 2\.$/],
  ];
  for (const [bad, message] of cases) assert.throws(() => requireShape(bad as Matrix, 'test'), message);
});

test.run();
