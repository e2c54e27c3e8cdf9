import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { POSITIVES, TripletMining } from '../../../src/compress/catalyst/triplet-mining.ts';
import type { PreparationReport } from '../../../src/compress/training/trainee.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { Random } from '../../../src/tensor/random/random.ts';

const NO_PAUSE = async () => {};
/** Points on a line, so that the nearest of a point are its neighbors in the order of rows. */
const base = createMatrix(
  200,
  1,
  Float32Array.from({ length: 200 }, (_, i) => i * i),
);
/** Every second row, from the last. */
const learning = Int32Array.from({ length: 80 }, (_, i) => 198 - 2 * i);

test('a positive is one of the ten nearest learning rows, the anchor included; all ten are drawn', async () => {
  const mining = new TripletMining(learning, { backend: 'reference' });
  await mining.minePositives(base, Int32Array.of(40), NO_PAUSE);
  const seen = new Set<number>();
  const target = new Int32Array(3);
  const random = new Random(1, 'draws');
  for (let i = 0; i < 400; i++) {
    mining.triplets(target, Int32Array.of(40), 0, 1, random);
    assert.is(target[0], 40);
    seen.add(target[1]!);
  }
  assert.is(seen.size, POSITIVES);
  assert.ok(seen.has(40));
  const distances = [...learning].map((id) => (base.data[id]! - 1600) ** 2).sort((a, b) => a - b);
  for (const id of seen) assert.ok((base.data[id]! - 1600) ** 2 <= distances[POSITIVES - 1]!, `${id}`);
});

test('the negative is the fiftieth nearest in the output space, the anchor included', async () => {
  const mining = new TripletMining(learning, { backend: 'reference' });
  const outputs = createMatrix(
    80,
    1,
    Float32Array.from({ length: 80 }, (_, place) => place),
  );
  const anchors = Int32Array.of(198, 192);
  await mining.minePositives(base, anchors, NO_PAUSE);
  await mining.mineNegatives(outputs, anchors, NO_PAUSE);
  // Place 0 sees 0, 1, 2, …; place 3 sees 3, 2, 4, 1, 5, 0, 6, 7, …: the fiftieth is place 49 of both.
  assert.is(mining.negatives[0], learning[49]);
  assert.is(mining.negatives[3], learning[49]);
  const target = new Int32Array(6);
  mining.triplets(target, anchors, 0, 2, new Random(1, 'draws'));
  assert.equal([...target.subarray(4)], [learning[49], learning[49]]);
  assert.equal([...target.subarray(0, 2)], [198, 192]);
});

test('a long search says how far it is', async () => {
  const rows = 2500;
  const line = createMatrix(
    rows,
    1,
    Float32Array.from({ length: rows }, (_, i) => i),
  );
  const all = Int32Array.from({ length: rows }, (_, i) => i);
  const mining = new TripletMining(all, { backend: 'auto' });
  const reports: (PreparationReport | undefined)[] = [];
  await mining.mineNegatives(line, all, async (report) => void reports.push(report));
  const what = 'searching negatives';
  assert.equal(
    reports,
    [1024, 2048, 2500].map((done) => ({ what, done, total: rows })),
  );
});

test.run();
