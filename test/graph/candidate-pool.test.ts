import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CandidatePool } from '../../src/graph/candidate-pool.ts';
import { Random } from '../../src/tensor/random/random.ts';

const contents = (pool: CandidatePool): [number, number][] =>
  Array.from({ length: pool.size }, (_, place) => [pool.distances[place]!, pool.id(place)]);

test('holds the nearest by (distance, id), whatever the order in which they come: 500 trials with many ties', () => {
  const random = new Random(1, 'candidate-pool');
  const pool = new CandidatePool();
  for (let trial = 0; trial < 500; trial++) {
    const capacity = 1 + random.below(20);
    const total = random.below(60);
    const ids = random.permutation(100).slice(0, total);
    const distances = Float32Array.from({ length: total }, () => random.below(8));
    pool.reset(capacity);
    for (let first = 0; first < total; ) {
      const count = Math.min(total - first, 1 + random.below(15));
      pool.merge(ids.subarray(first, first + count), distances.subarray(first, first + count), count);
      first += count;
    }
    const expected = [...ids.keys()]
      .map((i): [number, number] => [distances[i]!, ids[i]!])
      .sort((a, b) => a[0] - b[0] || a[1] - b[1])
      .slice(0, capacity);
    assert.equal(contents(pool), expected);
  }
});

test('a copy holds what the other holds, and is a pool of its own', () => {
  const [pool, copy] = [new CandidatePool(), new CandidatePool()];
  pool.reset(6);
  pool.merge(Int32Array.of(5, 6, 7), Float32Array.of(3, 1, 2), 3);
  copy.copy(pool, 4);
  assert.equal(contents(copy), [
    [1, 6],
    [2, 7],
    [3, 5],
  ]);
  copy.merge(Int32Array.of(8, 9), Float32Array.of(0, 2.5), 2);
  assert.equal([copy.size, pool.size], [4, 3]);
  assert.equal(contents(copy)[0], [0, 8]);
  assert.equal(contents(pool)[0], [1, 6]);
});

test('next gives the nearest that was not given before, also after nearer ones arrive', () => {
  const pool = new CandidatePool();
  pool.reset(4);
  pool.merge(Int32Array.of(5, 6, 7), Float32Array.of(3, 1, 2), 3);
  assert.is(pool.id(pool.next()), 6);
  assert.is(pool.id(pool.next()), 7);
  pool.merge(Int32Array.of(8, 9), Float32Array.of(0, 2.5), 2);
  assert.is(pool.id(pool.next()), 8);
  assert.is(pool.id(pool.next()), 9);
  assert.is(pool.next(), -1, 'id 5 has fallen out');
  assert.equal(
    contents(pool).map(([, id]) => id),
    [8, 6, 7, 9],
  );
});

test('an expanded point keeps its place among equal distances', () => {
  const pool = new CandidatePool();
  pool.reset(3);
  pool.merge(Int32Array.of(4), Float32Array.of(1), 1);
  pool.next();
  pool.merge(Int32Array.of(3, 5), Float32Array.of(1, 1), 2);
  assert.equal(
    contents(pool).map(([, id]) => id),
    [3, 4, 5],
  );
  assert.is(pool.id(pool.next()), 3);
  assert.is(pool.id(pool.next()), 5);
});

test('restart keeps the nearest, none expanded, under a new bound', () => {
  const pool = new CandidatePool();
  pool.reset(5);
  pool.merge(Int32Array.of(1, 2, 3, 4), Float32Array.of(4, 3, 2, 1), 4);
  while (pool.next() >= 0);
  pool.restart(2, 3);
  assert.equal(contents(pool), [
    [1, 4],
    [2, 3],
  ]);
  assert.is(pool.id(pool.next()), 4);
  pool.merge(Int32Array.of(7, 8), Float32Array.of(9, 8), 2);
  assert.is(pool.size, 3);
});

test('an infinite distance is the last, but has its place while there is room', () => {
  const pool = new CandidatePool();
  pool.reset(3);
  pool.merge(Int32Array.of(7), Float32Array.of(Number.POSITIVE_INFINITY), 1);
  pool.merge(Int32Array.of(9, 3), Float32Array.of(Number.POSITIVE_INFINITY, 5), 2);
  assert.equal(contents(pool), [
    [5, 3],
    [Number.POSITIVE_INFINITY, 7],
    [Number.POSITIVE_INFINITY, 9],
  ]);
  pool.merge(Int32Array.of(8), Float32Array.of(Number.POSITIVE_INFINITY), 1);
  assert.is(pool.id(2), 8);
});

test('takes more points at a time than the pool holds', () => {
  const pool = new CandidatePool();
  pool.reset(2);
  const ids = Int32Array.from({ length: 200 }, (_, i) => i);
  pool.merge(
    ids,
    Float32Array.from(ids, (i) => 200 - i),
    200,
  );
  assert.equal(contents(pool), [
    [1, 199],
    [2, 198],
  ]);
});

test.run();
