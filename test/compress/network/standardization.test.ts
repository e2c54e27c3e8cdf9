import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../../kernels/backend.ts';
import { measureStandardization, standardizeRows } from '../../../src/compress/network/standardization.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { assertSame } from '../../support/same.ts';

test('measureStandardization is the mean and the population deviation of all values', () => {
  const x = createMatrix(2, 2, Float32Array.of(1, 3, 5, 7));
  assert.equal(measureStandardization(x, 'here'), { mean: 4, std: Math.sqrt(5) });
});

test('measureStandardization refuses values that are all equal', () => {
  const x = createMatrix(2, 2, Float32Array.of(3, 3, 3, 3));
  assert.throws(() => measureStandardization(x, 'here'), /^here: expected values that differ, got 3 everywhere\.$/m);
});

test('standardizeRows takes rows in order or by id', () => {
  const x = createMatrix(3, 2, Float32Array.of(1, 3, 5, 7, 9, 11));
  const target = new Float32Array(4);
  standardizeRows(referenceKernels(), target, { x, first: 1, count: 2 }, { mean: 1, std: 2 });
  assertSame(Array.from(target), [2, 3, 4, 5]);
  standardizeRows(
    referenceKernels(),
    target,
    { x, ids: Int32Array.of(9, 2, 0), first: 1, count: 2 },
    { mean: 1, std: 2 },
  );
  assertSame(Array.from(target), [4, 5, 0, 1]);
});

test.run();
