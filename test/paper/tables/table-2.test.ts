import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Cell } from '../../../src/paper/tables/cell.ts';
import {
  measureTable2,
  type Table2Result,
  table2Bytes,
  table2Cells,
  table2Sweep,
} from '../../../src/paper/tables/table-2.ts';
import { experimentOn } from '../experiment/experiment-on.ts';

const plain: Table2Result = {
  method: 'none',
  codec: 'PQ',
  bytes: 16,
  indexingSeconds: 1,
  queriesPerSecond: [500, 400, 600],
  codesPerQuery: 600,
  multiplyAddsPerQuery: 9600,
  recall1at1: 20,
  recall1at5: 40,
  recall1at50: 70,
  sweep: [
    {
      nprobe: 1,
      probedShare: 60,
      codesPerQuery: 75,
      queriesPerSecond: 900,
      recall1at1: 12,
      recall1at5: 30,
      recall1at50: 58,
    },
  ],
  modelDigest: '',
  indexDigest: '',
  resultDigest: '',
};
const cnt: Table2Result = { ...plain, method: 'cnt', recall1at1: 36, recall1at5: 66.5, recall1at50: 94 };

test('the cells of Table 2: recalls and gains beside the printed ones, PCA before PQ as a control', () => {
  const cells = table2Cells(experimentOn({}), [plain, { ...cnt, method: 'pca' }, cnt]);
  const find = (row: string, column: string): Cell => cells.find((cell) => cell.row === row && cell.column === column)!;
  const pair = (row: string, column: string) => [find(row, column).paper, find(row, column).ours];
  assert.equal(pair('PQ, 16 bytes', 'search q/s'), [520, 500]);
  assert.equal(pair('PQ, 16 bytes', '1@5'), [38.6, 40]);
  assert.equal(pair('CNT + PQ, 16 bytes', '1@1'), [32.5, 36]);
  assert.equal(pair('CNT + PQ, 16 bytes', '1@1 - PQ'), [32.5 - 16.8, 16]);
  assert.is(find('CNT + PQ, 16 bytes', '1@1 - PQ').verdict, 'agrees');
  assert.is(find('CNT + PQ, 16 bytes', '1@1').reason, 'fewer rows; 1,024 training samples');
  assert.is(find('PCA + PQ, 16 bytes', '1@1').verdict, 'control');
  assert.is(cells.length, 4 + 7 + 7);
  assert.equal(table2Sweep([plain])[1], ['PQ, 16 bytes', 'nprobe 1', '60.0 %', '12.0', '30.0', '58.0', '75', '900']);
});

test('bytes are those of Table 2 that divide the compressed dimension, and none is an error in one line', () => {
  const bytesAt = (cols: number, comparedWith: 'GIST1M' | 'Deep1M') =>
    table2Bytes(experimentOn({ comparedWith }, undefined, cols));
  assert.equal(bytesAt(128, 'Deep1M'), [32, 16]);
  assert.equal(bytesAt(64, 'Deep1M'), [16]);
  assert.equal(bytesAt(240, 'GIST1M'), [60, 30]);
  assert.throws(() => bytesAt(48, 'Deep1M'), /expected a dimension that 128 or 64 divides for table2, got 48\.$/);
});

test('more lists find more, up to all lists, whose share of true neighbors is whole', async () => {
  const rows = await measureTable2(experimentOn({}, undefined, 64), {
    repetitions: 1,
    rotationRounds: 1,
    regressionRounds: 1,
  });
  assert.equal(
    rows.map(({ method, codec, bytes }) => `${method} ${codec} ${bytes}`),
    ['none PQ 16', 'catalyst PQ 16', 'pca PQ 16', 'cnt PQ 16', 'none L&C 16', 'cnt L&C 16'],
  );
  for (const { sweep, ...row } of rows.slice(0, 4)) {
    assert.equal(
      sweep.map(({ nprobe }) => nprobe),
      [1, 2, 4, 8],
    );
    for (const [i, { probedShare, recall1at50, codesPerQuery }] of sweep.entries()) {
      assert.ok(recall1at50 <= probedShare! + 1e-9);
      if (i > 0) assert.ok(probedShare! >= sweep[i - 1]!.probedShare! && codesPerQuery > sweep[i - 1]!.codesPerQuery);
    }
    const { recall1at1, recall1at5, recall1at50 } = row;
    const all = sweep[3]!;
    assert.equal([all.probedShare, all.codesPerQuery], [100, 600]);
    assert.equal([all.recall1at1, all.recall1at5, all.recall1at50], [recall1at1, recall1at5, recall1at50]);
  }
  for (const { sweep, bytesPerVector, ...row } of rows.slice(4)) {
    assert.equal(bytesPerVector, { codes: 16, refined: 24, withLinks: 48 });
    const { recall1at1, recall1at5, recall1at50 } = row;
    const all = sweep[3]!;
    assert.equal(
      [all.ef, all.recall1at1, all.recall1at5, all.recall1at50],
      [1024, recall1at1, recall1at5, recall1at50],
    );
    assert.ok(sweep[0]!.codesPerQuery < all.codesPerQuery);
  }
});

test.run();
