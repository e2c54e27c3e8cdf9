import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TopK } from '../../../src/tensor/nearest/top-k.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { assertSame } from '../../support/same.ts';

interface Pair {
  readonly distance: number;
  readonly id: number;
}

function kept(pairs: readonly Pair[], k: number): Pair[] {
  const top = new TopK(k);
  for (const { distance, id } of pairs) top.offer(distance, id);
  const ids = new Int32Array(k).fill(-1);
  const distances = new Float32Array(k);
  const count = top.sortedInto(ids, distances, 0);
  assert.is(top.size, 0);
  return Array.from({ length: count }, (_, i) => ({ distance: distances[i]!, id: ids[i]! }));
}

test('TopK keeps what sorting keeps, many ties included, in any order of offers', () => {
  const random = new Random(1, 'top-k');
  for (let round = 0; round < 300; round++) {
    const k = 1 + random.below(20);
    const length = random.below(60);
    const pairs = [...random.permutation(length)].map((id) => ({ distance: random.below(8), id }));
    const expected = [...pairs].sort((a, b) => a.distance - b.distance || a.id - b.id).slice(0, k);
    assert.equal(kept(pairs, k), expected);
    assert.equal(kept(pairs.reverse(), k), expected);
  }
});

test('offer says whether the pair was kept; worst is the bound of the next', () => {
  const top = new TopK(2);
  assert.is(top.worst, Number.POSITIVE_INFINITY);
  assert.is(top.offer(5, 1), true);
  assert.is(top.worst, Number.POSITIVE_INFINITY);
  assert.is(top.offer(3, 9), true);
  assert.is(top.worst, 5);
  assert.is(top.offer(5, 2), false);
  assert.is(top.offer(5, 0), true);
  assert.is(top.offer(6, 0), false);
  assert.is(top.size, 2);
  top.clear();
  assert.is(top.size, 0);
  assert.is(top.worst, Number.POSITIVE_INFINITY);
});

test('sortedInto writes from its offset and nothing beyond its count', () => {
  const top = new TopK(4);
  top.offer(2, 7);
  top.offer(1, 8);
  const ids = new Int32Array(6).fill(-1);
  const distances = new Float64Array(6).fill(-1);
  assert.is(top.sortedInto(ids, distances, 1), 2);
  assert.equal([...ids], [-1, 8, 7, -1, -1, -1]);
  assertSame([...distances], [-1, 1, 2, -1, -1, -1]);
});

test('k below 1 is refused', () => {
  assert.throws(() => new TopK(0), /TopK: expected k of at least 1, got 0\./);
  assert.throws(() => new TopK(1.5), /got 1\.5\./);
});

test.run();
