import { test } from 'uvu';
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { singles } from '../support/directional-derivative.ts';
import { assertSame } from '../support/same.ts';
import { assertSameBits } from '../support/same-bits.ts';
import { floatsOf } from './operands.ts';

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
    const all = floatsOf(kernels, x);
    kernels.standardize(all, n, mean, std);
    const expected = x.map((value) => Math.fround((value - mean) / std));
    assertSame([...all], expected);
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
  const source = floatsOf(kernels, [0, 1, 2, 10, 11, 12]);
  const target = floatsOf(kernels, [0, 0, 0, 0, 0, 0, 0, 0]);
  kernels.copyBlock(target, 4, 2, source, 3, 1, 2, 2);
  assertSame([...target], [0, 0, 1, 2, 0, 0, 11, 12]);
  kernels.addBlock(target, 4, 1, source, 3, 0, 2, 2);
  assertSame([...target], [0, 0, 2, 2, 0, 10, 22, 12]);
});

test('addBias and columnSums: small integers give exact answers, and columnSums adds to what is there', () => {
  const kernels = referenceKernels();
  const rows = 700;
  const x = floatsOf(
    kernels,
    Array.from({ length: rows * 3 }, (_, i) => (i % 3) + Math.floor(i / 3)),
  );
  const out = floatsOf(kernels, [5, 6, 7]);
  kernels.columnSums(out, x, rows, 3);
  const sum = (rows * (rows - 1)) / 2;
  assertSame([...out], [5 + sum, 6 + sum + rows, 7 + sum + 2 * rows]);
  kernels.addBias(x, out, 1, 3);
  assertSame([...x.subarray(0, 4)], [5 + sum, 7 + sum + rows, 9 + sum + 2 * rows, 1]);
});

test('fill: simd has the bits of the reference, and leaves what follows', () => {
  assertSameBits('fill', [[1, 2, 3]], (k, [x]) => k.fill(x!, 0.1, 2));
});

test.run();
