import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { intersectionAt } from '../../../src/eval/recall.ts';
import { IvfAdcIndex } from '../../../src/index/codes/ivf-adc.ts';
import { loadIndex } from '../../../src/pipeline/load-index.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import { nearest } from '../../../src/tensor/nearest/nearest.ts';
import { normalMatrix } from '../../support/normals.ts';
import { rejects } from '../../support/rejects.ts';
import { assertSame } from '../../support/same.ts';

const DIM = 8;

/** Eight numbers that are mixtures of three, so that parts of neighboring numbers say the same. */
function mixed(rows: number): Matrix {
  const sources = normalMatrix(rows, 3, 'rotated: sources');
  const noise = normalMatrix(rows, DIM, 'rotated: noise');
  const mixing = normalMatrix(3, DIM, 'rotated: mixing');
  const value = (row: number, j: number) =>
    [0, 1, 2].reduce((sum, s) => sum + sources.data[3 * row + s]! * mixing.data[DIM * s + j]!, 5);
  return createMatrix(
    rows,
    DIM,
    noise.data.map((small, i) => 0.1 * small + value(Math.floor(i / DIM), i % DIM)),
  );
}

/** y = A x for each row, as written: one float32 sum in the order of the columns. */
function rotatedByHand(x: Matrix, rotation: Matrix): Matrix {
  const y = createMatrix(x.rows, DIM);
  for (let row = 0; row < x.rows; row++) {
    for (let i = 0; i < DIM; i++) {
      let sum = 0;
      for (let j = 0; j < DIM; j++) {
        sum = Math.fround(sum + Math.fround(rotation.data[DIM * i + j]! * x.data[DIM * row + j]!));
      }
      y.data[DIM * row + i] = sum;
    }
  }
  return y;
}

const all = mixed(740);
const base = createMatrix(700, DIM, all.data.slice(0, 700 * DIM));
const queries = createMatrix(40, DIM, all.data.slice(700 * DIM));
const options = { nlist: 5, m: 4, bits: 3 } as const;
const index = await IvfAdcIndex.build({ base, opq: true, keepVectors: true, ...options });
const straight = await IvfAdcIndex.build({ base, ...options });

test('it is an index of rows that were rotated by hand: the same lists, codes, ids and distances', async () => {
  const byHand = await IvfAdcIndex.build({ base: rotatedByHand(base, index.rotation!), ...options });
  const [ours, theirs] = [index.toArchive().arrays, byHand.toArchive().arrays];
  for (const [name, array] of theirs) assertSame(ours.get(name), array, name);
  assert.equal([...ours.keys()].filter((name) => !theirs.has(name)).sort(), ['rotation', 'vectors']);
  const asked = rotatedByHand(queries, index.rotation!);
  for (const nprobe of [1, 2, 5]) {
    const [found, expected] = [await index.search(queries, 9, { nprobe }), await byHand.search(asked, 9, { nprobe })];
    assertSame([found.ids, found.distances, found.counts], [expected.ids, expected.distances, expected.counts]);
  }
  const truth = nearest(base, queries, 10).ids;
  assertSame(index.probedShares(queries, truth, 10), byHand.probedShares(asked, truth, 10));
});

test('where numbers are correlated, codes of rotated vectors find more', async () => {
  const truth = nearest(base, queries, 10).ids;
  const found = async (one: IvfAdcIndex) =>
    intersectionAt((await one.search(queries, 10, { nprobe: 5 })).ids, truth, 10);
  const [rotated, plain] = [await found(index), await found(straight)];
  assert.ok(rotated > plain + 0.1, `${rotated} and ${plain}`); // measured: 0.7925 and 0.6375
});

test('re-ranked by the vectors as they were given, all rows give the exact answer', async () => {
  const { ids, distances } = await index.search(queries, 10, { nprobe: 5, rerank: 700 });
  const truth = nearest(base, queries, 10);
  assertSame([ids, distances], [truth.ids, truth.distances]);
});

test('saved and read back, it finds the same; an index without rotation has none in its file', async () => {
  const again = loadIndex(index.toArchive()) as IvfAdcIndex;
  assertSame(again.toArchive(), index.toArchive());
  const search = { nprobe: 2, rerank: 20 };
  assertSame(await again.search(queries, 7, search), await index.search(queries, 7, search));
  assert.not(straight.toArchive().arrays.has('rotation'));
  assertSame([straight.rotation, straight.statistics().rotated, again.statistics().rotated], [undefined, false, true]);
  assert.is(index.statistics().bytes, straight.statistics().bytes + 4 * DIM * DIM);
  const archive = index.toArchive();
  const arrays = new Map(archive.arrays).set('rotation', { shape: [DIM, DIM - 1], data: new Float32Array(56) });
  assert.throws(() => loadIndex({ ...archive, arrays }), /^IVFADC index: expected .*rotation/);
});

test('progress begins with the rotation; wrong options are refused before it', async () => {
  const told: string[] = [];
  const onProgress = (step: string, done: number, total: number) => {
    told.push(`${step} ${done}/${total}`);
    if (told.length > 50) throw new Error('enough');
  };
  await rejects(() => IvfAdcIndex.build({ base, opq: true, ...options, onProgress }), 'enough');
  assert.equal(told.slice(48), ['rotation 49/50', 'rotation 50/50', 'training 1/4']);
  const many = { base, opq: true, ...options, nlist: 701 };
  await rejects(() => IvfAdcIndex.build(many), 'IvfAdcIndex.build: expected nlist from 1 to 700 (the rows), got 701.');
});

test.run();
