import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { epochOrder, splitRows, trainingRowCount } from '../../../src/compress/training/split.ts';

test('splitRows holds out a twentieth, rounded up, and loses no row', () => {
  for (const rows of [64, 99, 100, 101, 1000]) {
    const { heldOut, training } = splitRows(rows, 1);
    assert.is(heldOut.length, Math.ceil(rows / 20));
    assert.is(training.length, trainingRowCount(rows));
    const all = [...heldOut, ...training].sort((a, b) => a - b);
    assert.equal(
      all,
      Array.from({ length: rows }, (_, i) => i),
    );
  }
});

test('splitRows depends on the seed', () => {
  assert.equal(splitRows(100, 1), splitRows(100, 1));
  assert.not.equal(splitRows(100, 1).heldOut, splitRows(100, 2).heldOut);
});

test('epochOrder holds every training row once, in another order each epoch, whatever was drawn before', () => {
  const { training } = splitRows(200, 1);
  const third = epochOrder(training, 1, 3);
  assert.not.equal(third, epochOrder(training, 1, 4));
  assert.equal(third, epochOrder(training, 1, 3));
  assert.equal(Array.from(third).sort(), Array.from(training).sort());
});

test.run();
