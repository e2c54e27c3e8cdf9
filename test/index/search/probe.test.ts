import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FlatIndex } from '../../../src/index/flat-index.ts';
import { GraphIndex } from '../../../src/index/graph/graph-index.ts';
import { NsgIndex } from '../../../src/index/graph/nsg-index.ts';
import { probeIndex } from '../../../src/index/search/probe.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { normalMatrix } from '../../support/normals.ts';
import { rejects } from '../../support/rejects.ts';

const base = normalMatrix(600, 4, 'probed');
for (let row = 300; row < 600; row++) for (let col = 0; col < 4; col++) base.data[4 * row + col]! += 100;

test('an index that finds all misses none; the rows are the same for the same seed, and all where more are asked for', async () => {
  const index = new FlatIndex(base);
  const { probes, k, missed } = await probeIndex(index, base, { probes: 5000, k: 1 });
  assert.equal([probes, k, missed.length], [600, 1, 0]);
  const asked: number[][] = [];
  const spy = {
    rows: 600,
    search: async (queries: typeof base, width: number) => {
      asked.push([...queries.data]);
      return index.search(queries, width);
    },
  };
  for (const seed of [1, 1, 2]) await probeIndex(spy, base, { probes: 20, seed });
  assert.equal(asked[0], asked[1]);
  assert.not.equal(asked[0], asked[2]);
});

test('a group that a graph does not lead to is missed, row by row', async () => {
  const index = await NsgIndex.build({
    base,
    profile: 'faiss',
    R: 4,
    L: 10,
    C: 10,
    neighborGraph: { method: 'exact', K: 10 },
  });
  const { unreachable } = index.statistics();
  assert.ok(unreachable > 100);
  const { missed } = await probeIndex(index, base, { probes: 600, search: { ef: 20 } });
  const { ids } = await index.search(base, 10, { ef: 20 });
  const found = Array.from({ length: 600 }, (_, row) => ids.data.subarray(10 * row, 10 * row + 10).includes(row));
  const expected = found.filter((has) => !has).length;
  assert.is(missed.length, expected);
  assert.ok(missed.every((row, i) => i === 0 || row > missed[i - 1]!));
});

test('a copy of a row is as good as the row', async () => {
  const copies = createMatrix(100, 2); // all zeros, of which a search finds the ten of least id
  copies.data[0] = 1;
  for (const index of [new FlatIndex(copies), await GraphIndex.build({ base: copies, M: 4, efConstruction: 10 })]) {
    assert.is((await probeIndex<object>(index, copies, { probes: 100 })).missed.length, 0);
  }
});

test('options that do not fit are refused in one line', async () => {
  const index = new FlatIndex(base);
  const few = normalMatrix(5, 4, 'few');
  await rejects(() => probeIndex(index, few), 'probeIndex: expected the 600 rows of the index, got 5.');
  await rejects(() => probeIndex(index, base, { probes: 0 }), 'probes');
  await rejects(() => probeIndex(index, base, { k: 1.5 }), 'k');
});

test.run();
