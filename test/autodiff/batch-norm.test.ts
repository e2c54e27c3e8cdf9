import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../kernels/backend.ts';
import { batchNorm } from '../../src/autodiff/batch-norm.ts';
import { ParameterSet } from '../../src/autodiff/parameters.ts';
import { Tape } from '../../src/autodiff/tape.ts';
import { constant } from '../../src/nn/initialize.ts';
import { relativeDeviation } from '../support/close.ts';
import { GRADIENT_BOUND, gradientError } from '../support/gradient-check.ts';
import { type Bench, float64Bench } from '../support/operation.ts';
import { assertSame } from '../support/same.ts';

const CONSTANTS = { epsilon: 1e-5, momentum: 0.1 };

function norm({ operand, parameters }: Bench, cols: number) {
  return {
    gain: operand('gain', [cols]),
    bias: operand('bias', [cols]),
    runningMean: parameters.statistic('running_mean', [cols], constant(0)),
    runningVariance: parameters.statistic('running_var', [cols], constant(1)),
  };
}

test('a training tape normalizes by the batch, and moves the running statistics by the unbiased variance', () => {
  const bench = float64Bench();
  const tensors = norm(bench, 1);
  const x = bench.operand('x', [4, 1]);
  const y = batchNorm(bench.tape, x, tensors, { epsilon: 0, momentum: 0.1 });
  bench.parameters.initialize(1);
  x.value.set([1, 3, 5, 7]); // mean 4, variance 5 (biased), 20 / 3 (unbiased)
  tensors.gain.value[0] = 2;
  tensors.bias.value[0] = 10;
  bench.tape.forward();
  const root = Math.sqrt(5);
  assert.ok(relativeDeviation(y.value, [10 - 6 / root, 10 - 2 / root, 10 + 2 / root, 10 + 6 / root]) < 1e-15);
  assert.ok(relativeDeviation(tensors.runningMean.value, [0.4]) < 1e-15);
  assert.ok(relativeDeviation(tensors.runningVariance.value, [0.9 + 2 / 3]) < 1e-15);
});

test('running statistics of a column that has become 0 fade to 0, and are never subnormal on the way', () => {
  const kernels = referenceKernels();
  const parameters = new ParameterSet(kernels, { gradients: true });
  const tape = new Tape(kernels, { training: true });
  const cols = 2;
  const tensors = {
    gain: parameters.parameter('gain', [cols], constant(1)),
    bias: parameters.parameter('bias', [cols], constant(0)),
    runningMean: parameters.statistic('running_mean', [cols], constant(-1)),
    runningVariance: parameters.statistic('running_var', [cols], constant(1)),
  };
  const x = parameters.parameter('x', [4, cols], constant(0));
  batchNorm(tape, x, tensors, CONSTANTS);
  parameters.initialize(1);
  for (let step = 0; step < 900; step++) {
    tape.forward();
    for (const value of [...tensors.runningMean.value, ...tensors.runningVariance.value]) {
      assert.ok(value === 0 || Math.abs(value) >= 2 ** -126, `step ${step}: ${value}`);
    }
  }
  assertSame([...tensors.runningMean.value, ...tensors.runningVariance.value], [0, 0, 0, 0]);
});

test('an inference tape normalizes by the running statistics, and leaves them alone', () => {
  const bench = float64Bench();
  const tensors = norm(bench, 2);
  const inference = new Tape(bench.tape.kernels, { training: false });
  const x = inference.input([1, 2]);
  const y = batchNorm(inference, x, tensors, { epsilon: 0, momentum: 0.1 });
  x.value.set([5, 5]);
  tensors.gain.value.set([2, 1]);
  tensors.bias.value.set([0, 1]);
  tensors.runningMean.value.set([1, 2]);
  tensors.runningVariance.value.set([4, 9]);
  inference.forward();
  assertSame([...y.value], [4, 2]);
  assertSame([...tensors.runningMean.value, ...tensors.runningVariance.value], [1, 2, 4, 9]);
  assert.is(y.gradient, undefined);
});

test(`batch norm has a correct gradient by x, gain and bias (< ${GRADIENT_BOUND})`, () => {
  for (const shape of [
    [8, 5],
    [3, 4, 2],
    [300, 3],
  ]) {
    const bench = float64Bench();
    const y = batchNorm(bench.tape, bench.operand('x', shape), norm(bench, shape.at(-1)!), CONSTANTS);
    bench.parameters.initialize(1);
    const error = gradientError(bench.tape, bench.parameters, y); // at most 3e-9
    assert.ok(error < GRADIENT_BOUND, `shape ${shape}: ${error}`);
  }
});

test('batch norm refuses a training batch of one row, wrong shapes, and an input without a gradient', () => {
  const bench = float64Bench();
  const tensors = norm(bench, 2);
  assert.throws(
    () => batchNorm(bench.tape, bench.operand('x', [1, 2]), tensors, CONSTANTS),
    /at least 2 rows to train on, got 1\./,
  );
  assert.throws(
    () => batchNorm(bench.tape, bench.operand('y', [4, 3]), tensors, CONSTANTS),
    /batchNorm: gain: expected shape \(3\)/,
  );
  assert.throws(
    () => batchNorm(bench.tape, bench.tape.input([4, 2]), tensors, CONSTANTS),
    /to have gradients, all of them/,
  );
});

test.run();
