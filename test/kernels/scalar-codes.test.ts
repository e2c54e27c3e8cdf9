import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { singles } from '../support/directional-derivative.ts';
import { assertSame } from '../support/same.ts';
import { assertSameBits } from '../support/same-bits.ts';
import { bytesOf, intsOf } from './operands.ts';

const DIMS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 64, 131];
const COUNTS = [0, 1, 3, 4, 5, 9];

test('codes of numbers: simd has the bits of the reference for every dim modulo 16, in and out of range, on and beside every step', () => {
  const random = new Random(1, 'scalar codes');
  const special = [0, -0, 1e-40, -1e-40, 3e38, -3e38, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const dim of [...DIMS, 10, 14, 17, 31, 32, 33, 47, 48]) {
    const minima = Array.from({ length: dim }, () => Math.fround(random.normal()));
    const spans = Array.from({ length: dim }, () => [0, 1e-39, 1, Math.fround(4 * random.uniform())][random.below(4)]!);
    const number = (i: number): number => {
      const step = minima[i]! + (random.below(258) / 255) * spans[i]!;
      const beside = 1 + (random.below(3) - 1) * 2 ** -23;
      return [3 * random.normal(), step, step * beside, minima[i]!, special[random.below(9)]!][random.below(5)]!;
    };
    for (const count of [0, 1, 3, 9]) {
      const x = Array.from({ length: count * dim }, (_, place) => number(place % dim));
      assertSameBits(`dim ${dim}, count ${count}`, [x, minima, spans], (k, [values, least, span]) => {
        const codes = bytesOf(k, new Array(count * dim + 2).fill(77));
        k.scalarCodes(codes.subarray(1), values!, least!, span!, count, dim);
        return codes.join();
      });
    }
  }
});

for (const backend of ['reference', 'simd'] as const) {
  test(`${backend}: codes by hand, range -1 to 1; a range of nothing, and NaN`, () => {
    const kernels = createKernels({ backend, bytes: 4096 });
    const x = kernels.floats(20);
    x.set([-1, 0, 1, 5, -5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0.99, 0.999]);
    x.set(x.subarray(0, 10), 10);
    const [minima, spans] = [kernels.floats(10).fill(-1), kernels.floats(10).fill(2)];
    spans[1] = 0;
    const codes = kernels.bytes(20);
    kernels.scalarCodes(codes, x, minima, spans, 2, 10);
    const expected = [0, 0, 255, 255, 0, 255, 0, 0, 1, 254];
    assert.equal([...codes], [...expected, ...expected]);
  });
}

test('float distance to codes: simd has the bits of the reference for every dim modulo 8 and count modulo 4', () => {
  const random = new Random(1, 'code distance');
  for (const dim of DIMS) {
    for (const count of COUNTS) {
      const rows = count + 2;
      const values = Array.from({ length: rows * dim }, () => random.below(256));
      const order = Array.from({ length: count }, () => random.below(rows));
      const operands = [singles(random, count), singles(random, count), singles(random, dim), singles(random, dim)];
      assertSameBits(`dim ${dim}, count ${count}`, operands, (k, [scanned, found, target, steps]) => {
        const codes = bytesOf(k, values);
        k.codeDistanceScan(scanned!, target!, steps!, codes, 2, count, dim);
        k.codeDistances(found!, target!, steps!, codes, intsOf(k, order), count, dim);
      });
    }
  }
});

test('whole-number distance of codes: simd has the bits of the reference', () => {
  const random = new Random(1, 'byte distance');
  for (const dim of DIMS) {
    for (const count of COUNTS) {
      const rows = count + 2;
      const values = Array.from({ length: rows * dim }, () => random.below(256));
      const query = Array.from({ length: 3 + dim }, () => random.below(256));
      const order = Array.from({ length: count }, () => random.below(rows));
      const operands = [singles(random, count), singles(random, count)];
      assertSameBits(`dim ${dim}, count ${count}`, operands, (k, [scanned, found]) => {
        const codes = bytesOf(k, values);
        const own = bytesOf(k, query);
        k.byteDistanceScan(scanned!, own, 3, codes, 2, count, dim, 0.3);
        k.byteDistances(found!, own, 3, codes, intsOf(k, order), count, dim, 0.3);
      });
    }
  }
});

for (const backend of ['reference', 'simd'] as const) {
  test(`${backend}: the largest whole-number distance of 33,025 numbers is exact to the last bit of float32`, () => {
    const dim = 33025;
    const kernels = createKernels({ backend, bytes: 2 ** 18 });
    const codes = kernels.bytes(2 * dim);
    codes.fill(255, dim);
    const out = kernels.floats(2);
    kernels.byteDistanceScan(out, codes, 0, codes, 0, 2, dim, 1);
    assertSame([...out], [0, Math.fround(33025 * 255 * 255)]);
    assert.ok(33025 * 255 * 255 < 2 ** 31);
    assert.equal({ ...kernels.counts }, { distances: 2, multiplyAdds: 2 * dim });
  });

  test(`${backend}: the float distance is exact for small whole numbers`, () => {
    const random = new Random(1, 'code exact');
    const [rows, dim] = [6, 13];
    const kernels = createKernels({ backend, bytes: 2 ** 16 });
    const target = kernels.floats(dim);
    const steps = kernels.floats(dim);
    for (let i = 0; i < dim; i++) {
      target[i] = random.below(40);
      steps[i] = random.below(3);
    }
    const codes = kernels.bytes(rows * dim);
    for (let i = 0; i < codes.length; i++) codes[i] = random.below(20);
    const out = kernels.floats(rows);
    kernels.codeDistanceScan(out, target, steps, codes, 0, rows, dim);
    const expected = Array.from({ length: rows }, (_, r) => {
      let sum = 0;
      for (let i = 0; i < dim; i++) sum += (target[i]! - steps[i]! * codes[r * dim + i]!) ** 2;
      return sum;
    });
    assertSame([...out], expected);
    assert.equal({ ...kernels.counts }, { distances: rows, multiplyAdds: rows * dim });
  });
}

test('float64: the unrounded sum', () => {
  const kernels = referenceKernels({ precision: 'float64' });
  const out = kernels.floats(1);
  kernels.codeDistanceScan(out, Float64Array.of(1, 2 ** -30), Float64Array.of(1, 1), Uint8Array.of(0, 0), 0, 1, 2);
  assert.is(out[0], 1 + 2 ** -60);
});

test('simd refuses operands from elsewhere and operands that are too short', () => {
  const kernels = createKernels({ backend: 'simd', bytes: 2 ** 16 });
  const [out, target, codes] = [kernels.floats(4), kernels.floats(8), kernels.bytes(32)];
  kernels.codeDistanceScan(out, target, target, codes, 0, 4, 8);
  assert.throws(() => kernels.scalarCodes(codes, target, target, target, 2, 8), /at least 16 elements, got 8/);
  assert.throws(() => kernels.codeDistanceScan(out, target, target, codes, 1, 4, 8), /at least 40 elements, got 32/);
  assert.throws(() => kernels.codeDistanceScan(out, target.subarray(1), target, codes, 0, 4, 8), /at least 8 .* got 7/);
  assert.throws(() => kernels.byteDistanceScan(out, codes, 25, codes, 0, 4, 8, 1), /at least 33 elements, got 32/);
  assert.throws(
    () => kernels.byteDistances(out, new Uint8Array(8), 0, codes, kernels.ints(4), 4, 8, 1),
    /another array/,
  );
});

test.run();
