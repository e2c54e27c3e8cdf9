import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AdamwRates } from '../../kernels/adamw/kernel.ts';
import { referenceKernels } from '../../kernels/backend.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { singles } from '../support/directional-derivative.ts';
import { assertSameBits } from '../support/same-bits.ts';

const golden = JSON.parse(readFileSync(new URL('../fixtures/golden/units.json', import.meta.url), 'utf8'));

function ratesAt(step: number, learningRate: number, weightDecay: number): AdamwRates {
  const [beta1, beta2] = [0.9, 0.999];
  const [correction1, correction2] = [1 - beta1 ** step, 1 - beta2 ** step];
  return { learningRate, beta1, beta2, epsilon: 1e-8, weightDecay, correction1, correction2 };
}

test('simd has the bits of the reference for every length modulo 4, over several steps, tiny values among them', () => {
  const random = new Random(1, 'adamw');
  for (const n of [1, 2, 3, 4, 5, 6, 7, 16, 33, 130]) {
    const gradient = singles(random, n).map((g, i) => Math.fround(i % 3 === 0 ? g * 10 ** -(i % 40) : g));
    const operands = [singles(random, n), gradient, singles(random, n), singles(random, n).map(Math.abs)];
    assertSameBits(`n = ${n}`, operands, (k, [p, g, m, v]) => {
      for (let step = 1; step <= 4; step++) k.adamw(p!, g!, m!, v!, n, ratesAt(step, 1e-3, 0.01));
    });
  }
});

test('three steps give the parameters of PyTorch within 1e-6', () => {
  const kernels = referenceKernels();
  const parameter = Float32Array.from(golden.tensors['adamw.p0'].data);
  const [first, second] = [new Float32Array(4), new Float32Array(4)];
  const { lr, weight_decay } = golden.meta.adamw;
  for (let step = 1; step <= 3; step++) {
    const at = 4 * (step - 1);
    const gradient = Float32Array.from(golden.tensors['adamw.grads'].data.slice(at, at + 4));
    kernels.adamw(parameter, gradient, first, second, 4, ratesAt(step, lr, weight_decay));
    parameter.forEach((ours, i) => {
      const expected = golden.tensors['adamw.p_after'].data[at + i];
      assert.ok(Math.abs(ours - expected) < 1e-6, `step ${step}, parameter ${i}: ${ours} against ${expected}`);
    });
  }
});

test('the first step by hand: p (1 - rate decay) - rate sign(g), whatever the size of g', () => {
  const kernels = referenceKernels({ precision: 'float64' });
  const parameter = Float64Array.of(2, 2, 2);
  const [first, second] = [new Float64Array(3), new Float64Array(3)];
  kernels.adamw(parameter, Float64Array.of(5, -0.003, 0), first, second, 3, ratesAt(1, 0.01, 0.1));
  const decayed = 2 * (1 - 0.001);
  [decayed - 0.01, decayed + 0.01, decayed].forEach((expected, i) => {
    assert.ok(Math.abs(parameter[i]! - expected) < 1e-7);
  });
  assert.ok(Math.abs(first[0]! - 0.5) < 1e-15 && Math.abs(second[0]! - 0.025) < 1e-15);
});

test('a gradient below 1e-15 counts as 0, so that its square is never computed', () => {
  const kernels = referenceKernels();
  const [parameter, first, second] = [Float32Array.of(1, 1), new Float32Array(2), new Float32Array(2)];
  kernels.adamw(parameter, Float32Array.of(9e-16, -2e-15), first, second, 2, ratesAt(1, 1e-3, 0));
  assert.is(first[0], 0);
  assert.ok(first[1]! < 0);
  assert.is(parameter[0], 1);
});

test('tiny gradients, and moments that die away over 3,000 steps, never leave subnormal numbers', () => {
  const kernels = referenceKernels();
  const n = 64;
  const parameter = new Float32Array(n);
  const gradient = Float32Array.from({ length: n }, (_, i) => 10 ** -(i * 0.7)); // 1 down to 1e-44
  const [first, second] = [new Float32Array(n), new Float32Array(n)];
  const subnormal = (x: number) => x !== 0 && Math.abs(x) < 2 ** -126;
  for (let step = 1; step <= 3000; step++) {
    if (step === 5) gradient.fill(0);
    kernels.adamw(parameter, gradient, first, second, n, ratesAt(step, 1e-3, 0.01));
    const values = [...first, ...second, ...parameter];
    if (step % 100 < 2) assert.not.ok(values.some(subnormal), `step ${step}`);
  }
  assert.ok(
    first.every((m) => m === 0),
    'first moments die away within 3,000 steps',
  );
});

test.run();
