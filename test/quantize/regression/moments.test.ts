import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bestWeights, fillFactors, fillMoments, momentCount } from '../../../src/quantize/regression/moments.ts';
import { normalMatrix } from '../../support/normals.ts';

const DIM = 10;

/** |x - β B|² over dimensions first .. first + length - 1, written out. */
function plainError(
  x: Float32Array,
  basis: Float32Array,
  weights: Float32Array,
  first: number,
  length: number,
): number {
  let error = 0;
  for (let j = first; j < first + length; j++) {
    let sum = x[j]!;
    for (let a = 0; a < weights.length; a++) sum -= weights[a]! * basis[a * DIM + j]!;
    error += sum * sum;
  }
  return error;
}

test('factors times moments is the squared error of a part, within 1e-13 of |x|², for 1, 2 and 7 vectors', () => {
  for (const n of [1, 2, 7]) {
    const x = normalMatrix(1, DIM, `moments x ${n}`).data;
    const basis = normalMatrix(n, DIM, `moments basis ${n}`).data;
    const weights = normalMatrix(1, n, `moments weights ${n}`).data;
    const moments = new Float64Array(momentCount(n));
    const factors = new Float64Array(momentCount(n) + 3);
    for (const [first, length] of [
      [0, 10],
      [3, 5],
      [9, 1],
    ] as const) {
      fillMoments(moments, x, 0, basis, { dim: DIM, first, length });
      fillFactors(factors, 3, weights, 0, n);
      const error = moments.reduce((sum, moment, i) => sum + moment * factors[3 + i]!, 0);
      const expected = plainError(x, basis, weights, first, length);
      assert.ok(Math.abs(error - expected) < 1e-13 * (1 + expected), `${error} ${expected}`);
    }
  }
});

test('the best weights of added moments reconstruct no worse together than any of 200 others', () => {
  const n = 3;
  const count = momentCount(n);
  const points = normalMatrix(4, DIM, 'together x').data;
  const bases = normalMatrix(4 * n, DIM, 'together basis').data;
  const sum = new Float64Array(count);
  const one = new Float64Array(count);
  for (let i = 0; i < 4; i++) {
    fillMoments(one, points, i, bases.subarray(i * n * DIM, (i + 1) * n * DIM), { dim: DIM, first: 0, length: DIM });
    for (let j = 0; j < count; j++) sum[j]! += one[j]!;
  }
  const best = bestWeights(sum, 0, n, 1e-6);
  const errorOf = (weights: ArrayLike<number>): number => {
    const factors = new Float64Array(count);
    fillFactors(factors, 0, Float32Array.from(weights), 0, n);
    return factors.reduce((total, factor, j) => total + factor * sum[j]!, 0);
  };
  const changes = normalMatrix(200, n, 'together changes').data;
  const smallest = errorOf(best);
  for (let i = 0; i < 200; i++) {
    const other = Array.from(best, (weight, a) => weight + 0.1 * changes[i * n + a]!);
    assert.ok(errorOf(other) > smallest);
  }
});

test('of equal vectors each gets the same weight', () => {
  const x = Float32Array.of(1, 2, 3);
  const moments = new Float64Array(momentCount(3));
  fillMoments(moments, x, 0, Float32Array.of(2, 4, 6, 2, 4, 6, 0, 0, 0), { dim: 3, first: 0, length: 3 });
  const weights = bestWeights(moments, 0, 3, 0.01);
  assert.ok(Math.abs(weights[0]! - 0.25) < 1e-15 && Math.abs(weights[1]! - 0.25) < 1e-15 && weights[2] === 0);
});

test.run();
