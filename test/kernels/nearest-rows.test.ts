import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { singles } from '../support/directional-derivative.ts';
import { assertSame } from '../support/same.ts';
import { assertSameBits } from '../support/same-bits.ts';

const DIMS = [1, 2, 3, 4, 5, 6, 7, 8, 16, 37, 256];
const COUNTS = [0, 1, 2, 7, 8, 9, 17];

test('simd has the bits of the reference for every dim modulo 4 and count modulo 8', () => {
  const random = new Random(1, 'nearest rows');
  for (const dim of DIMS) {
    for (const count of COUNTS) {
      const baseCount = 13;
      const operands = [singles(random, count), singles(random, (2 + count) * dim), singles(random, baseCount * dim)];
      assertSameBits(`dim ${dim}, count ${count}`, operands, (k, [distances, points, base]) => {
        const ids = k.ints(count + 1).fill(-5);
        k.nearestRows(ids, distances!, points!, 2, count, base!, baseCount, dim);
        return ids.join(' ');
      });
    }
  }
});

test('points with numbers between them, for every dim and count modulo 8, by 1 and 2 threads', () => {
  const random = new Random(1, 'nearest rows stride');
  const baseCount = 11;
  for (const threads of [1, 2]) {
    const kernels = createKernels({ backend: 'simd', bytes: 2 ** 22, threads });
    for (const [count, dim, stride] of [
      [0, 3, 4],
      [1, 5, 5],
      [19, 2, 7],
      [1003, 4, 9],
      [2000, 8, 33],
    ] as const) {
      const base = kernels.floats(baseCount * dim);
      base.set(singles(random, base.length));
      const points = kernels.floats(count * dim);
      points.set(singles(random, points.length));
      // The last point ends where the operand does.
      const apart = kernels.floats(Math.max(0, (2 + count - 1) * stride + dim)).fill(Number.NaN);
      for (let i = 0; i < points.length; i++) apart[(2 + Math.floor(i / dim)) * stride + (i % dim)] = points[i]!;
      const expected = { ids: kernels.ints(count), distances: kernels.floats(count) };
      const found = { ids: kernels.ints(count), distances: kernels.floats(count) };
      kernels.nearestRows(expected.ids, expected.distances, points, 0, count, base, baseCount, dim);
      kernels.nearestRows(found.ids, found.distances, apart, 2, count, base, baseCount, dim, stride);
      assertSame(found, expected, `${count} x ${dim} of ${stride}, ${threads} threads`);
      const reference = { ids: new Int32Array(count), distances: new Float32Array(count) };
      referenceKernels().nearestRows(reference.ids, reference.distances, apart, 2, count, base, baseCount, dim, stride);
      assertSame(found, reference, `${count} x ${dim} of ${stride}: the reference`);
    }
  }
});

for (const backend of ['reference', 'simd'] as const) {
  test(`${backend}: has the bits of the distance scan and the first of its smallest, with copies among the rows`, () => {
    const random = new Random(1, 'nearest rows scan');
    const [rows, count, dim] = [24, 19, 6];
    const kernels = createKernels({ backend, bytes: 2 ** 16 });
    const base = kernels.floats(rows * dim);
    for (let i = 0; i < base.length; i++) base[i] = random.below(3);
    const points = kernels.floats(count * dim);
    points.set(singles(random, count * dim));
    const ids = kernels.ints(count);
    const distances = kernels.floats(count);
    const scan = kernels.floats(rows);
    kernels.nearestRows(ids, distances, points, 0, count, base, rows, dim);
    assert.equal({ ...kernels.counts }, { distances: rows * count, multiplyAdds: rows * count * dim });
    for (let i = 0; i < count; i++) {
      kernels.squaredDistanceScan(scan, points, i * dim, base, 0, rows, dim);
      const least = Math.min(...scan);
      assert.is(distances[i], least);
      assert.is(ids[i], scan.indexOf(least));
    }
  });

  test(`${backend}: row 0 where every distance overflows`, () => {
    const kernels = createKernels({ backend, bytes: 2 ** 12 });
    const points = kernels.floats(1).fill(3e38);
    const base = kernels.floats(3).fill(-3e38);
    const ids = kernels.ints(1).fill(9);
    const distances = kernels.floats(1);
    kernels.nearestRows(ids, distances, points, 0, 1, base, 3, 1);
    assert.equal([ids[0], distances[0]], [0, Number.POSITIVE_INFINITY]);
  });
}

test('simd refuses operands from elsewhere, operands that are too short, and rows too long for its scratch', () => {
  const kernels = createKernels({ backend: 'simd', bytes: 2 ** 20 });
  const [ids, distances, points, base] = [kernels.ints(4), kernels.floats(4), kernels.floats(40), kernels.floats(30)];
  kernels.nearestRows(ids, distances, points, 0, 4, base, 3, 10);
  assert.throws(() => kernels.nearestRows(ids, distances, points, 1, 4, base, 3, 10), /at least 50 elements, got 40/);
  assert.throws(() => kernels.nearestRows(ids, distances, points, 0, 4, base, 4, 10), /at least 40 elements, got 30/);
  assert.throws(
    () => kernels.nearestRows(new Int32Array(4), distances, points, 0, 4, base, 3, 10),
    /got another array/,
  );
  const long = kernels.floats(40000);
  assert.throws(() => kernels.nearestRows(ids, distances, long, 0, 1, long, 1, 40000), /bytes of scratch, got 1280032/);
});

test.run();
