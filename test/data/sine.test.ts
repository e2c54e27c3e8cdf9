import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sine } from '../../src/data/sine.ts';
import { Random } from '../../src/tensor/random/random.ts';

test('sine agrees with Math.sin within 2^-52 for |x| up to 1000', () => {
  const random = new Random(1, 'sine');
  let worst = 0;
  for (let i = 0; i < 100_000; i++) {
    const x = (random.uniform() - 0.5) * [8, 100, 2000][i % 3]!;
    worst = Math.max(worst, Math.abs(sine(x) - Math.sin(x)));
  }
  assert.ok(worst < 2 ** -52, `worst difference ${worst}`);
});

test('sine is 0 at 0, odd, and 1 at a quarter turn', () => {
  assert.is(sine(0), 0);
  assert.is(sine(Math.PI / 2), 1);
  assert.is(sine(-2.5), -sine(2.5));
  assert.ok(Math.abs(sine(Math.PI)) < 2e-16);
});

test.run();
