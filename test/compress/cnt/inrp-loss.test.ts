import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { INRP_WEIGHTS, inrpLoss } from '../../../src/compress/cnt/inrp-loss.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { GRADIENT_BOUND, gradientError } from '../../support/gradient-check.ts';
import { float64Bench } from '../../support/operation.ts';

/** Eq. 4 and 5 as printed, with the diagonal. */
function naiveLoss(
  f: ArrayLike<number>,
  x: ArrayLike<number>,
  m: number,
  boundary: number,
  alpha: number,
  beta: number,
) {
  const distance = (v: ArrayLike<number>, i: number, j: number): number => {
    const d = v.length / m;
    let sum = 0;
    for (let k = 0; k < d; k++) sum += (v[i * d + k]! - v[j * d + k]!) ** 2;
    return Math.sqrt(sum);
  };
  let sum = 0;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      const w = Math.min(alpha, Math.max(beta, -Math.log(distance(x, i, j) / boundary)));
      sum += w * Math.abs(distance(f, i, j) - distance(x, i, j));
    }
  }
  return sum / m ** 2;
}

function example(settings: { boundary: number; alpha: number; beta: number }) {
  const { tape, parameters, operand } = float64Bench();
  const f = operand('f', [9, 3]); // (9, 3)
  const x = tape.input([9, 5]); // (9, 5)
  const loss = inrpLoss(tape, f, x, settings);
  parameters.initialize(4);
  const random = new Random(4, 'originals');
  for (let i = 0; i < x.value.length; i++) x.value[i] = random.normal();
  for (let k = 0; k < 5; k++) x.value[5 + k] = x.value[k]!; // row 1 equals row 0
  for (let k = 0; k < 5; k++) x.value[15 + k] = x.value[10 + k]! + 1e-3; // row 3 is near row 2: weight alpha
  return { tape, parameters, f, x, loss };
}

test('INRP is Eq. 4 and 5 as printed, with duplicates, near and far pairs', () => {
  for (const boundary of [1.5, 3, 8]) {
    const { tape, f, x, loss } = example({ boundary, ...INRP_WEIGHTS });
    tape.forward();
    const expected = naiveLoss(f.value, x.value, 9, boundary, 2, 0.01);
    assert.ok(Math.abs(loss.value[0]! / expected - 1) < 1e-13, `boundary ${boundary}`);
  }
});

test('alpha = beta = 1 gives the unweighted error', () => {
  const { tape, f, x, loss } = example({ boundary: 3, alpha: 1, beta: 1 });
  tape.forward();
  const expected = naiveLoss(f.value, x.value, 9, 3, 1, 1);
  assert.ok(Math.abs(loss.value[0]! / expected - 1) < 1e-13);
});

test(`INRP has a correct gradient by the compressed vectors (< ${GRADIENT_BOUND})`, () => {
  const { tape, parameters, loss } = example({ boundary: 3, ...INRP_WEIGHTS });
  const error = gradientError(tape, parameters, loss); // 1e-10
  assert.ok(error < GRADIENT_BOUND, `${error}`);
});

test('rows that are equal before and after compression give a finite gradient', () => {
  const { tape, parameters, f, loss } = example({ boundary: 3, ...INRP_WEIGHTS });
  for (let k = 0; k < 3; k++) f.value[3 + k] = f.value[k]!;
  tape.forward();
  parameters.clearGradients();
  tape.backward(loss);
  assert.ok(f.gradient!.every((value: number) => Number.isFinite(value)));
});

test('the loss does not notice a rotation or a shift of the compressed vectors', () => {
  const { tape, f, loss } = example({ boundary: 3, ...INRP_WEIGHTS });
  tape.forward();
  const before = loss.value[0]!;
  for (let row = 0; row < 9; row++) {
    const [a, b, c] = [f.value[row * 3]!, f.value[row * 3 + 1]!, f.value[row * 3 + 2]!];
    f.value.set([0.6 * a - 0.8 * b + 7, 0.8 * a + 0.6 * b - 2, c + 1], row * 3);
  }
  tape.forward();
  assert.ok(Math.abs(loss.value[0]! / before - 1) < 1e-13);
});

test('INRP refuses impossible settings and batches of different length', () => {
  const { tape, operand } = float64Bench();
  const f = operand('f', [9, 3]);
  const x = tape.input([9, 5]);
  const settings = { boundary: 3, ...INRP_WEIGHTS };
  assert.throws(
    () => inrpLoss(tape, f, x, { ...settings, boundary: 0 }),
    /inrpLoss: expected a boundary above 0, got 0\./,
  );
  assert.throws(
    () => inrpLoss(tape, f, x, { ...settings, boundary: Number.NaN }),
    /expected a boundary above 0, got NaN\./,
  );
  assert.throws(
    () => inrpLoss(tape, f, x, { ...settings, beta: 3 }),
    /expected 0 <= beta <= alpha, got beta 3, alpha 2\./,
  );
  assert.throws(
    () => inrpLoss(tape, f, tape.input([8, 5]), settings),
    /inrpLoss: pairs: expected shape \(8, 8\), got \(9, 9\)/,
  );
});

test.run();
