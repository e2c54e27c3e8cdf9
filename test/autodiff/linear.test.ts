import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { linear } from '../../src/autodiff/linear.ts';
import { GRADIENT_BOUND, gradientError } from '../support/gradient-check.ts';
import { float64Bench } from '../support/operation.ts';
import { assertSame } from '../support/same.ts';

test('linear is x Wᵀ + b, on an integer case', () => {
  const { tape, operand } = float64Bench();
  const x = operand('x', [2, 3]);
  const weight = operand('weight', [2, 3]);
  const bias = operand('bias', [2]);
  x.value.set([1, 2, 3, 4, 5, 6]);
  weight.value.set([1, 0, -1, 2, 1, 0]);
  bias.value.set([10, 20]);
  const y = linear(tape, x, weight, bias);
  tape.forward();
  assertSame([...y.value], [8, 24, 8, 33]);
});

test(`linear has a correct gradient, with and without bias, on matrices and sequences (< ${GRADIENT_BOUND})`, () => {
  for (const shape of [
    [5, 7],
    [3, 4, 6],
    [1, 1],
  ]) {
    for (const withBias of [true, false]) {
      const { tape, parameters, operand } = float64Bench();
      const dIn = shape.at(-1)!;
      const x = operand('x', shape);
      const y = linear(tape, x, operand('weight', [3, dIn]), withBias ? operand('bias', [3]) : undefined);
      parameters.initialize(1);
      const error = gradientError(tape, parameters, y); // at most 3e-10
      assert.ok(error < GRADIENT_BOUND, `shape ${shape}, bias ${withBias}: ${error}`);
    }
  }
});

test('linear refuses shapes that do not fit', () => {
  const { tape, operand } = float64Bench();
  const x = operand('x', [2, 3]);
  assert.throws(
    () => linear(tape, x, operand('w4', [2, 4])),
    /^linear: weight: expected shape \(2, 3\), got \(2, 4\)\.$/,
  );
  assert.throws(() => linear(tape, x, operand('w3', [2, 3]), operand('b3', [3])), /linear: bias: expected shape \(2\)/);
});

test.run();
