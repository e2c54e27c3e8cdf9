import { eigs } from 'mathjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { symmetricEigen } from '../../../src/tensor/algebra/eigen.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { assertSame } from '../../support/same.ts';

function randomSymmetric(n: number, stream: string): Float64Array {
  const random = new Random(1, stream);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = random.normal();
  return a;
}

/** XᵀX of a random (rows, n), of rank `rows`. */
function gram(rows: number, n: number): Float64Array {
  const random = new Random(2, 'gram');
  const x = Float64Array.from({ length: rows * n }, () => random.normal());
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let r = 0; r < rows; r++) sum += x[r * n + i]! * x[r * n + j]!;
      a[i * n + j] = a[j * n + i] = sum;
    }
  }
  return a;
}

/** Largest of |A v - λ v| / |λ|max and |V Vᵀ - I|; fails unless values descend. */
function errorOf(a: Float64Array, n: number): number {
  const { values, vectors } = symmetricEigen(a, n);
  const norm = Math.max(...values.map(Math.abs)) || 1;
  let worst = 0;
  for (let i = 0; i < n; i++) {
    if (i > 0) assert.ok(values[i]! <= values[i - 1]!, `values ${i - 1} and ${i}`);
    for (let j = 0; j < n; j++) {
      let image = 0;
      let product = i === j ? -1 : 0;
      for (let x = 0; x < n; x++) {
        image += a[j * n + x]! * vectors[i * n + x]!;
        product += vectors[i * n + x]! * vectors[j * n + x]!;
      }
      worst = Math.max(worst, Math.abs(image - values[i]! * vectors[i * n + j]!) / norm, Math.abs(product));
    }
  }
  return worst;
}

test('values and vectors of random matrices agree with mathjs within 1e-12 (n = 2 .. 12)', () => {
  for (const n of [2, 3, 4, 7, 12]) {
    const a = randomSymmetric(n, `mathjs ${n}`);
    const { values, vectors } = symmetricEigen(a, n);
    const rows = Array.from({ length: n }, (_, i) => [...a.subarray(i * n, (i + 1) * n)]);
    const expected = eigs(rows).eigenvectors as { value: number; vector: number[] }[];
    expected.sort((x, y) => y.value - x.value);
    for (const [i, { value, vector }] of expected.entries()) {
      assert.ok(Math.abs(values[i]! - value) < 1e-12, `n = ${n}, value ${i}: ${values[i]} and ${value}`);
      const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
      const product = vector.reduce((sum, x, j) => sum + (x * vectors[i * n + j]!) / length, 0);
      assert.ok(Math.abs(Math.abs(product) - 1) < 1e-12, `n = ${n}, vector ${i}: product ${product}`);
    }
  }
});

test('residuals and orthogonality of larger matrices are below 1e-13 (n = 160; full rank, and rank 20)', () => {
  assert.ok(errorOf(randomSymmetric(160, 'large'), 160) < 1e-13); // 6e-15
  assert.ok(errorOf(gram(200, 160), 160) < 1e-13); // 6e-15
  assert.ok(errorOf(gram(20, 160), 160) < 1e-13); // 1e-15
});

test('simple matrices: one value, zeros, diagonal, repeated values, a known pair', () => {
  assertSame(symmetricEigen(Float64Array.of(-3), 1), { values: Float64Array.of(-3), vectors: Float64Array.of(1) });
  assertSame([...symmetricEigen(new Float64Array(9), 3).values], [0, 0, 0]);
  assert.is(errorOf(new Float64Array(16), 4), 0);
  const diagonal = new Float64Array(16);
  for (const [i, value] of [2, -1, 5, 2].entries()) diagonal[i * 5] = value;
  const found = symmetricEigen(diagonal, 4);
  assertSame([...found.values], [5, 2, 2, -1]);
  assertSame([...found.vectors], [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0]);
  const ones = new Float64Array(25 * 25).fill(1); // 25, and 0 twenty-four times
  assert.ok(errorOf(ones, 25) < 1e-14);
  assert.ok(Math.abs(symmetricEigen(ones, 25).values[0]! - 25) < 1e-13);
  const pair = symmetricEigen(Float64Array.of(2, 1, 1, 2), 2);
  assert.ok(Math.abs(pair.values[0]! - 3) < 1e-15 && Math.abs(pair.values[1]! - 1) < 1e-15);
});

test('huge and tiny matrices are as exact as ordinary ones', () => {
  const a = randomSymmetric(30, 'scaled');
  for (const factor of [2 ** 900, 2 ** -900]) {
    const scaled = a.map((value) => value * factor);
    assertSame(
      symmetricEigen(scaled, 30).values,
      symmetricEigen(a, 30).values.map((value) => value * factor),
    );
  }
  const graded = new Float64Array(100); // values from 1 to 1e-27
  for (let i = 0; i < 10; i++)
    for (let j = 0; j < 10; j++) graded[i * 10 + j] = 10 ** (-1.5 * (i + j)) * (i === j ? 2 : 1);
  assert.ok(errorOf(graded, 10) < 1e-14); // 2e-15
});

test('the matrix is left as it is, and the same matrix gives the same bits', () => {
  const a = randomSymmetric(40, 'again');
  const copy = a.slice();
  const first = symmetricEigen(a, 40);
  assertSame(a, copy);
  assertSame(symmetricEigen(a, 40), first);
});

test('what is no symmetric matrix of finite values is refused', () => {
  assert.throws(() => symmetricEigen(new Float64Array(0), 0), /symmetricEigen: expected n of at least 1, got 0\./);
  assert.throws(() => symmetricEigen(new Float64Array(5), 2), /expected 2 x 2 = 4 values, got 5\./);
  assert.throws(
    () => symmetricEigen(Float64Array.of(1, 2, 3, 4), 2),
    /expected a symmetric matrix, got 3 at \(1, 0\) and 2/,
  );
  assert.throws(
    () => symmetricEigen(Float64Array.of(1, Number.NaN, Number.NaN, 4), 2),
    /expected finite values, got NaN at row 1, column 0\./,
  );
  assert.throws(() => symmetricEigen(Float64Array.of(1, 0, 0, Number.POSITIVE_INFINITY), 2), /got Infinity at row 1/);
});

test.run();
