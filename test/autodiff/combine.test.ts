import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { add, addToColumns, concatenateColumns, reshape, selectColumns } from '../../src/autodiff/combine.ts';
import { GRADIENT_BOUND, gradientError } from '../support/gradient-check.ts';
import { float64Bench } from '../support/operation.ts';
import { assertSame } from '../support/same.ts';

test('concatenate, select, add to columns and reshape move the right numbers', () => {
  const { tape, operand } = float64Bench();
  const a = operand('a', [2, 2]);
  const b = operand('b', [2, 1]);
  a.value.set([1, 2, 3, 4]);
  b.value.set([10, 20]);
  const joined = concatenateColumns(tape, [a, b]);
  const chosen = selectColumns(tape, joined, 1, 2);
  const raised = addToColumns(tape, a, b, 1);
  tape.forward();
  assertSame([...joined.value], [1, 2, 10, 3, 4, 20]);
  assertSame([...chosen.value], [2, 10, 4, 20]);
  assertSame([...raised.value], [1, 12, 3, 24]);
  assertSame([...a.value], [1, 2, 3, 4]); // operands stay as they are: earlier operations still need them
  assert.equal(reshape(joined, [3, 2]).shape, [3, 2]);
  assert.is(reshape(joined, [3, 2]).value, joined.value);
});

test(`each has a correct gradient, also where an operand is used twice (< ${GRADIENT_BOUND})`, () => {
  const { tape, parameters, operand } = float64Bench();
  const a = operand('a', [4, 3]);
  const b = operand('b', [4, 2]);
  const joined = concatenateColumns(tape, [a, b, a]); // (4, 8)
  const sum = add(tape, joined, joined); // (4, 8)
  const raised = addToColumns(tape, sum, b, 5); // (4, 8)
  const y = selectColumns(tape, reshape(raised, [2, 16]), 3, 11); // (2, 11)
  parameters.initialize(1);
  const error = gradientError(tape, parameters, y); // 1e-10
  assert.ok(error < GRADIENT_BOUND, `${error}`);
});

test('each refuses shapes that do not fit', () => {
  const { tape, operand } = float64Bench();
  const a = operand('a', [4, 3]);
  const b = operand('b', [2, 3]);
  assert.throws(() => add(tape, a, b), /^add: expected shape \(4, 3\), got \(2, 3\)\.$/);
  assert.throws(() => addToColumns(tape, a, b, 0), /addToColumns: expected 4 rows, got 2\./);
  assert.throws(() => addToColumns(tape, a, a, 1), /addToColumns: expected columns within 0 \.\. 2, got 1 \.\. 3\./);
  assert.throws(() => concatenateColumns(tape, [a, b]), /concatenateColumns: expected 4 rows, got 2\./);
  assert.throws(() => selectColumns(tape, a, 2, 2), /selectColumns: expected columns within 0 \.\. 2, got 2 \.\. 3\./);
  assert.throws(() => reshape(a, [5, 2]), /reshape: expected 12 values, got shape \(5, 2\)\./);
});

test.run();
