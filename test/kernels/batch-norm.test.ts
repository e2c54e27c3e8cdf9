import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../kernels/backend.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { directionalError, normals, singles, weightedSum } from '../support/directional-derivative.ts';
import { assertSame } from '../support/same.ts';
import { assertSameBits } from '../support/same-bits.ts';

const EPSILON = 1e-5;
const SHAPES = [
  [1, 1],
  [1, 6],
  [2, 3],
  [5, 4],
  [9, 19],
  [64, 33],
  [256, 5],
  [257, 8],
  [700, 17],
] as const;
const golden = JSON.parse(readFileSync(new URL('../fixtures/golden/units.json', import.meta.url), 'utf8'));

test('simd has the bits of the reference: moments, forward, backward', () => {
  const random = new Random(1, 'batch norm');
  for (const [rows, cols] of SHAPES) {
    const title = `${rows} x ${cols}`;
    const x = singles(random, rows * cols, 3);
    const y = singles(random, rows * cols);
    const [a, b, c] = [singles(random, cols), singles(random, cols), singles(random, cols)];
    const variance = singles(random, cols).map((v) => Math.fround(v * v));
    assertSameBits(`moments ${title}`, [a, b, x], (k, [mean, biased, own]) =>
      k.batchNormMoments(mean!, biased!, own!, rows, cols),
    );
    assertSameBits(`forward ${title}`, [y, x, a, variance, b, c], (k, [out, own, mean, biased, gain, bias]) =>
      k.batchNormForward(out!, own!, mean!, biased!, gain!, bias!, EPSILON, rows, cols),
    );
    const operands = [singles(random, rows * cols), singles(random, cols), c, y, x, a, variance, b];
    assertSameBits(`backward ${title}`, operands, (k, [dx, dGain, dBias, dy, own, mean, biased, gain]) =>
      k.batchNormBackward(dx!, dGain!, dBias!, dy!, own!, mean!, biased!, gain!, EPSILON, rows, cols),
    );
  }
});

test('moments of known columns: 1, 2, 3, 4 has mean 2.5 and variance 1.25; a constant column has variance 0', () => {
  const kernels = referenceKernels();
  const mean = new Float32Array(2);
  const variance = new Float32Array(2);
  kernels.batchNormMoments(mean, variance, Float32Array.of(1, 7, 2, 7, 3, 7, 4, 7), 4, 2);
  assertSame([...mean, ...variance], [2.5, 7, 1.25, 0]);
});

test('moments of a column far from 0 keep their digits: mean 1000, deviation 1, 5,000 rows, within 1e-4', () => {
  const kernels = referenceKernels();
  const random = new Random(1, 'far');
  const x = Float32Array.from({ length: 5000 }, () => 1000 + random.normal());
  const mean = new Float32Array(1);
  const variance = new Float32Array(1);
  kernels.batchNormMoments(mean, variance, x, 5000, 1);
  const truth = x.reduce((sum, v) => sum + v, 0) / 5000;
  const spread = x.reduce((sum, v) => sum + (v - truth) ** 2, 0) / 5000;
  assert.ok(Math.abs(mean[0]! - truth) < 1e-3 && Math.abs(variance[0]! - spread) < 1e-4 * spread);
});

test('training mode gives the values and gradients of PyTorch within 1e-5 (3e-5 where a column lies far from 0)', () => {
  const kernels = referenceKernels();
  const of = (name: string) => Float32Array.from(golden.tensors[`bn.${name}`].data);
  const [x, gain, bias, dy] = [of('x'), of('gamma'), of('beta'), of('gy')];
  const [mean, variance] = [new Float32Array(3), new Float32Array(3)];
  const [y, dx, dGain, dBias] = [new Float32Array(18), new Float32Array(18), new Float32Array(3), new Float32Array(3)];
  kernels.batchNormMoments(mean, variance, x, 6, 3);
  kernels.batchNormForward(y, x, mean, variance, gain, bias, EPSILON, 6, 3);
  kernels.batchNormBackward(dx, dGain, dBias, dy, x, mean, variance, gain, EPSILON, 6, 3);
  for (const [name, ours] of [
    ['y_train', y],
    ['gx', dx],
    ['ggamma', dGain],
    ['gbeta', dBias],
  ] as const) {
    of(name).forEach((expected, i) => {
      const bound = i % 3 === 1 ? 3e-5 : 1e-5; // column 1 has mean 100
      assert.ok(Math.abs(ours[i]! - expected) <= bound * Math.max(1, Math.abs(expected)), `${name}[${i}]: ${ours[i]}`);
    });
  }
  // PyTorch's running statistics after one batch: momentum 0.1, unbiased variance.
  for (let c = 0; c < 3; c++) {
    assert.ok(Math.abs(0.1 * mean[c]! - of('running_mean')[c]!) < 1e-5);
    assert.ok(Math.abs(0.9 + 0.1 * 1.2 * variance[c]! - of('running_var')[c]!) < 1e-5);
  }
});

test('the normalized columns have mean 0 and variance 1 - epsilon/(variance + epsilon), within 1e-6', () => {
  const kernels = referenceKernels();
  const x = Float32Array.from(singles(new Random(2, 'columns'), 300 * 3, 5));
  const [mean, variance, ones] = [new Float32Array(3), new Float32Array(3), new Float32Array(3).fill(1)];
  kernels.batchNormMoments(mean, variance, x, 300, 3);
  kernels.batchNormForward(x, x, mean, variance, ones, new Float32Array(3), EPSILON, 300, 3);
  const spread = variance.slice();
  kernels.batchNormMoments(mean, variance, x, 300, 3);
  for (let c = 0; c < 3; c++) {
    assert.ok(Math.abs(mean[c]!) < 1e-6);
    assert.ok(Math.abs(variance[c]! - spread[c]! / (spread[c]! + EPSILON)) < 1e-6);
  }
});

test('the gradient agrees with central differences within 1e-7 (rows 300: two chunks)', () => {
  const kernels = referenceKernels({ precision: 'float64' });
  for (const [rows, cols] of [
    [5, 3],
    [300, 2],
  ] as const) {
    const random = new Random(3, 'gradient');
    const inputs = [normals(random, rows * cols), normals(random, cols), normals(random, cols)];
    const dy = normals(random, rows * cols);
    const [mean, variance] = [new Float64Array(cols), new Float64Array(cols)];
    const value = ([x, gain, bias]: readonly Float64Array[]) => {
      const y = new Float64Array(rows * cols);
      kernels.batchNormMoments(mean, variance, x!, rows, cols);
      kernels.batchNormForward(y, x!, mean, variance, gain!, bias!, EPSILON, rows, cols);
      return weightedSum(y, dy);
    };
    value(inputs);
    const gradients = inputs.map((one) => new Float64Array(one.length));
    const [dx, dGain, dBias] = gradients;
    kernels.batchNormBackward(dx!, dGain!, dBias!, dy, inputs[0]!, mean, variance, inputs[1]!, EPSILON, rows, cols);
    const error = directionalError(inputs, gradients, value, random);
    assert.ok(error < 1e-7, String(error)); // 1e-9
    dGain![1]! += 0.1;
    assert.ok(directionalError(inputs, gradients, value, random) > 1e-4, 'a wrong gradient must be seen');
  }
});

test('moving averages: simd has the bits of the reference; what would be subnormal becomes 0', () => {
  assertSameBits(
    'average',
    [
      [1, -2, 0.3],
      [0.5, 7, 1e-3],
    ],
    (k, [a, x]) => k.moveAverage(a!, x!, 1.25, 0.1, 3),
  );
  const average = Float32Array.of(2, 1e-37);
  referenceKernels().moveAverage(average, Float32Array.of(4, 0), 0.5, 0.9, 2);
  assertSame([...average], [2, 0]);
});

test.run();
