import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../kernels/backend.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { AdamW } from '../../src/nn/adamw.ts';
import { assertSame } from '../support/same.ts';

const OPTIONS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 };

/** Three steps of PyTorch's AdamW in float64 at a rate of 0.01. */
const START = [1, -2, 0.5, 0];
const GRADIENTS = [
  [0.100000001, -0.200000003, 0, 9.99999997e-7],
  [0.300000012, 0.100000001, 0, -9.99999997e-7],
  [-0.5, 0.200000003, 1, 0],
];
const AFTER = [
  [0.989000022, -1.98800004, 0.499500006, -0.00990098994],
  [0.978833199, -1.98334861, 0.49900049, -0.00936998427],
  [0.979463518, -1.98409224, 0.492113352, -0.00895869453],
];

function parameterOf(kernels: Kernels, name: string, start: readonly number[]) {
  const value = kernels.floats(start.length);
  value.set(start);
  return { name, shape: [start.length], value, gradient: kernels.floats(start.length) };
}

test('AdamW makes the steps of PyTorch within 2e-7', () => {
  const kernels = referenceKernels();
  const parameter = parameterOf(kernels, 'w', START);
  const optimizer = new AdamW(kernels, [parameter], OPTIONS);
  GRADIENTS.forEach((gradient, step) => {
    parameter.gradient.set(gradient);
    optimizer.step(0.01);
    AFTER[step]!.forEach((expected, i) => {
      const found = parameter.value[i]!;
      assert.ok(Math.abs(found - expected) <= 2e-7, `step ${step}, ${i}: ${found} instead of ${expected}`);
    });
  });
});

test('AdamW restored from its moments and scalars continues with the same bits', () => {
  const kernels = referenceKernels();
  const straight = parameterOf(kernels, 'w', START);
  const first = new AdamW(kernels, [straight], OPTIONS);
  for (const gradient of GRADIENTS) {
    straight.gradient.set(gradient);
    first.step(0.01);
  }
  const resumed = parameterOf(kernels, 'w', Array.from(straight.value));
  const second = new AdamW(kernels, [resumed], OPTIONS);
  const saved = first.moments();
  for (const [name, { value }] of second.moments()) value.set(saved.get(name)!.value);
  second.restore(JSON.parse(JSON.stringify(first.scalars)));
  for (const gradient of GRADIENTS) {
    straight.gradient.set(gradient);
    resumed.gradient.set(gradient);
    first.step(0.02);
    second.step(0.02);
  }
  assertSame(resumed.value, straight.value);
});

test('AdamW with a gradient of 0 only decays', () => {
  const kernels = referenceKernels();
  const parameter = parameterOf(kernels, 'w', [1, -4]);
  const optimizer = new AdamW(kernels, [parameter], OPTIONS);
  optimizer.step(0.5);
  const keep = Math.fround(1 - 0.5 * 0.1);
  assertSame(Array.from(parameter.value), [keep, Math.fround(-4 * keep)]);
});

test.run();
