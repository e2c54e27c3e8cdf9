import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { logarithm } from '../../src/tensor/logarithm.ts';
import { Random } from '../../src/tensor/random.ts';

test('logarithm agrees with Math.log within 2^-50 of the value, near 1 and far from it', () => {
  const random = new Random(1, 'logarithm');
  let worst = 0;
  for (let i = 0; i < 100_000; i++) {
    const u = random.uniform();
    const x = [u + 2 ** -54, 1 + (u - 0.5) * 1e-3, 2 ** (2000 * u - 1000)][i % 3]!;
    if (x === 1) continue;
    worst = Math.max(worst, Math.abs(logarithm(x) - Math.log(x)) / Math.abs(Math.log(x)));
  }
  assert.ok(worst < 2 ** -50, `worst relative difference ${worst * 2 ** 52} x 2^-52`); // 1.9 x 2^-52
});

test('logarithm of powers of two is exact at 1 and symmetric', () => {
  assert.is(logarithm(1), 0);
  assert.is(logarithm(2), Math.LN2);
  for (const e of [3, 17, 500, 1022]) assert.is(logarithm(2 ** -e), -logarithm(2 ** e));
});

test.run();
