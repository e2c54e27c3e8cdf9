import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../../kernels/backend.ts';
import type { Initializer } from '../../../src/autodiff/parameters.ts';
import { normalizeRows } from '../../../src/autodiff/rows.ts';
import { catalyst } from '../../../src/compress/catalyst/catalyst.ts';
import { catalystLoss, koleo, rankLoss } from '../../../src/compress/catalyst/catalyst-loss.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { GRADIENT_BOUND, gradientError } from '../../support/gradient-check.ts';
import { float64Bench } from '../../support/operation.ts';
import { assertSame } from '../../support/same.ts';

/** Distances away from the kink near = far. */
const apart: Initializer = (out, _shape, random) => {
  for (let i = 0; i < out.length; i++) out[i] = 1 + random.uniform() + (i % 3);
};

test(`rank loss has a correct gradient (< ${GRADIENT_BOUND}), and is the mean of max(0, near - far)`, () => {
  const { tape, parameters, operand } = float64Bench();
  const [near, far] = [operand('near', [9], apart), operand('far', [9])];
  const loss = rankLoss(tape, near, far);
  parameters.initialize(1);
  far.value.set([1.5, 9, 2.5, 1.5, 9, 2.5, 1.5, 9, 2.5]);
  const error = gradientError(tape, parameters, loss); // 1e-10
  assert.ok(error < GRADIENT_BOUND, `${error}`);
  near.value.set([3, 1, 0, 0, 0, 0, 0, 0, 0]);
  far.value.set([1, 1, 5, 0, 0, 0, 0, 0, 0]);
  tape.forward();
  assert.is(loss.value[0], 2 / 9);
  parameters.clearGradients();
  tape.backward(loss);
  assertSame([...near.gradient!], [1 / 9, 0, 0, 0, 0, 0, 0, 0, 0]); // 0 at the kink
});

test(`KoLeo has a correct gradient through both ends (< ${GRADIENT_BOUND})`, () => {
  const { tape, parameters, operand } = float64Bench();
  const loss = koleo(tape, normalizeRows(tape, operand('x', [8, 5])));
  parameters.initialize(1);
  const error = gradientError(tape, parameters, loss); // 1e-10
  assert.ok(error < GRADIENT_BOUND, `${error}`);
});

test('KoLeo is -mean ln(n d): by hand for points on a circle, within 1e-11; finite for equal rows', () => {
  const { tape, operand } = float64Bench();
  const x = operand('x', [3, 2]);
  const loss = koleo(tape, x);
  x.value.set([1, 0, 0.6, 0.8, 0, 1]); // nearest: 0 -> 1, 1 -> 2, 2 -> 1
  tape.forward();
  const exact = -(Math.log(3 * Math.sqrt(0.8)) + 2 * Math.log(3 * Math.sqrt(0.4))) / 3;
  assert.ok(Math.abs(loss.value[0]! - exact) < 1e-11, `${loss.value[0]} against ${exact}`);
  x.value.set([1, 0, 1, 0, 1, 0]);
  tape.forward();
  assert.ok(Math.abs(loss.value[0]! + Math.log(3e-6)) < 1e-12);
  tape.backward(loss);
  assertSame([...x.gradient!], [0, 0, 0, 0, 0, 0]);
});

test(`the whole catalyst with its loss has a correct gradient (< ${GRADIENT_BOUND})`, () => {
  const { tape, parameters } = float64Bench();
  const x = tape.input([15, 6]);
  const random = new Random(1, 'inputs');
  for (let i = 0; i < x.value.length; i++) x.value[i] = random.normal();
  const outputs = catalyst(tape, parameters, x, { dIn: 6, dOut: 4, hidden: 7 });
  const { loss, rank, spread } = catalystLoss(tape, outputs, 0.05);
  parameters.initialize(1);
  const error = gradientError(tape, parameters, loss); // 6e-10
  assert.ok(error < GRADIENT_BOUND, `${error}`);
  assert.ok(Math.abs(loss.value[0]! - rank.value[0]! - 0.05 * spread.value[0]!) < 1e-15);
  for (let r = 0; r < 15; r++) {
    let squares = 0;
    for (let c = 0; c < 4; c++) squares += outputs.value[4 * r + c]! ** 2;
    assert.ok(Math.abs(squares - 1) < 1e-14);
  }
});

test('a step against the gradient of KoLeo moves nearest points apart', () => {
  const kernels = referenceKernels({ precision: 'float64' });
  const { tape, parameters, operand } = float64Bench();
  const x = operand('x', [10, 3]);
  const y = normalizeRows(tape, x);
  const loss = koleo(tape, y);
  parameters.initialize(1);
  const nearestDistance = (): number => {
    const distances = kernels.floats(100);
    kernels.pairDistances(distances, y.value, 10, 3);
    const least = (i: number) => Math.min(...Array.from(distances.subarray(10 * i, 10 * i + 10)).filter((d) => d > 0));
    return Array.from({ length: 10 }, (_, i) => least(i)).reduce((sum, d) => sum + d, 0) / 10;
  };
  tape.forward();
  const before = nearestDistance();
  for (let step = 0; step < 200; step++) {
    parameters.clearGradients();
    tape.backward(loss);
    for (let i = 0; i < x.value.length; i++) x.value[i]! -= 0.02 * x.gradient![i]!;
    tape.forward();
  }
  assert.ok(nearestDistance() > 1.1 * before, `${nearestDistance()} after ${before}`); // 1.6 times
});

test('catalystLoss and rankLoss refuse rows that are no triplets and shapes that differ', () => {
  const { tape, operand } = float64Bench();
  for (const rows of [3, 8]) {
    assert.throws(
      () => catalystLoss(tape, operand(`x${rows}`, [rows, 4]), 0.05),
      new RegExp(`^catalystLoss: expected rows for at least 2 triplets, got ${rows} rows\\.$`, 'm'),
    );
  }
  assert.throws(() => rankLoss(tape, operand('a', [3]), operand('b', [4])), /^rankLoss: expected shape \(3\), got/m);
});

test.run();
