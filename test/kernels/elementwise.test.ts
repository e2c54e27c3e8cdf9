import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { singles } from '../support/directional-derivative.ts';
import { assertSameBits } from '../support/same-bits.ts';

const LENGTHS = [1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 18, 19, 33, 64, 130];
const SHAPES = [
  [1, 1],
  [1, 7],
  [3, 2],
  [5, 4],
  [7, 19],
  [255, 5],
  [256, 6],
  [257, 35],
  [600, 16],
] as const;

function filled(kernels: Kernels, values: readonly number[]) {
  const floats = kernels.floats(values.length);
  floats.set(values);
  return floats;
}

test('add: simd has the bits of the reference for every length modulo 4', () => {
  const random = new Random(1, 'add');
  for (const n of LENGTHS) {
    assertSameBits(`n = ${n}`, [singles(random, n), singles(random, n)], (k, [y, x]) => k.add(y!, x!, n));
  }
});

test('standardize: simd has the bits of the reference, which rounds once, for every length modulo 4', () => {
  const random = new Random(1, 'standardize');
  for (const n of LENGTHS) {
    const x = singles(random, n);
    const [mean, std] = [random.uniform() / 3, 0.01 + random.uniform()];
    assertSameBits(`n = ${n}`, [x], (k, [all]) => k.standardize(all!, n, mean, std));
    const kernels = createKernels({ backend: 'simd', bytes: 4096 });
    const all = filled(kernels, x);
    kernels.standardize(all, n, mean, std);
    const expected = x.map((value) => Math.fround((value - mean) / std));
    assert.equal([...all], expected);
  }
});

test('copyBlock and addBlock: simd has the bits of the reference, outside the block too', () => {
  const random = new Random(1, 'block');
  for (const [rows, cols] of SHAPES) {
    const operands = [singles(random, rows * (cols + 3)), singles(random, rows * (cols + 2))];
    assertSameBits(`copyBlock ${rows} x ${cols}`, operands, (k, [t, s]) =>
      k.copyBlock(t!, cols + 3, 2, s!, cols + 2, 1, rows, cols),
    );
    assertSameBits(`addBlock ${rows} x ${cols}`, operands, (k, [t, s]) =>
      k.addBlock(t!, cols + 3, 1, s!, cols + 2, 2, rows, cols),
    );
  }
});

test('addBias and columnSums: simd has the bits of the reference', () => {
  const random = new Random(1, 'columns');
  for (const [rows, cols] of SHAPES) {
    const operands = [singles(random, rows * cols), singles(random, cols)];
    assertSameBits(`addBias ${rows} x ${cols}`, operands, (k, [y, bias]) => k.addBias(y!, bias!, rows, cols));
    assertSameBits(`columnSums ${rows} x ${cols}`, operands, (k, [x, out]) => k.columnSums(out!, x!, rows, cols));
  }
});

test('blocks: rows with their own strides and offsets', () => {
  const kernels = referenceKernels();
  const source = filled(kernels, [0, 1, 2, 10, 11, 12]);
  const target = filled(kernels, [0, 0, 0, 0, 0, 0, 0, 0]);
  kernels.copyBlock(target, 4, 2, source, 3, 1, 2, 2);
  assert.equal([...target], [0, 0, 1, 2, 0, 0, 11, 12]);
  kernels.addBlock(target, 4, 1, source, 3, 0, 2, 2);
  assert.equal([...target], [0, 0, 2, 2, 0, 10, 22, 12]);
});

test('addBias and columnSums: small integers give exact answers, and columnSums adds to what is there', () => {
  const kernels = referenceKernels();
  const rows = 700;
  const x = filled(
    kernels,
    Array.from({ length: rows * 3 }, (_, i) => (i % 3) + Math.floor(i / 3)),
  );
  const out = filled(kernels, [5, 6, 7]);
  kernels.columnSums(out, x, rows, 3);
  const sum = (rows * (rows - 1)) / 2;
  assert.equal([...out], [5 + sum, 6 + sum + rows, 7 + sum + 2 * rows]);
  kernels.addBias(x, out, 1, 3);
  assert.equal([...x.subarray(0, 4)], [5 + sum, 7 + sum + rows, 9 + sum + 2 * rows, 1]);
});

test('columnSums adds chunks of 256 rows: the order is part of the result', () => {
  const kernels = referenceKernels();
  // 2^24 + 1 rounds back to 2^24, so ones are lost when added one by one but not as a chunk of their own.
  const x = filled(kernels, [2 ** 24, ...new Array<number>(255).fill(1), ...new Array<number>(256).fill(1)]);
  const out = kernels.floats(1);
  kernels.columnSums(out, x, 512, 1);
  assert.is(out[0], 2 ** 24 + 256);
});

test('fill: simd has the bits of the reference, and leaves what follows', () => {
  assertSameBits('fill', [[1, 2, 3]], (k, [x]) => k.fill(x!, 0.1, 2));
});

test.run();
