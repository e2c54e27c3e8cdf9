import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { polyRate } from '../../src/nn/poly-schedule.ts';

/** 1e-4 (1 - e/10)^0.9 for e = 0 .. 10, from PyTorch in float64. */
const POLY = [
  0.0001, 0.00009095325760829622, 0.00008180521460508584, 0.000072541784693722, 0.00006314458674893553,
  0.00005358867312681466, 0.0000438383290554087, 0.000033838346190164985, 0.000023492378861760376,
  0.000012589254117941671, 0,
];

test('polyRate without warm-up is base (1 - share)^0.9 within 1e-14', () => {
  POLY.forEach((expected, epoch) => {
    const rate = polyRate(1e-4, epoch, 10, 0);
    assert.ok(Math.abs(rate - expected) <= 1e-14 * 1e-4, `${epoch}: ${rate} instead of ${expected}`);
  });
});

test('polyRate agrees with Math.pow within 1e-14 of the highest rate, down to the last of a million steps', () => {
  const total = 1_000_000;
  for (let done = 0; done < total; done += 997) {
    const expected = (1 - done / total) ** 0.9;
    assert.ok(Math.abs(polyRate(1, done, total, 0) - expected) <= 1e-14, `step ${done}`);
  }
  assert.ok(Math.abs(polyRate(1, total - 1, total, 0) - 1e-6 ** 0.9) <= 1e-14);
});

test('polyRate rises in equal parts during the warm-up and then falls', () => {
  const rates = Array.from({ length: 100 }, (_, step) => polyRate(1, step, 100, 0.05));
  for (let step = 0; step < 5; step++) {
    assert.ok(Math.abs(rates[step]! - ((step + 1) / 5) * (1 - step / 100) ** 0.9) < 1e-15, `step ${step}`);
  }
  for (let step = 5; step < 100; step++) assert.ok(rates[step]! < rates[step - 1]!, `step ${step}`);
});

test.run();
