import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MersenneTwister, MinimalStandard } from '../../../src/tensor/random/library-random.ts';

test('mt19937 gives the number that the C++ standard demands of its 10,000th draw', () => {
  const generator = new MersenneTwister(5489);
  for (let i = 0; i < 9999; i++) generator.uint32();
  assert.is(generator.uint32(), 4123659995);
});

test('minstd_rand0 gives the number that the C++ standard demands of its 10,000th draw', () => {
  const generator = new MinimalStandard(1);
  for (let i = 0; i < 9999; i++) generator.next();
  assert.is(generator.next(), 1043618065);
});

test('minstd_rand0 with seed 0 starts as with seed 1', () => {
  assert.is(new MinimalStandard(0).next(), new MinimalStandard(1).next());
});

test('mt19937 with the seed of faiss: integers, and floats rounded twice', () => {
  const integers = new MersenneTwister(12345);
  assert.equal(
    Array.from({ length: 5 }, () => integers.uint32()),
    [3992670690, 3823185381, 1358822685, 561383553, 789925284],
  );
  const floats = new MersenneTwister(12345);
  assert.equal(
    Array.from({ length: 3 }, () => floats.float()),
    [0.9296160936355591, 0.8901547193527222, 0.3163755536079407],
  );
});

test('permutations are those of faiss', () => {
  assert.equal([...MersenneTwister.permutation(10, 1234)], [5, 4, 8, 2, 6, 9, 1, 7, 0, 3]);
  assert.equal([...MersenneTwister.permutation(10, 1235)], [3, 2, 4, 9, 0, 7, 1, 5, 6, 8]);
});

test.run();
