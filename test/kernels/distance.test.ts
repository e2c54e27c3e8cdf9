import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import type { Floats } from '../../kernels/operands.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { singles } from '../support/directional-derivative.ts';
import { assertSame } from '../support/same.ts';
import { assertSameBits } from '../support/same-bits.ts';
import { intsOf } from './operands.ts';

const DIMS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 63, 64, 65, 130, 240];
const COUNTS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 33];

/** The plain sum, in float64. */
function naive(a: ArrayLike<number>, aAt: number, b: ArrayLike<number>, bAt: number, dim: number): number {
  let sum = 0;
  for (let i = 0; i < dim; i++) sum += (a[aAt + i]! - b[bAt + i]!) ** 2;
  return sum;
}

test('by ids: simd has the bits of the reference for every dim modulo 4 and count modulo 8', () => {
  const random = new Random(1, 'distance ids');
  for (const dim of DIMS) {
    for (const count of COUNTS) {
      const rows = 11;
      const ids = Array.from({ length: count }, () => random.below(rows));
      const operands = [singles(random, count), singles(random, 3 + dim), singles(random, rows * dim)];
      assertSameBits(`dim ${dim}, count ${count}`, operands, (k, [out, query, base]) => {
        k.squaredDistances(out!, query!, 3, base!, intsOf(k, ids), count, dim);
      });
    }
  }
});

test('scan: simd has the bits of the reference', () => {
  const random = new Random(1, 'distance scan');
  for (const dim of DIMS) {
    for (const count of COUNTS) {
      const operands = [singles(random, count), singles(random, 1 + dim), singles(random, (2 + count) * dim)];
      assertSameBits(`dim ${dim}, count ${count}`, operands, (k, [out, query, base]) => {
        k.squaredDistanceScan(out!, query!, 1, base!, 2, count, dim);
      });
    }
  }
});

test('matrix: simd has the bits of the reference, across blocks of the cache too', () => {
  const random = new Random(1, 'distance matrix');
  const shapes = [
    [0, 3, 4],
    [3, 0, 4],
    [1, 1, 0],
    [1, 1, 1],
    [5, 7, 3],
    [3, 70, 240],
    [2, 9, 9000],
    [4, 600, 17],
  ] as const;
  for (const [aCount, bCount, dim] of shapes) {
    const operands = [
      singles(random, aCount * bCount),
      singles(random, (1 + aCount) * dim),
      singles(random, (2 + bCount) * dim),
    ];
    assertSameBits(`${aCount} x ${bCount}, dim ${dim}`, operands, (k, [out, a, b]) => {
      k.squaredDistanceMatrix(out!, a!, 1, aCount, b!, 2, bCount, dim);
    });
  }
});

test('a distance does not depend on its place in the batch', () => {
  const random = new Random(1, 'distance place');
  const kernels = createKernels({ bytes: 2 ** 16 });
  const dim = 131;
  const base = kernels.floats(2 * dim);
  base.set(singles(random, 2 * dim));
  const out = kernels.floats(15);
  kernels.squaredDistances(out, base, 0, base, intsOf(kernels, new Array(15).fill(1)), 15, dim);
  assert.is(new Set(out).size, 1);
});

test('element i adds to lane i mod 4 and lanes meet as (l0 + l2) + (l1 + l3): the order is part of the result', () => {
  // 2^24 + 1 rounds back to 2^24: what is added to 4096² one by one is lost, what is added together is not.
  for (const [vector, expected] of [
    [[4096, 1, 0, 1], 2 ** 24 + 2], // l1 and l3 meet first
    [[4096, 1, 1, 0], 2 ** 24],
    [[4096, 0, 0, 0, 1, 0, 0, 0, 1], 2 ** 24], // one after the other in lane 0
    [[4096, 1, 0, 0, 0, 1, 0, 0], 2 ** 24 + 2], // both in lane 1
  ] as const) {
    const kernels = referenceKernels();
    const dim = vector.length;
    const points = new Float32Array(2 * dim);
    points.set(vector, dim);
    const out = new Float32Array(4);
    kernels.squaredDistanceScan(out, points, 0, points, 1, 1, dim);
    assert.is(out[0], expected, `${vector}`);
    kernels.pairDistances(out, points, 2, dim);
    assert.is(out[1], Math.fround(Math.sqrt(expected)), `${vector}`);
  }
});

for (const backend of ['reference', 'simd'] as const) {
  test(`${backend}: exact for small whole numbers, by every function`, () => {
    const random = new Random(1, 'distance exact');
    for (const dim of [1, 6, 64, 129]) {
      const [rows, queries] = [13, 5];
      const kernels = createKernels({ backend, bytes: 2 ** 18 });
      const base = kernels.floats(rows * dim).map(() => random.below(9) - 4);
      const own = kernels.floats(rows * dim);
      own.set(base);
      const matrix = kernels.floats(queries * rows);
      kernels.squaredDistanceMatrix(matrix, own, 0, queries, own, 0, rows, dim);
      const out = kernels.floats(rows);
      for (let q = 0; q < queries; q++) {
        const expected = Array.from({ length: rows }, (_, r) => naive(base, q * dim, base, r * dim, dim));
        assertSame([...matrix.subarray(q * rows, (q + 1) * rows)], expected);
        kernels.squaredDistanceScan(out, own, q * dim, own, 0, rows, dim);
        assertSame([...out], expected);
        const ids = intsOf(kernels, [...expected.keys()].reverse());
        kernels.squaredDistances(out, own, q * dim, own, ids, rows, dim);
        assertSame([...out].reverse(), expected);
      }
    }
  });

  test(`${backend}: writes as many distances as it is asked for, and no more`, () => {
    const kernels = createKernels({ backend, bytes: 2 ** 16 });
    const base = kernels.floats(60).fill(1);
    for (const count of [1, 3, 4, 7]) {
      const out = kernels.floats(10).fill(-5);
      kernels.squaredDistances(out, base, 0, base, kernels.ints(10), count, 6);
      assertSame([...out], [...new Array(count).fill(0), ...new Array(10 - count).fill(-5)]);
      out.fill(-5);
      kernels.squaredDistanceScan(out, base, 0, base, 0, count, 6);
      assertSame([...out], [...new Array(count).fill(0), ...new Array(10 - count).fill(-5)]);
    }
  });

  test(`${backend}: counts distances and one multiply-add per dimension`, () => {
    const kernels = createKernels({ backend, bytes: 2 ** 16 });
    const base = kernels.floats(60);
    const out = kernels.floats(60);
    kernels.squaredDistances(out, base, 0, base, kernels.ints(7), 7, 6);
    kernels.squaredDistanceScan(out, base, 0, base, 0, 3, 6);
    kernels.squaredDistanceMatrix(out, base, 0, 4, base, 0, 5, 6);
    assert.equal({ ...kernels.counts }, { distances: 30, multiplyAdds: 180 });
  });

  test(`${backend}: NaN and infinity stay in their rows`, () => {
    const kernels = createKernels({ backend, bytes: 2 ** 16 });
    const dim = 7;
    const base = kernels.floats(8 * dim).fill(2);
    const query = kernels.floats(dim).fill(-0);
    base[1 * dim + 6] = Number.NaN;
    base[3 * dim + 2] = -1 / 0;
    base[5 * dim] = 3e38;
    const out = kernels.floats(8);
    kernels.squaredDistanceScan(out, query, 0, base, 0, 8, dim);
    assertSame([...out], [28, Number.NaN, 28, 1 / 0, 28, 1 / 0, 28, 28]);
  });
}

test('float64: the unrounded sum within 1e-14 relative', () => {
  const random = new Random(1, 'distance double');
  const kernels = referenceKernels({ precision: 'float64' });
  const dim = 241;
  const base: Floats = Float64Array.from({ length: 4 * dim }, () => random.normal());
  const out = kernels.floats(3);
  kernels.squaredDistanceScan(out, base, 0, base, 1, 3, dim);
  out.forEach((value, r) => {
    const expected = naive(base, 0, base, (1 + r) * dim, dim);
    assert.ok(Math.abs(value - expected) <= 1e-14 * expected, `row ${r}: ${value} against ${expected}`);
  });
});

test('simd refuses operands from elsewhere and operands that are too short', () => {
  const kernels = createKernels({ backend: 'simd', bytes: 2 ** 16 });
  const base = kernels.floats(40);
  const out = kernels.floats(4);
  const ids = kernels.ints(4);
  const foreign = /expected operands made by floats\(\) or ints\(\) of these kernels, got another array/;
  const scan = (first: number, count: number) => kernels.squaredDistanceScan(out, base, 0, base, first, count, 10);
  assert.throws(() => kernels.squaredDistances(new Float32Array(4), base, 0, base, ids, 4, 10), foreign);
  assert.throws(() => kernels.squaredDistances(out, new Float32Array(10), 0, base, ids, 4, 10), foreign);
  assert.throws(() => kernels.squaredDistances(out, base, 0, new Float32Array(40), ids, 4, 10), foreign);
  assert.throws(() => kernels.squaredDistances(out, base, 0, base, new Int32Array(4), 4, 10), foreign);
  scan(0, 4);
  assert.throws(() => scan(1, 4), /expected an operand of at least 50 elements, got 40/);
  assert.throws(() => scan(0, 5), /got 4|got 40/);
  assert.throws(() => kernels.squaredDistances(out, base, 31, base, ids, 4, 10), /at least 41 elements, got 40/);
  scan(0, 4);
});

test.run();
