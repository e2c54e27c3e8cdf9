import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nextCopies, representatives } from '../../../src/index/graph/copies.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { Random } from '../../../src/tensor/random/random.ts';

test('the first of equal rows represents them; -0 equals 0', () => {
  const data = [1, 2, 0, 3, 1, 2, -0, 3, 2, 1, 1, 2];
  const found = representatives(createMatrix(6, 2, Float32Array.from(data)))!;
  assert.equal([...found], [0, 1, 0, 1, 4, 0]);
  assert.equal([...nextCopies(found)], [2, 3, 5, -1, -1, -1]);
});

test('different rows of the same hash stay apart', () => {
  // FNV-1a of the first words 1.0 and 2.0; the second words are chosen so that the hashes meet.
  const step = (hash: number, word: number): number => {
    const product = Math.imul(hash ^ word, 0x01000193);
    return product ^ (product >>> 15);
  };
  const words = new Int32Array(4);
  const rows = new Float32Array(words.buffer);
  [rows[0], rows[1], rows[2]] = [1, 3, 2];
  words[3] = step(0x811c9dc5, words[0]!) ^ words[1]! ^ step(0x811c9dc5, words[2]!);
  assert.ok(Number.isFinite(rows[3]));
  assert.is(step(step(0x811c9dc5, words[0]!), words[1]!), step(step(0x811c9dc5, words[2]!), words[3]!));
  assert.is(representatives(createMatrix(2, 2, rows)), undefined);
});

test('no equal rows, no rows', () => {
  assert.is(representatives(createMatrix(3, 1, Float32Array.of(1, 2, 3))), undefined);
  assert.is(representatives(createMatrix(0, 4)), undefined);
});

test('equals the comparison of all pairs, 20 trials', () => {
  const random = new Random(1, 'copies');
  for (let trial = 0; trial < 20; trial++) {
    const rows = Array.from({ length: 80 }, () => [random.below(4), random.below(4), random.below(4)]);
    const found = representatives(createMatrix(80, 3, Float32Array.from(rows.flat())))!;
    const expected = rows.map((row) => rows.findIndex((other) => other.every((value, i) => value === row[i])));
    assert.equal([...found], expected);
  }
});

test.run();
