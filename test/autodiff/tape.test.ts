import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { hardswish } from '../../src/autodiff/activation.ts';
import { add } from '../../src/autodiff/combine.ts';
import { linear } from '../../src/autodiff/linear.ts';
import { ParameterSet } from '../../src/autodiff/parameters.ts';
import { Tape } from '../../src/autodiff/tape.ts';
import type { Tensor } from '../../src/autodiff/tensor.ts';
import { standardNormal } from '../../src/nn/initialize.ts';
import { bytesNeeded } from '../../src/tensor/bytes-needed.ts';
import { GRADIENT_BOUND, gradientError } from '../support/gradient-check.ts';
import { float64Bench } from '../support/operation.ts';
import { assertSame } from '../support/same.ts';

/** y = 2 x, whose backward forgets the factor. */
function wronglyDoubled(tape: Tape, x: Tensor): Tensor {
  const y = tape.result(x.shape, [x]);
  const n = x.value.length;
  tape.record(
    () => {
      for (let i = 0; i < n; i++) y.value[i] = 2 * x.value[i]!;
    },
    () => tape.kernels.add(x.gradient!, y.gradient!, n),
  );
  return y;
}

/** Batch norm's derivative if mean and variance were constants: the classic mistake. */
function wronglyCentred(tape: Tape, x: Tensor): Tensor {
  const y = tape.result(x.shape, [x]);
  const n = x.value.length;
  tape.record(
    () => {
      let mean = 0;
      for (let i = 0; i < n; i++) mean += x.value[i]! / n;
      for (let i = 0; i < n; i++) y.value[i] = x.value[i]! - mean;
    },
    () => tape.kernels.add(x.gradient!, y.gradient!, n),
  );
  return y;
}

test('the gradient check rejects a deliberately wrong backward', () => {
  for (const wrong of [wronglyDoubled, wronglyCentred]) {
    const { tape, parameters, operand } = float64Bench();
    const y = hardswish(tape, wrong(tape, linear(tape, operand('x', [5, 3]), operand('w', [4, 3]))));
    parameters.initialize(1);
    const error = gradientError(tape, parameters, y); // 0.50 and 0.066
    assert.ok(error > 1e4 * GRADIENT_BOUND, `${wrong.name} passed with ${error}`);
  }
});

test('fan-out adds up, and a second backward without clearing accumulates in the parameters only', () => {
  const { tape, parameters, operand } = float64Bench();
  const x = operand('x', [2]);
  x.value.set([3, 5]);
  const double = add(tape, x, x);
  const four = add(tape, double, double);
  tape.forward();
  parameters.clearGradients();
  tape.backward(four);
  assertSame([...four.value], [12, 20]);
  assertSame([...x.gradient!], [4, 4]);
  tape.backward(four);
  assertSame([...x.gradient!], [8, 8]);
  assertSame([...double.gradient!], [2, 2]);
});

test('nothing upstream of an input has a gradient, and an inference tape has none at all', () => {
  const { tape, parameters, operand } = float64Bench();
  const weight = operand('w', [2, 3]);
  const input = tape.input([4, 3]);
  assert.is(add(tape, input, input).gradient, undefined);
  assert.ok(linear(tape, input, weight).gradient);
  const inference = new Tape(tape.kernels, { training: false });
  const y = linear(inference, inference.input([4, 3]), weight);
  assert.is(y.gradient, undefined);
  assert.throws(() => inference.backward(y), /Tape\.backward: expected a result that depends on parameters/);
  assert.is(parameters.get('w'), weight);
});

test('labels give tensors back by name', () => {
  const tape = new Tape(referenceKernels(), { training: false });
  const x = tape.label('x', tape.input([1]));
  assert.is(tape.labeled('x'), x);
  assert.throws(() => tape.labeled('y'), /Tape\.labeled: expected a name given while building, got y\./);
});

test('bytesNeeded is exactly what a build takes from the SIMD kernels', () => {
  const build = (kernels: Kernels) => {
    const parameters = new ParameterSet(kernels, { gradients: true });
    const tape = new Tape(kernels, { training: true });
    const weight = parameters.parameter('w', [7, 5], standardNormal);
    return hardswish(tape, linear(tape, tape.input([3, 5]), weight));
  };
  const bytes = bytesNeeded(build);
  assert.is(bytes, 64 * (3 + 3 + 1 + 2 * (2 + 2))); // w, dw, x, and two results of 21 numbers with gradients
  const kernels = createKernels({ bytes });
  build(kernels);
  if (kernels.backend === 'simd') assert.throws(() => kernels.floats(1), RangeError);
});

test.run();
