import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import type { Floats } from '../../kernels/operands.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { singles } from '../support/directional-derivative.ts';
import { assertSame } from '../support/same.ts';
import { assertSameBits } from '../support/same-bits.ts';
import { floatsOf } from './operands.ts';

type Name = 'matmulNN' | 'matmulNT' | 'matmulTN';
const NAMES: readonly Name[] = ['matmulNN', 'matmulNT', 'matmulTN'];

/** Written from the definition of each product, index by index. */
function naive(name: Name, a: ArrayLike<number>, b: ArrayLike<number>, m: number, n: number, k: number): number[] {
  const c: number[] = new Array(m * n).fill(0);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      for (let p = 0; p < k; p++) {
        const left = name === 'matmulTN' ? a[p * m + i]! : a[i * k + p]!;
        const right = name === 'matmulNT' ? b[j * k + p]! : b[p * n + j]!;
        c[i * n + j]! += left * right;
      }
    }
  }
  return c;
}

function assertShape(random: Random, m: number, n: number, k: number): void {
  for (const name of NAMES) {
    for (const accumulate of [false, true]) {
      const operands = [singles(random, m * n), singles(random, m * k), singles(random, k * n)];
      assertSameBits(`${name} ${m} x ${n} x ${k}, accumulate ${accumulate}`, operands, (kernels, [c, a, b]) => {
        kernels[name](c!, a!, b!, m, n, k, accumulate);
      });
    }
  }
}

test('simd has the bits of the reference for every size modulo the 4 x 8 tile', () => {
  const random = new Random(1, 'matmul tiles');
  for (let m = 1; m <= 9; m++) for (let n = 1; n <= 17; n++) assertShape(random, m, n, 1 + ((3 * m + n) % 7));
});

test('simd has the bits of the reference for empty products, single rows and columns, and sizes across blocks', () => {
  const random = new Random(1, 'matmul blocks');
  const shapes = [
    [0, 5, 3],
    [5, 0, 3],
    [5, 3, 0],
    [1, 1, 1],
    [1, 40, 30],
    [40, 1, 30],
    [17, 23, 700],
    [300, 9, 20],
    [5, 530, 12],
    [261, 70, 259],
  ] as const;
  for (const [m, n, k] of shapes) assertShape(random, m, n, k);
});

test('simd has the bits of the reference for 60 random shapes', () => {
  const random = new Random(1, 'matmul shapes');
  for (let trial = 0; trial < 60; trial++) assertShape(random, random.below(50), random.below(50), random.below(50));
});

for (const backend of ['reference', 'simd'] as const) {
  test(`${backend}: exact for small whole numbers`, () => {
    const random = new Random(1, 'matmul exact');
    const whole = (length: number) => Array.from({ length }, () => random.below(9) - 4);
    for (const [m, n, k] of [
      [3, 5, 7],
      [8, 16, 4],
      [33, 12, 270],
    ] as const) {
      const [left, right, start] = [whole(m * k), whole(k * n), whole(m * n)];
      for (const name of NAMES) {
        const kernels = createKernels({ backend, bytes: 2 ** 18 });
        const [c, a, b] = [start, left, right].map((values) => floatsOf(kernels, values)) as [Floats, Floats, Floats];
        const expected = naive(name, left, right, m, n, k);
        kernels[name](c, a, b, m, n, k, true);
        assertSame(
          [...c],
          expected.map((value, i) => value + start[i]!),
        );
        kernels[name](c, a, b, m, n, k, false);
        assertSame(
          [...c],
          expected.map((value) => value + 0),
        );
        assert.equal({ ...kernels.counts }, { multiplyAdds: 2 * m * n * k, distances: 0 });
      }
    }
  });

  test(`${backend}: signed zeros, infinities and NaN`, () => {
    const kernels = createKernels({ backend, bytes: 2 ** 14 });
    const [c, a, b] = [
      [-0, 1 / 0, 1, 2],
      [-0, 1],
      [5, -0],
    ].map((values) => floatsOf(kernels, values)) as [Floats, Floats, Floats];
    const check = (expected: readonly number[]) =>
      c.forEach((value, i) => {
        assert.ok(Object.is(value, expected[i]), `element ${i}: expected ${expected[i]}, got ${value}`);
      });
    kernels.matmulNN(c, a, b, 2, 2, 1, true); // -0 + -0 · 5, inf + -0 · -0, 1 + 1 · 5, 2 + 1 · -0
    check([-0, 1 / 0, 6, 2]);
    kernels.matmulNN(c, a, b, 2, 2, 1, false); // a sum from 0 is never -0
    check([0, 0, 5, 0]);
    c.fill(-0);
    kernels.matmulNN(c, a, b, 2, 2, 0, true); // nothing is added
    check([-0, -0, -0, -0]);
    kernels.matmulNN(c, a, b, 2, 2, 0, false);
    check([0, 0, 0, 0]);
    a.set([1 / 0, 1]);
    b.set([0, 1]);
    kernels.matmulNN(c, a, b, 2, 2, 1, false);
    check([Number.NaN, 1 / 0, 0, 1]);
  });

  test(`${backend}: NaN and infinity in the last row and column stay there`, () => {
    const kernels = createKernels({ backend, bytes: 2 ** 16 });
    const [m, n, k] = [6, 11, 5];
    for (const name of NAMES) {
      const [c, a, b] = [kernels.floats(m * n), kernels.floats(m * k).fill(1), kernels.floats(k * n).fill(1)];
      a[m * k - 1] = 1 / 0; // the last row of a or of its transpose
      b[k * n - 1] = Number.NaN;
      kernels[name](c, a, b, m, n, k, false);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          const expected = j === n - 1 ? Number.NaN : i === m - 1 ? 1 / 0 : k;
          assert.ok(Object.is(c[i * n + j], expected), `${name} [${i}, ${j}] = ${c[i * n + j]}`);
        }
      }
    }
  });
}

test('float64: the unrounded products within 1e-14', () => {
  const random = new Random(1, 'matmul double');
  const [m, n, k] = [5, 6, 40];
  const a = Float64Array.from({ length: m * k }, () => random.uniform());
  const b = Float64Array.from({ length: k * n }, () => random.uniform());
  for (const name of NAMES) {
    const kernels = referenceKernels({ precision: 'float64' });
    const c = kernels.floats(m * n);
    kernels[name](c, a, b, m, n, k, false);
    naive(name, a, b, m, n, k).forEach((expected, i) => {
      assert.ok(Math.abs(c[i]! - expected) <= 1e-14 * expected);
    });
  }
});

test('simd refuses operands from elsewhere and operands that are too short', () => {
  const kernels = createKernels({ backend: 'simd', bytes: 2 ** 16 });
  const [c, a, b] = [kernels.floats(12), kernels.floats(8), kernels.floats(6)];
  kernels.matmulNN(c, a, b, 4, 3, 2, false);
  assert.throws(() => kernels.matmulNN(new Float32Array(12), a, b, 4, 3, 2, false), /expected operands made by floats/);
  assert.throws(() => kernels.matmulNN(c, a, b, 4, 3, 3, false), /expected an operand of at least 12 elements, got 8/);
  assert.throws(() => kernels.matmulNN(c, a, b, 5, 3, 1, false), /expected an operand of at least 15 elements, got 12/);
});

test.run();
