import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ProductQuantizer } from '../../../src/quantize/product/product-quantizer.ts';
import { NeighborBasis, requireBasis } from '../../../src/quantize/regression/neighbor-basis.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { assertSame } from '../../support/same.ts';

// Two parts of two numbers, two centroids each.
const quantizer = new ProductQuantizer(4, 2, 1, Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
const numbers = Uint8Array.of(0, 0, 1, 1, 0, 1);
const links = Int32Array.of(1, 2, 0, -1, -1, -1);
const basis = new NeighborBasis(quantizer, numbers, links, 2);

test('the row itself, then its neighbors in their order', () => {
  const out = new Float32Array(12);
  basis.fill(0, out);
  assertSame([...out], [1, 2, 5, 6, 3, 4, 7, 8, 1, 2, 7, 8]);
  assert.equal([basis.rows, basis.vectors, basis.dim], [3, 3, 4]);
});

test('the row itself in the place of neighbors that it does not have', () => {
  const out = new Float32Array(12);
  basis.fill(1, out);
  assertSame([...out], [3, 4, 7, 8, 1, 2, 5, 6, 3, 4, 7, 8]);
  basis.fill(2, out);
  assertSame([...out], [1, 2, 7, 8, 1, 2, 7, 8, 1, 2, 7, 8]);
});

test('points that do not belong to the basis are refused', () => {
  requireBasis(createMatrix(3, 4), basis, 'here');
  assert.throws(
    () => requireBasis(createMatrix(2, 4), basis, 'here'),
    /^here: expected points of 3 x 4, as the basis has, got 2 x 4\.$/,
  );
  assert.throws(() => requireBasis(createMatrix(3, 5), basis, 'here'), /got 3 x 5/);
});

test.run();
