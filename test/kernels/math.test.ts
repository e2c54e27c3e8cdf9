import { all, create } from 'mathjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exp, log } from '../../kernels/math/reference.ts';
import { Random } from '../../src/tensor/random.ts';

const exact = create(all!, { number: 'BigNumber', precision: 40 });
const identity = (x: number) => x;

/** Largest relative error over many arguments against the engine's float64 function. */
function worst(arguments_: Iterable<number>, ours: (x: number) => number, truth: (x: number) => number): number {
  let error = 0;
  for (const x of arguments_) {
    const t = truth(x);
    if (t !== 0) error = Math.max(error, Math.abs(ours(x) - t) / Math.abs(t));
  }
  return error;
}

function* between(low: number, high: number, count: number): Generator<number> {
  for (let i = 0; i <= count; i++) yield Math.fround(low + ((high - low) * i) / count);
}

function* magnitudes(count: number): Generator<number> {
  for (let i = 0; i <= count; i++) yield Math.fround(2 ** (-125 + (250 * i) / count));
}

test('exp in float32 has relative error < 1.1e-7 from -87 to 88', () => {
  const error = worst(between(-87, 88, 100000), (x) => exp(x, Math.fround), Math.exp);
  assert.ok(error < 1.1e-7, String(error)); // 9.98e-8
});

test('log in float32 has relative error < 1e-7 around 1 and over all magnitudes', () => {
  const near = worst(between(0.5, 2, 100000), (x) => log(x, Math.fround), Math.log);
  const far = worst(magnitudes(50000), (x) => log(x, Math.fround), Math.log);
  assert.ok(near < 1e-7, String(near)); // 8.2e-8
  assert.ok(far < 1e-7, String(far)); // 5.9e-8
});

test('exp and log in float64 have relative error < 4e-16 against 40 digits', () => {
  const random = new Random(1, 'math');
  for (let i = 0; i < 60; i++) {
    // Multiples of 2^-10, which their decimal digits give exactly.
    const x = (random.below(160 * 1024) - 80 * 1024) / 1024;
    const power = exact.exp(exact.bignumber(x));
    const expError = exact.number(
      exact.abs(exact.divide(exact.subtract(exact.bignumber(exp(x, identity)), power), power) as never),
    );
    assert.ok(expError < 4e-16, `exp(${x}): ${expError}`);
    const y = i < 30 ? (513 + random.below(510)) / 1024 : (1 + random.below(2 ** 20)) / 1024;
    const logarithm = exact.log(exact.bignumber(y));
    const logError = exact.number(
      exact.abs(exact.divide(exact.subtract(exact.bignumber(log(y, identity)), logarithm), logarithm) as never),
    );
    assert.ok(logError < 4e-16, `log(${y}): ${logError}`);
  }
});

test('exp and log are exact where the answer is: exp(0) = 1, log(1) = 0, log of a power of two within half an ulp', () => {
  for (const round of [Math.fround, identity]) {
    assert.is(exp(0, round), 1);
    assert.is(exp(-0, round), 1);
    assert.is(log(1, round), 0);
  }
  for (let k = -126; k <= 125; k++) {
    if (k !== 0) assert.is(log(2 ** k, Math.fround), Math.fround(k * Math.LN2), `log(2^${k})`);
  }
});

test('exp never returns a subnormal number and takes subnormal arguments for 0', () => {
  for (const x of between(-110, -80, 30000)) {
    const y = exp(x, Math.fround);
    assert.ok(y === 0 || y >= 2 ** -126, `exp(${x}) = ${y}`);
  }
  assert.is(exp(1e-40, Math.fround), 1);
  assert.is(exp(-1e-40, Math.fround), 1);
  assert.is(exp(Number.NEGATIVE_INFINITY, Math.fround), 0);
  assert.ok(Number.isNaN(exp(Number.NaN, Math.fround)));
});

test('exp and log rise with their arguments', () => {
  let before = -1;
  for (const x of between(-3, 3, 50000)) {
    const y = exp(x, Math.fround);
    assert.ok(y >= before * (1 - 2 ** -23), `exp(${x})`);
    before = y;
  }
});

test.run();
