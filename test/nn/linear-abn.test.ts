import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Tape } from '../../src/autodiff/tape.ts';
import { batchNormLayer, linearLayer } from '../../src/nn/layers.ts';
import { linearAbn } from '../../src/nn/linear-abn.ts';
import { GRADIENT_BOUND, gradientError } from '../support/gradient-check.ts';
import { float64Bench } from '../support/operation.ts';
import { assertSame } from '../support/same.ts';

const NAMES = { linear: 'fc', batchNorm: 'bn' };

test('Linear_ABN is linear map, hardswish, batch norm, in that order', () => {
  const { tape, parameters, operand } = float64Bench();
  const x = operand('x', [4, 1]);
  const y = linearAbn(tape, parameters, NAMES, x, 1);
  parameters.initialize(1);
  x.value.set([-4, 0, 3, 6]);
  parameters.get('fc.weight').value[0] = 1;
  tape.forward();
  // Hardswish gives 0, 0, 3, 6: mean 2.25, variance 6.1875.
  const expected = [0, 0, 3, 6].map((value) => (value - 2.25) / Math.sqrt(6.1875 + 1e-5));
  for (let i = 0; i < 4; i++) assert.ok(Math.abs(y.value[i]! - expected[i]!) < 1e-14);
});

test('Linear_ABN has no bias of its own, gain 1 and bias 0 at the start', () => {
  const { tape, parameters } = float64Bench();
  linearAbn(tape, parameters, NAMES, tape.input([4, 3]), 2);
  parameters.initialize(1);
  assert.equal(
    parameters.all().map(({ name, shape }) => [name, ...shape]),
    [
      ['fc.weight', 2, 3],
      ['bn.weight', 2],
      ['bn.bias', 2],
      ['bn.running_mean', 2],
      ['bn.running_var', 2],
    ],
  );
  assertSame([...parameters.get('bn.weight').value, ...parameters.get('bn.bias').value], [1, 1, 0, 0]);
  assertSame([...parameters.get('bn.running_mean').value, ...parameters.get('bn.running_var').value], [0, 0, 1, 1]);
});

test(`Linear_ABN and a linear layer with bias have correct gradients (< ${GRADIENT_BOUND})`, () => {
  const { tape, parameters, operand } = float64Bench();
  const x = operand('x', [6, 5]);
  const hidden = linearAbn(tape, parameters, NAMES, x, 4); // (6, 4)
  const y = batchNormLayer(tape, parameters, 'last', linearLayer(tape, parameters, 'out', hidden, 3, { bias: true })); // (6, 3)
  parameters.initialize(1);
  const error = gradientError(tape, parameters, y); // 2e-11
  assert.ok(error < GRADIENT_BOUND, `${error}`);
});

test('an inference tape shares parameters and running statistics with the training tape', () => {
  const { tape, parameters } = float64Bench();
  const x = tape.input([64, 2]);
  linearAbn(tape, parameters, NAMES, x, 2);
  const inference = new Tape(tape.kernels, { training: false });
  const query = inference.input([1, 2]);
  const y = linearAbn(inference, parameters, NAMES, query, 2);
  parameters.initialize(1);
  parameters.get('fc.weight').value.set([1, 0, 0, 1]);
  for (let row = 0; row < 64; row++) x.value.set([5 + (row % 2), 9 - (row % 2)], row * 2); // hardswish is the identity here
  for (let step = 0; step < 300; step++) tape.forward();
  query.value.set([5.5, 8.5]); // the mean of the batch
  inference.forward();
  for (const value of y.value) assert.ok(Math.abs(value) < 1e-10, `${value}`);
});

test.run();
