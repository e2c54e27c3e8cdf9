import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sortNearest } from '../../../src/graph/nsg/sort-nearest.ts';
import { Random } from '../../../src/tensor/random/random.ts';

test('the first few are what sorting everything gives: 300 lists, random, equal, rising, falling', () => {
  const random = new Random(1, 'sort');
  for (let trial = 0; trial < 300; trial++) {
    const count = random.below(400);
    const few = random.below(500);
    const values = [1e9, 5, 1][trial % 3]!;
    const distances = Float64Array.from({ length: count }, () => random.below(values));
    const ids = random.permutation(count);
    if (trial % 7 === 1) distances.sort();
    if (trial % 7 === 2) distances.sort().reverse();
    if (trial % 7 === 3) ids.sort();
    const expected = Array.from(ids, (id, i) => ({ id, distance: distances[i]! }));
    expected.sort((a, b) => a.distance - b.distance || a.id - b.id);
    sortNearest(ids, distances, count, few);
    const found = Array.from(ids, (id, i) => ({ id, distance: distances[i]! }));
    assert.equal(found.slice(0, few), expected.slice(0, few));
    found.sort((a, b) => a.distance - b.distance || a.id - b.id);
    assert.equal(found, expected, 'nothing is lost');
  }
});

test.run();
