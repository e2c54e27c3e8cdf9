import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HNSW_PROFILES } from '../../../src/graph/hnsw/profile.ts';
import { Sq8Index } from '../../../src/index/codes/sq8-index.ts';
import { FlatIndex } from '../../../src/index/flat-index.ts';
import { Sq8GraphIndex, type Sq8GraphOptions } from '../../../src/index/graph/sq8-graph-index.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import { checkGraph, graphContents } from '../../support/graph-invariants.ts';
import { normalMatrix } from '../../support/normals.ts';
import { messageOf } from '../../support/rejects.ts';
import { assertSame } from '../../support/same.ts';

const base = normalMatrix(1200, 12, 'sq base');
const queries = normalMatrix(100, 12, 'sq queries');
const truth = await new FlatIndex(base).search(queries, 10);

function share(ids: Int32Array, expected: Int32Array): number {
  let found = 0;
  for (let i = 0; i < ids.length; i++) {
    const from = i - (i % 10);
    if (expected.subarray(from, from + 10).includes(ids[i]!)) found++;
  }
  return found / ids.length;
}

for (const range of ['dimension', 'uniform'] as const) {
  const scan = await Sq8Index.build({ base, range }).search(queries, 10);
  for (const profile of HNSW_PROFILES) {
    test(`${range}, ${profile}: over codes it finds 0.98 of what the scan of codes finds, at ef = 60`, async () => {
      const index = await Sq8GraphIndex.build({ graphBase: base, range, M: 12, efConstruction: 60, profile });
      checkGraph(index.graph);
      const found = await index.search(queries, 10, { ef: 60 });
      assert.ok(share(found.ids.data, scan.ids.data) >= 0.98, `${share(found.ids.data, scan.ids.data)}`); // measured: 1
      assert.ok(found.counts.distances < 100 * 1200 && found.counts.hops > 100);
    });
  }

  test(`${range}: built on codes and searched over full vectors it finds 0.98 of the true 10 nearest, at ef = 60`, async () => {
    const index = await Sq8GraphIndex.build({ graphBase: base, base, range, M: 12, efConstruction: 60 });
    const found = await index.search(queries, 10, { ef: 60 });
    assert.ok(share(found.ids.data, truth.ids.data) >= 0.98, `${share(found.ids.data, truth.ids.data)}`); // measured: 1, 1
    assert.is(index.statistics().over, 'vectors');
    assert.is(index.statistics().range, range);
  });

  test(`${range}: same graph on reference and simd; saved and read back it finds the same`, async () => {
    const few = createMatrix(150, 12, base.data.slice(0, 1800));
    const narrow: Matrix = createMatrix(150, 5);
    for (let row = 0; row < 150; row++) narrow.data.set(few.data.subarray(12 * row, 12 * row + 5), 5 * row);
    for (const full of [undefined, few]) {
      const options: Sq8GraphOptions = {
        graphBase: narrow,
        range,
        M: 4,
        efConstruction: 20,
        ...(full ? { base: full } : {}),
      };
      const index = await Sq8GraphIndex.build(options);
      const reference = await Sq8GraphIndex.build({ ...options, backend: 'reference' });
      assert.equal(graphContents(reference.graph), graphContents(index.graph));
      assert.equal(reference.buildCounts, index.buildCounts);
      const again = Sq8GraphIndex.fromArchive(index.toArchive(), 'reference');
      assert.equal([again.kind, again.rows, again.dim, again.backend], ['hnsw-sq8', 150, full ? 12 : 5, 'reference']);
      const asked = full ? queries : createMatrix(100, 5, queries.data.slice(0, 500));
      assertSame(
        await again.search(asked, 5, { ef: 9, trace: true }),
        await index.search(asked, 5, { ef: 9, trace: true }),
      );
      assertSame(again.toArchive(), index.toArchive());
      assert.equal(again.statistics(), index.statistics());
    }
  });

  test(`${range}: rows of one code are one point of a canonical graph, and all are found, nearest first`, async () => {
    const copies = createMatrix(60, 3);
    for (let row = 0; row < 60; row++) copies.data.set(base.data.subarray(3 * (row % 6), 3 * (row % 6) + 3), 3 * row);
    const index = await Sq8GraphIndex.build({ graphBase: copies, range, M: 2, efConstruction: 10 });
    assert.is(index.statistics().points, 6);
    const found = await index.search(createMatrix(1, 3, copies.data.slice(6, 9)), 12, { ef: 6 });
    assert.equal([...found.ids.data.subarray(0, 10)], [2, 8, 14, 20, 26, 32, 38, 44, 50, 56]);
    const again = Sq8GraphIndex.fromArchive(index.toArchive());
    assertSame(
      await again.search(createMatrix(1, 3), 60, { ef: 6 }),
      await index.search(createMatrix(1, 3), 60, { ef: 6 }),
    );
  });
}

test('wrong matrices, options and queries are refused in one line', async () => {
  const build = (options: Partial<Sq8GraphOptions>) =>
    messageOf(() => Sq8GraphIndex.build({ graphBase: base, M: 4, efConstruction: 8, ...options }));
  assert.is(
    await build({ base: createMatrix(3, 12) }),
    'Sq8GraphIndex.build: expected a graph base of 3 rows, got 1200.',
  );
  assert.match(await build({ graphBase: createMatrix(0, 2) }), /^ScalarQuantizer.train: expected at least 1 row/);
  assert.match(await build({ M: 1 }), /^buildHnsw: expected M to be a whole number from 2, got 1/);
  const spoiled = createMatrix(1200, 1);
  spoiled.data[3] = Number.NaN;
  assert.match(await build({ base: spoiled }), /^Sq8GraphIndex.build: expected finite values/);
  assert.match(await build({ graphBase: spoiled }), /^Sq8GraphIndex.build: expected finite values/);
  const index = await Sq8GraphIndex.build({
    graphBase: createMatrix(2, 2, Float32Array.of(0, 0, 1, 1)),
    M: 2,
    efConstruction: 2,
  });
  const search = (k: number, ef: number, cols = 2) => messageOf(() => index.search(createMatrix(1, cols), k, { ef }));
  assert.match(await search(0, 1), /^Sq8GraphIndex.search: expected k/);
  assert.is(await search(1, 0), 'Sq8GraphIndex.search: expected ef to be a whole number from 1, got 0.');
  assert.match(await search(1, 1, 3), /expected queries of 2 columns, got 3/);
});

test.run();
