import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { relu } from '../../src/autodiff/activation.ts';
import { selectRows } from '../../src/autodiff/combine.ts';
import { normalizeRows, rowDistances } from '../../src/autodiff/rows.ts';
import { GRADIENT_BOUND, gradientError } from '../support/gradient-check.ts';
import { float64Bench } from '../support/operation.ts';

test(`distances between two halves of a normalized batch have a correct gradient (< ${GRADIENT_BOUND})`, () => {
  const { tape, parameters, operand } = float64Bench();
  const y = normalizeRows(tape, operand('x', [6, 5]));
  const distances = rowDistances(tape, selectRows(y, 0, 3), selectRows(y, 3, 3), 1e-6);
  parameters.initialize(1);
  const error = gradientError(tape, parameters, distances); // 2e-10
  assert.ok(error < GRADIENT_BOUND, `${error}`);
  for (let r = 0; r < 6; r++) {
    let squares = 0;
    for (let c = 0; c < 5; c++) squares += y.value[5 * r + c]! ** 2;
    assert.ok(Math.abs(squares - 1) < 1e-14);
  }
});

test(`relu has a correct gradient (< ${GRADIENT_BOUND})`, () => {
  const { tape, parameters, operand } = float64Bench();
  const y = relu(tape, operand('x', [9, 7]));
  parameters.initialize(1);
  const error = gradientError(tape, parameters, y); // 1e-10
  assert.ok(error < GRADIENT_BOUND, `${error}`);
});

test('selectRows shares memory; rows and shapes that do not fit are refused', () => {
  const { tape, operand } = float64Bench();
  const x = operand('x', [4, 2]);
  const view = selectRows(x, 1, 2);
  view.value[0] = 7;
  view.gradient![3] = 8;
  assert.is(x.value[2], 7);
  assert.is(x.gradient![5], 8);
  assert.throws(() => selectRows(x, 3, 2), /^selectRows: expected rows within 0 \.\. 3, got 3 \.\. 4\.$/m);
  assert.throws(() => rowDistances(tape, x, view, 1e-6), /^rowDistances: b: expected shape \(4, 2\), got \(2, 2\)\.$/m);
  assert.throws(() => rowDistances(tape, x, tape.input([4, 2]), 1e-6), /^rowDistances: expected a and b to have/);
});

test.run();
