import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { pairDistances } from '../../src/autodiff/pair-distance.ts';
import { GRADIENT_BOUND, gradientError } from '../support/gradient-check.ts';
import { float64Bench } from '../support/operation.ts';
import { assertSame } from '../support/same.ts';

test('pair distances are Euclidean, symmetric, and 0 on the diagonal', () => {
  const { tape, operand } = float64Bench();
  const x = operand('x', [3, 2]);
  x.value.set([0, 0, 3, 4, 3, 0]);
  const distances = pairDistances(tape, x);
  tape.forward();
  assertSame([...distances.value], [0, 5, 3, 5, 0, 4, 3, 4, 0]);
});

test('equal rows have distance 0 and give no gradient, not NaN', () => {
  const { tape, parameters, operand } = float64Bench();
  const x = operand('x', [2, 3]);
  x.value.set([1, 2, 3, 1, 2, 3]);
  const distances = pairDistances(tape, x);
  tape.forward();
  parameters.clearGradients();
  tape.backward(distances);
  assertSame([...distances.value], [0, 0, 0, 0]);
  assertSame([...x.gradient!], [0, 0, 0, 0, 0, 0]);
});

test(`pair distances have a correct gradient (< ${GRADIENT_BOUND})`, () => {
  for (const shape of [
    [7, 5],
    [2, 1],
    [12, 16],
  ]) {
    const { tape, parameters, operand } = float64Bench();
    const y = pairDistances(tape, operand('x', shape));
    parameters.initialize(1);
    const error = gradientError(tape, parameters, y); // at most 5e-10
    assert.ok(error < GRADIENT_BOUND, `shape ${shape}: ${error}`);
  }
});

test.run();
