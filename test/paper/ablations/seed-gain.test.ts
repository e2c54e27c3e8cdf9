import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AblationName } from '../../../src/paper/ablations/ablations.ts';
import { gainText, seedGain } from '../../../src/paper/ablations/seed-gain.ts';
import { type AblationFigures, judgedGains } from '../../../src/paper/claims/claim.ts';

/** 10@10 of a network by seed; undefined: not trained with it. */
function trained(name: AblationName, tens: readonly (number | undefined)[]): AblationFigures[] {
  return tens.flatMap((recall10at10, seed) =>
    recall10at10 === undefined ? [] : [{ name, seed, recall1at1: 50, recall10at10, parameters: 1 }],
  );
}

test('the gain is the mean of the differences seed by seed, with its 95 % interval', () => {
  const list = [...trained('default', [70, 71, 72]), ...trained('beta 0', [69, 69, 69])];
  const gain = seedGain(list, 'beta 0')!;
  // Differences 1, 2, 3: mean 2, deviation 1; t of 2 degrees of freedom is 4.303.
  assert.equal([gain.seeds, gain.mean], [3, 2]);
  assert.ok(Math.abs(gain.halfWidth - 4.303 / Math.sqrt(3)) < 1e-12);
  assert.is(gainText(gain), '+2.00 ± 2.48');
  assert.equal(seedGain(list, 'default')!.mean, 0);
});

test('only seeds that both have count; one alone has no interval, none no gain', () => {
  const list = [...trained('default', [70, undefined, 72]), ...trained('alpha 1', [undefined, 71, 71])];
  const gain = seedGain(list, 'alpha 1')!;
  assert.equal([gain.seeds, gain.mean, gain.halfWidth], [1, 1, Number.POSITIVE_INFINITY]);
  assert.is(gainText(gain), '+1.00');
  assert.is(seedGain(trained('default', [70]), 'alpha 1'), undefined);
});

test('a claim is decided only where the whole interval lies on one side of the bound', () => {
  const gain = (mean: number, halfWidth: number, seeds = 3) => ({ name: 'beta 0', seeds, mean, halfWidth }) as const;
  const verdict = (...gains: ReturnType<typeof gain>[]) => judgedGains(gains, 0.3, 'x').verdict;
  assert.is(verdict(gain(1, 0.5)), 'confirmed');
  assert.is(verdict(gain(0.4, 0.2)), 'not decided at this budget');
  assert.is(verdict(gain(0.2, 0.2)), 'not decided at this budget');
  assert.is(verdict(gain(0, 0.2)), 'not confirmed');
  assert.is(verdict(gain(1, 0.5), gain(0, 0.2)), 'not confirmed');
  assert.is(verdict(gain(1, 0.5), gain(0.4, 0.2)), 'not decided at this budget');
  const alone = judgedGains([gain(5, Number.POSITIVE_INFINITY, 1)], 0.3, 'x');
  assert.equal(alone, { verdict: 'not decided at this budget', figures: 'x; one seed says nothing of the spread' });
});

test.run();
