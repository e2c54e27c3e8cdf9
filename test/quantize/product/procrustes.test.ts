import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nearestOrthonormal, randomOrthonormal } from '../../../src/quantize/product/procrustes.ts';
import { Random } from '../../../src/tensor/random/random.ts';

/** The largest deviation of A Aᵀ from the identity. */
function deviation(a: Float64Array, rows: number, cols: number): number {
  let worst = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) {
      let sum = 0;
      for (let c = 0; c < cols; c++) sum += a[i * cols + c]! * a[j * cols + c]!;
      worst = Math.max(worst, Math.abs(sum - (i === j ? 1 : 0)));
    }
  }
  return worst;
}

function trace(a: Float64Array, c: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * c[i]!, 0);
}

function normals(random: Random, length: number): Float64Array {
  return Float64Array.from({ length }, () => random.normal());
}

test('orthonormal rows within 1e-13, square and wide, from 1 x 1 to 40 x 60', () => {
  const random = new Random(1, 'procrustes');
  for (const [rows, cols] of [
    [1, 1],
    [2, 2],
    [3, 7],
    [16, 16],
    [40, 60],
  ] as const) {
    const found = deviation(nearestOrthonormal(normals(random, rows * cols), rows, cols), rows, cols);
    assert.ok(found < 1e-13, `${rows} x ${cols}: ${found}`); // measured: 0 to 7e-15
  }
});

test('the polar factor of rotation times positive definite matrix is the rotation, within 1e-12', () => {
  const random = new Random(2, 'procrustes');
  const n = 8;
  const rotation = randomOrthonormal(n, n, random);
  const root = normals(random, n * n);
  const product = new Float64Array(n * n); // (root rootᵀ) rotation
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      let square = 0;
      for (let c = 0; c < n; c++) square += root[i * n + c]! * root[k * n + c]!;
      for (let j = 0; j < n; j++) product[i * n + j]! += square * rotation[k * n + j]!;
    }
  }
  const found = nearestOrthonormal(product, n, n);
  found.forEach((value, i) => {
    assert.ok(Math.abs(value - rotation[i]!) < 1e-12); // measured: 1.1e-15
  });
});

test('no random rotation has a larger trace, 200 trials', () => {
  const random = new Random(3, 'procrustes');
  const c = normals(random, 30);
  const best = trace(nearestOrthonormal(c, 5, 6), c);
  for (let trial = 0; trial < 200; trial++) assert.ok(trace(randomOrthonormal(5, 6, random), c) < best);
});

test('a matrix of rank 3 converges, and its factor is orthonormal within 1e-13 and maximizes the trace', () => {
  const random = new Random(5, 'procrustes');
  const [left, right] = [normals(random, 12 * 3), normals(random, 3 * 14)];
  const c = new Float64Array(12 * 14);
  for (let i = 0; i < c.length; i++) {
    for (let r = 0; r < 3; r++) c[i]! += left[Math.floor(i / 14) * 3 + r]! * right[r * 14 + (i % 14)]!;
  }
  const found = nearestOrthonormal(c, 12, 14);
  assert.ok(deviation(found, 12, 14) < 1e-13, `${deviation(found, 12, 14)}`); // measured: 1e-15
  const best = trace(found, c);
  for (let trial = 0; trial < 100; trial++) assert.ok(trace(randomOrthonormal(12, 14, random), c) < best);
});

test('rows of zeros and dependent rows still give orthonormal rows', () => {
  const random = new Random(4, 'procrustes');
  const c = normals(random, 30);
  c.fill(0, 6, 12);
  c.set(c.subarray(0, 6), 24);
  assert.ok(deviation(nearestOrthonormal(c, 5, 6), 5, 6) < 1e-13);
  assert.ok(deviation(nearestOrthonormal(new Float64Array(9), 3, 3), 3, 3) < 1e-13);
});

test.run();
