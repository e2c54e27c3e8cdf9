import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NeighborPools, poolArrays } from '../../../src/graph/knn/neighbor-pools.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { assertSame } from '../../support/same.ts';

test('keeps the nearest by (distance, id), each once, whatever the order of 2000 offers', () => {
  const random = new Random(1, 'pools');
  const distance = Array.from({ length: 500 }, () => random.below(60));
  const offers = Array.from({ length: 2000 }, () => random.below(500));
  const expected = [...new Set(offers)].sort((a, b) => distance[a]! - distance[b]! || a - b);
  for (const capacity of [1, 7, 100, 500]) {
    for (const order of [offers, [...offers].reverse()]) {
      const pools = new NeighborPools(capacity, poolArrays(500, capacity, order === offers));
      for (const id of order) pools.offer(3, id, distance[id]!);
      pools.settle(3);
      const size = Math.min(capacity, expected.length);
      assert.is(pools.sizes[3], size);
      const ids = Array.from({ length: size }, (_, i) => pools.id(3 * capacity + i));
      assert.equal(ids, expected.slice(0, size));
      assertSame(
        [...pools.distances.subarray(3 * capacity, 3 * capacity + size)],
        ids.map((id) => distance[id]!),
      );
      assert.is(pools.sizes[2], 0);
    }
  }
});

test('a neighbor that is no longer new stays what it is, and changes are told', () => {
  const pools = new NeighborPools(2, poolArrays(9, 2, false));
  pools.offer(0, 5, 1);
  pools.offer(0, 4, 2);
  assert.is(pools.sizes[0], 0, 'they wait');
  pools.settle(0);
  assert.is(pools.takeChanged(), true);
  pools.entries[0] = ~pools.entries[0]!;
  for (const [id, distance] of [
    [5, 1],
    [4, 2],
    [6, 2],
    [7, 3],
  ] as const) {
    pools.offer(0, id, distance);
  }
  pools.settle(0);
  assert.is(pools.takeChanged(), false);
  assert.equal([...pools.entries.subarray(0, 2)], [~5, 4]);
  pools.offer(0, 3, 2);
  pools.settle(0);
  assert.is(pools.takeChanged(), true);
  assert.equal([...pools.entries.subarray(0, 2)], [~5, 3]);
  assert.equal([pools.isBeyond(0, 3, 2), pools.isBeyond(0, 2, 2), pools.isBeyond(0, 4, 2)], [false, false, true]);
});

test.run();
