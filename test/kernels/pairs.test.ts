import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../kernels/backend.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { directionalError, normals, singles, weightedSum } from '../support/directional-derivative.ts';
import { assertSame } from '../support/same.ts';
import { assertSameBits } from '../support/same-bits.ts';
import { ROW_SHAPES } from './operands.ts';

const SHAPES = [...ROW_SHAPES, [8, 16], [22, 30]] as const;
const golden = JSON.parse(readFileSync(new URL('../fixtures/golden/units.json', import.meta.url), 'utf8'));

/** Rows 0 and 1 are equal. */
function rowsWithDuplicates(random: Random, rows: number, dim: number): number[] {
  const x = singles(random, rows * dim);
  if (rows > 1) for (let c = 0; c < dim; c++) x[dim + c] = x[c]!;
  return x;
}

test('pair distances: simd has the bits of the reference, forward and backward', () => {
  const random = new Random(1, 'pairs');
  for (const [rows, dim] of SHAPES) {
    const x = rowsWithDuplicates(random, rows, dim);
    const kernels = referenceKernels();
    const distances = new Float32Array(rows * rows);
    kernels.pairDistances(distances, Float32Array.from(x), rows, dim);
    assertSameBits(`forward ${rows} x ${dim}`, [singles(random, rows * rows), x], (k, [out, own]) =>
      k.pairDistances(out!, own!, rows, dim),
    );
    const operands = [singles(random, rows * dim), singles(random, rows * rows), [...distances], x];
    assertSameBits(`backward ${rows} x ${dim}`, operands, (k, [dx, dOut, out, own]) =>
      k.pairDistancesBackward(dx!, dOut!, out!, own!, rows, dim),
    );
  }
});

test('INRP: simd has the bits of the reference: weights, loss, gradient', () => {
  const random = new Random(2, 'inrp');
  for (const [rows] of SHAPES) {
    const n = rows * rows;
    const d = singles(random, n, 3).map(Math.abs);
    d[0] = 0;
    const compressed = singles(random, n, 3).map(Math.abs);
    compressed[n - 1] = d[n - 1]!;
    assertSameBits(`weights ${n}`, [singles(random, n), d], (k, [w, own]) => k.inrpWeights(w!, own!, 2.3, 2, 0.01, n));
    assertSameBits(`loss ${n}`, [[0], singles(random, n), compressed, d], (k, [loss, w, c, o]) =>
      k.inrpLoss(loss!, w!, c!, o!, rows),
    );
    const operands = [singles(random, n), [0.7], singles(random, n), compressed, d];
    assertSameBits(`backward ${n}`, operands, (k, [dC, dLoss, w, c, o]) =>
      k.inrpLossBackward(dC!, dLoss!, w!, c!, o!, rows),
    );
  }
});

test('pair distances: 3-4-5 triangle, symmetric, 0 between equal rows', () => {
  const kernels = referenceKernels();
  const out = new Float32Array(16);
  kernels.pairDistances(out, Float32Array.of(0, 0, 3, 4, 0, 0, 3, 0), 4, 2);
  assertSame([...out], [0, 5, 0, 3, 5, 0, 5, 4, 0, 5, 0, 3, 3, 4, 3, 0]);
  assert.equal(kernels.counts, { multiplyAdds: 12, distances: 6 });
  const dx = new Float32Array(8);
  const dOut = new Float32Array(16);
  dOut[1] = 1;
  dOut[4] = 2;
  dOut[2] = 9; // between equal rows: no direction, so no gradient
  kernels.pairDistancesBackward(dx, dOut, out, Float32Array.of(0, 0, 3, 4, 0, 0, 3, 0), 4, 2);
  assert.ok(dx.every((value, i) => Math.abs(value - [-1.8, -2.4, 1.8, 2.4, 0, 0, 0, 0][i]!) < 1e-6));
  assert.is(kernels.counts.multiplyAdds, 12 + 4 * 4 * 2);
});

test('INRP weights: the formula within 1e-6, clipped to alpha and beta, alpha at distance 0', () => {
  const kernels = referenceKernels();
  const boundary = 3;
  const d = Float32Array.from({ length: 500 }, (_, i) => i * 0.01);
  const w = new Float32Array(500);
  kernels.inrpWeights(w, d, boundary, 2, 0.01, 500);
  assert.is(w[0], 2);
  assert.is(w[1], 2); // -ln(0.01 / 3) = 5.7
  assert.is(w[300], Math.fround(0.01)); // at the boundary
  assert.is(w[499], Math.fround(0.01));
  d.forEach((distance, i) => {
    const exact = Math.min(2, Math.max(0.01, -Math.log(distance / boundary)));
    assert.ok(Math.abs(w[i]! - exact) < 1e-6);
  });
});

test('INRP alone gives the loss and the gradient of PyTorch within 1e-6', () => {
  const kernels = referenceKernels();
  const { boundary, loss } = golden.meta.inrp;
  const [x, f] = [Float32Array.from(golden.tensors['inrp.x'].data), Float32Array.from(golden.tensors['inrp.f'].data)];
  const [original, compressed, w, dCompressed] = Array.from({ length: 4 }, () => new Float32Array(49));
  kernels.pairDistances(original!, x, 7, 5);
  kernels.pairDistances(compressed!, f, 7, 3);
  kernels.inrpWeights(w!, original!, boundary, 2, 0.01, 49);
  const ours = new Float32Array(1);
  kernels.inrpLoss(ours, w!, compressed!, original!, 7);
  assert.ok(Math.abs(ours[0]! - loss) < 1e-6 * loss, `${ours[0]} against ${loss}`);
  const dx = new Float32Array(21);
  kernels.inrpLossBackward(dCompressed!, Float32Array.of(1), w!, compressed!, original!, 7);
  kernels.pairDistancesBackward(dx, dCompressed!, compressed!, f, 7, 3);
  golden.tensors['inrp.grad_f'].data.forEach((expected: number, i: number) => {
    assert.ok(Math.abs(dx[i]! - expected) < 1e-6, `gradient ${i}: ${dx[i]} against ${expected}`);
  });
});

test('the gradient of INRP by the distances is ±seed w / rows², and 0 where an error is exactly 0', () => {
  const kernels = referenceKernels();
  const [w, compressed, original] = [
    Float32Array.of(2, 1, 0.5, 2),
    Float32Array.of(0, 3, 3, 1),
    Float32Array.of(0, 2, 4, 1),
  ];
  const dCompressed = new Float32Array(4).fill(10);
  kernels.inrpLossBackward(dCompressed, Float32Array.of(8), w, compressed, original, 2);
  assertSame([...dCompressed], [10, 12, 9, 10]);
});

test('the gradient of INRP through the distances agrees with central differences within 1e-7', () => {
  const kernels = referenceKernels({ precision: 'float64' });
  const random = new Random(3, 'gradient');
  const [rows, dim] = [9, 5];
  const n = rows * rows;
  const f = normals(random, rows * dim);
  const [original, w, seed] = [normals(random, n).map(Math.abs), normals(random, n).map(Math.abs), 1.7];
  const compressed = new Float64Array(n);
  const loss = new Float64Array(1);
  const value = ([at]: readonly Float64Array[]) => {
    kernels.pairDistances(compressed, at!, rows, dim);
    kernels.inrpLoss(loss, w, compressed, original, rows);
    return seed * loss[0]!;
  };
  value([f]);
  const dCompressed = new Float64Array(n);
  const df = new Float64Array(rows * dim);
  kernels.inrpLossBackward(dCompressed, Float64Array.of(seed), w, compressed, original, rows);
  kernels.pairDistancesBackward(df, dCompressed, compressed, f, rows, dim);
  const error = directionalError([f], [df], value, random);
  assert.ok(error < 1e-7, String(error)); // 1e-10
  df[3]! += 0.1;
  assert.ok(directionalError([f], [df], value, random) > 1e-4, 'a wrong gradient must be seen');
});

test('the gradient of the distances agrees with central differences within 1e-7, dOut not symmetric', () => {
  const kernels = referenceKernels({ precision: 'float64' });
  const random = new Random(4, 'gradient');
  const x = normals(random, 6 * 4);
  const dOut = normals(random, 36);
  const out = new Float64Array(36);
  const value = ([at]: readonly Float64Array[]) => {
    kernels.pairDistances(out, at!, 6, 4);
    return weightedSum(out, dOut);
  };
  value([x]);
  const dx = new Float64Array(24);
  kernels.pairDistancesBackward(dx, dOut, out, x, 6, 4);
  const error = directionalError([x], [dx], value, random);
  assert.ok(error < 1e-7, String(error)); // 1e-10
});

test.run();
