import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { clamp } from '../../src/autodiff/activation.ts';
import { addScaled } from '../../src/autodiff/combine.ts';
import { gaussianDivergence, gaussianSample } from '../../src/autodiff/gaussian.ts';
import { squaredError } from '../../src/autodiff/squared-error.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { GRADIENT_BOUND, gradientError } from '../support/gradient-check.ts';
import { float64Bench } from '../support/operation.ts';
import { assertSame } from '../support/same.ts';

const SHAPE = [5, 6] as const;

test(`sample, divergence, squared error and their sum have correct gradients (< ${GRADIENT_BOUND})`, () => {
  const { tape, parameters, operand } = float64Bench();
  const gaussian = { mean: operand('mean', SHAPE), logVariance: clamp(tape, operand('variance', SHAPE), -20, 20) };
  const [noise, target] = [tape.input(SHAPE), tape.input(SHAPE)];
  const random = new Random(1, 'inputs');
  for (let i = 0; i < 30; i++) {
    noise.value[i] = random.normal();
    target.value[i] = random.normal();
  }
  const error = squaredError(tape, gaussianSample(tape, gaussian, noise), target);
  const loss = addScaled(tape, error, gaussianDivergence(tape, gaussian), 0.3);
  parameters.initialize(1);
  const found = gradientError(tape, parameters, loss); // 3e-10
  assert.ok(found < GRADIENT_BOUND, `${found}`);
  assert.ok(loss.value[0]! > error.value[0]!, 'a divergence is above 0');
});

test('a log variance beyond the clamp has no gradient', () => {
  const { tape, parameters, operand } = float64Bench();
  const raw = operand('variance', [1, 2]);
  const gaussian = { mean: operand('mean', [1, 2]), logVariance: clamp(tape, raw, -20, 20) };
  const loss = gaussianDivergence(tape, gaussian);
  raw.value.set([-500, 500]);
  tape.forward();
  assert.ok(Number.isFinite(loss.value[0]));
  parameters.clearGradients();
  tape.backward(loss);
  assertSame([...raw.gradient!], [0, 0]);
});

test('shapes that differ, and gradients of one operand only, are refused', () => {
  const { tape, operand } = float64Bench();
  const [a, b, input] = [operand('a', SHAPE), operand('b', [6, 5]), tape.input(SHAPE)];
  for (const [build, message] of [
    [() => gaussianSample(tape, { mean: a, logVariance: b }, input), /^gaussianSample: log variance: expected shape/],
    [() => gaussianSample(tape, { mean: a, logVariance: a }, b), /^gaussianSample: noise: expected shape/],
    [() => gaussianSample(tape, { mean: a, logVariance: input }, input), /^gaussianSample: expected mean and log/],
    [() => gaussianDivergence(tape, { mean: a, logVariance: b }), /^gaussianDivergence: log variance: expected/],
    [() => gaussianDivergence(tape, { mean: input, logVariance: a }), /^gaussianDivergence: expected mean and log/],
    [() => squaredError(tape, a, b), /^squaredError: target: expected shape \(5, 6\), got \(6, 5\)\.$/],
    [() => addScaled(tape, a, b, 1), /^addScaled: expected shape/],
    [() => clamp(tape, a, 1, 1), /^clamp: expected bounds in ascending order, got 1 and 1\.$/],
  ] as const) {
    assert.throws(build, (error: unknown) => error instanceof Error && message.test(error.message), `${message}`);
  }
});

test.run();
