import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createMatrix } from '../../src/tensor/matrix.ts';
import { requireDirections, unitRows } from '../../src/tensor/unit-rows.ts';
import { normalMatrix } from '../support/normals.ts';
import { assertSame } from '../support/same.ts';

test('each value is divided by the length in float64 and rounded once', () => {
  const rows = normalMatrix(50, 33, 'rows');
  const expected = Float32Array.from(rows.data, (value, i) => {
    const row = Array.from(rows.data.subarray(33 * Math.floor(i / 33), 33 * Math.floor(i / 33 + 1)));
    return value / Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
  });
  assertSame(unitRows(rows, 'test').data, expected);
  assert.is(unitRows(rows, 'test', rows), rows);
  assertSame(rows.data, expected);
});

test('rows may be as long or as short as any vector', () => {
  const extreme = createMatrix(3, 2, Float32Array.of(3e-45, 0, -(2 ** 48), 0, 6e-30, 8e-30));
  assertSame(unitRows(extreme, 'test').data, Float32Array.of(1, 0, -1, 0, 0.6, 0.8));
});

test('a row of zeros, of either sign, and a value out of range are named by their place', () => {
  const zeros = createMatrix(2, 2, Float32Array.of(1, 0, 0, -0));
  const message = 'test: expected vectors with a direction, to normalize them, got zeros alone at row';
  assert.throws(
    () => unitRows(zeros, 'test', undefined, 7),
    (error: Error) => error.message === `${message} 8.`,
  );
  assert.throws(
    () => requireDirections(zeros, 'test'),
    (error: Error) => error.message === `${message} 1.`,
  );
  requireDirections(createMatrix(1, 2, Float32Array.of(0, -1)), 'test');
  const far = createMatrix(1, 2, Float32Array.of(0, 1e20));
  assert.throws(() => unitRows(far, 'test', undefined, 7), /got 100000002004087730000 at row 7, column 1/);
});

test.run();
