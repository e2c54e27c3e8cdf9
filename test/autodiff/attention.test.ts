import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attention } from '../../src/autodiff/attention.ts';
import { GRADIENT_BOUND, gradientError } from '../support/gradient-check.ts';
import { float64Bench } from '../support/operation.ts';

const HEADS = { heads: 2, keyDim: 3, valueDim: 5, scale: 0.7 };

test('attention is softmax(scale · Q Kᵀ + bias) V, written out for one query', () => {
  const { tape, parameters, operand } = float64Bench();
  const qkv = operand('qkv', [2, 3, 22]);
  const bias = operand('pos', [2, 3, 3]);
  const { out, probabilities } = attention(tape, qkv, HEADS, bias);
  parameters.initialize(1);
  tape.forward();

  const at = (token: number, column: number) => qkv.value[(3 + token) * 22 + 11 + column]!; // sample 1, head 1
  const logits = [0, 1, 2].map((key) => {
    const product = [0, 1, 2].reduce((sum, c) => sum + at(2, c) * at(key, 3 + c), 0); // query of token 2
    return 0.7 * product + bias.value[(3 + 2) * 3 + key]!;
  });
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  const expected = logits.map((logit) => Math.exp(logit) / total);
  for (let key = 0; key < 3; key++) {
    const place = ((2 + 1) * 3 + 2) * 3 + key; // sample 1, head 1, query 2
    assert.ok(Math.abs(probabilities.value[place]! - expected[key]!) < 1e-14);
  }
  for (let c = 0; c < 5; c++) {
    const value = expected.reduce((sum, p, key) => sum + p * at(key, 6 + c), 0);
    assert.ok(Math.abs(out.value[(3 + 2) * 10 + 5 + c]! - value) < 1e-14);
  }
});

test('attention rows sum to 1', () => {
  const { tape, parameters, operand } = float64Bench();
  const { probabilities } = attention(tape, operand('qkv', [4, 5, 22]), HEADS);
  parameters.initialize(2);
  tape.forward();
  for (let row = 0; row < 4 * 2 * 5; row++) {
    let sum = 0;
    for (let key = 0; key < 5; key++) sum += probabilities.value[row * 5 + key]!;
    assert.ok(Math.abs(sum - 1) < 1e-14, `row ${row} sums to ${sum}`);
  }
});

test(`attention has a correct gradient by Q, K, V and the position bias (< ${GRADIENT_BOUND})`, () => {
  for (const withBias of [true, false]) {
    const { tape, parameters, operand } = float64Bench();
    const { out } = attention(
      tape,
      operand('qkv', [3, 4, 22]),
      HEADS,
      withBias ? operand('pos', [2, 4, 4]) : undefined,
    );
    parameters.initialize(3);
    const error = gradientError(tape, parameters, out); // at most 9e-11
    assert.ok(error < GRADIENT_BOUND, `bias ${withBias}: ${error}`);
  }
});

test('attention refuses shapes that do not fit', () => {
  const { tape, operand } = float64Bench();
  assert.throws(
    () => attention(tape, operand('narrow', [2, 3, 21]), HEADS),
    /attention: qkv: expected shape \(2, 3, 22\)/,
  );
  const pos = operand('pos', [2, 4, 4]);
  assert.throws(
    () => attention(tape, operand('qkv', [2, 3, 22]), HEADS, pos),
    /position bias: expected shape \(2, 3, 3\)/,
  );
  assert.throws(() => attention(tape, tape.input([2, 4, 22]), HEADS, pos), /expected qkv to have a gradient/);
});

test.run();
