import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { hardswish, hardtanh } from '../../src/autodiff/activation.ts';
import type { Initializer } from '../../src/autodiff/parameters.ts';
import { GRADIENT_BOUND, gradientError } from '../support/gradient-check.ts';
import { float64Bench } from '../support/operation.ts';

/** Wide enough to reach every piece of both functions, rounded so as to stay 0.05 away from the kinks at ±1 and ±3. */
const awayFromKinks: Initializer = (out, _shape, random) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.round(random.normal() * 25) / 10 + 0.05;
};

test('hardswish and hardtanh, value and derivative, on each piece and at the kinks', () => {
  const cases = [
    {
      operation: hardswish,
      x: [-4, -3, -1, 0, 1, 3, 4],
      y: [-0, -0, -1 / 3, 0, 2 / 3, 3, 4],
      dx: [0, 0, 1 / 6, 1 / 2, 5 / 6, 1, 1],
    },
    {
      operation: hardtanh,
      x: [-2, -1, -0.5, 0, 0.5, 1, 2],
      y: [-1, -1, -0.5, 0, 0.5, 1, 1],
      dx: [0, 0, 1, 1, 1, 0, 0],
    },
  ];
  for (const { operation, x, y, dx } of cases) {
    const { tape, parameters, operand } = float64Bench();
    const input = operand('x', [7]);
    input.value.set(x);
    const output = operation(tape, input);
    tape.forward();
    parameters.clearGradients();
    tape.backward(output);
    for (let i = 0; i < 7; i++) {
      assert.ok(Math.abs(output.value[i]! - y[i]!) < 1e-15, `${operation.name}(${x[i]}) = ${output.value[i]}`);
      assert.ok(Math.abs(input.gradient![i]! - dx[i]!) < 1e-15, `${operation.name}'(${x[i]}) = ${input.gradient![i]}`);
    }
  }
});

test(`hardswish and hardtanh have correct gradients (< ${GRADIENT_BOUND})`, () => {
  for (const operation of [hardswish, hardtanh]) {
    const { tape, parameters, operand } = float64Bench();
    const y = operation(tape, operand('x', [9, 7], awayFromKinks));
    parameters.initialize(1);
    const error = gradientError(tape, parameters, y); // at most 8e-11
    assert.ok(error < GRADIENT_BOUND, `${operation.name}: ${error}`);
  }
});

test.run();
