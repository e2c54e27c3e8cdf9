import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../kernels/backend.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { directionalError, normals, singles, weightedSum } from '../support/directional-derivative.ts';
import { assertSame } from '../support/same.ts';
import { assertSameBits } from '../support/same-bits.ts';
import { ROW_SHAPES } from './operands.ts';

/** Small, large, and none at all. */
function logVariances(random: Random, length: number): number[] {
  return singles(random, length, 4).map((value, i) => (i % 5 === 0 ? 0 : value));
}

test('Gaussian sample, divergence and squared error: simd has the bits of the reference', () => {
  const random = new Random(1, 'variational');
  for (const [rows, cols] of ROW_SHAPES) {
    const n = rows * cols;
    const some = () => singles(random, n);
    const variances = logVariances(random, n);
    assertSameBits(`sample ${n}`, [some(), some(), some(), variances, some()], (k, [z, deviation, m, v, e]) =>
      k.gaussianSample(z!, deviation!, m!, v!, e!, n),
    );
    assertSameBits(`sample backward ${n}`, [some(), some(), some(), some(), some()], (k, [dM, dV, dz, s, e]) =>
      k.gaussianSampleBackward(dM!, dV!, dz!, s!, e!, n),
    );
    assertSameBits(`divergence ${rows} x ${cols}`, [some(), variances], (k, [m, v]) =>
      k.gaussianDivergence(m!, v!, rows, cols),
    );
    assertSameBits(`divergence backward ${n}`, [some(), some(), some(), variances], (k, [dM, dV, m, v]) =>
      k.gaussianDivergenceBackward(dM!, dV!, 0.7, m!, v!, rows, cols),
    );
    assertSameBits(`error ${rows} x ${cols}`, [some(), some()], (k, [x, target]) =>
      k.squaredError(x!, target!, rows, cols),
    );
    assertSameBits(`error backward ${n}`, [some(), some(), some()], (k, [dx, x, target]) =>
      k.squaredErrorBackward(dx!, 0.7, x!, target!, rows, cols),
    );
  }
});

test('the divergence is 0 from N(0, 1) exactly, and otherwise the formula within 1e-6', () => {
  const kernels = referenceKernels();
  assert.is(kernels.gaussianDivergence(new Float32Array(6), new Float32Array(6), 2, 3), 0);
  const random = new Random(2, 'divergence');
  const [mean, variance] = [singles(random, 40), singles(random, 40, 2)];
  const exact = mean.reduce((sum, m, i) => sum + (m * m + Math.exp(variance[i]!) - 1 - variance[i]!) / 2, 0) / 8;
  const ours = kernels.gaussianDivergence(Float32Array.from(mean), Float32Array.from(variance), 8, 5);
  assert.ok(Math.abs(ours - exact) < 1e-6 * exact, `${ours} against ${exact}`);
  assert.ok(exact > 0);
});

test('a sample is mean + e^(log variance / 2) noise; the squared error is the mean over rows', () => {
  const kernels = referenceKernels();
  const [z, deviation] = [new Float32Array(2), new Float32Array(2)];
  kernels.gaussianSample(z, deviation, Float32Array.of(1, 2), Float32Array.of(0, 0), Float32Array.of(0.5, -3), 2);
  assertSame([...z, ...deviation], [1.5, -1, 1, 1]);
  assert.is(kernels.squaredError(Float32Array.of(1, 2, 3, 4), Float32Array.of(1, 0, 0, 0), 2, 2), (4 + 25) / 2);
});

test('the gradients of sample, divergence and squared error agree with central differences within 1e-7', () => {
  const kernels = referenceKernels({ precision: 'float64' });
  const random = new Random(3, 'variational');
  const [rows, cols] = [4, 5];
  const n = rows * cols;
  const [mean, variance, noise, target, dZ] = Array.from({ length: 5 }, () => normals(random, n));
  const [z, deviation] = [new Float64Array(n), new Float64Array(n)];
  const value = ([m, v, x]: readonly Float64Array[]) => {
    kernels.gaussianSample(z, deviation, m!, v!, noise!, n);
    const losses =
      0.3 * kernels.gaussianDivergence(m!, v!, rows, cols) + 2 * kernels.squaredError(x!, target!, rows, cols);
    return weightedSum(z, dZ!) + losses;
  };
  const x = normals(random, n);
  value([mean!, variance!, x]);
  const [dMean, dVariance, dx] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  kernels.gaussianSampleBackward(dMean, dVariance, dZ!, deviation, noise!, n);
  kernels.gaussianDivergenceBackward(dMean, dVariance, 0.3, mean!, variance!, rows, cols);
  kernels.squaredErrorBackward(dx, 2, x, target!, rows, cols);
  const inputs = [mean!, variance!, x];
  const error = directionalError(inputs, [dMean, dVariance, dx], value, random);
  assert.ok(error < 1e-7, String(error)); // 1e-10
  dVariance[7]! += 0.1;
  assert.ok(directionalError(inputs, [dMean, dVariance, dx], value, random) > 1e-5, 'a wrong gradient must be seen');
});

test.run();
