import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { GraphIndex } from '../../../src/index/graph/graph-index.ts';
import { NsgIndex } from '../../../src/index/graph/nsg-index.ts';
import { Sq8GraphIndex } from '../../../src/index/graph/sq8-graph-index.ts';
import { loadIndex } from '../../../src/pipeline/load-index.ts';
import { firstRows, type Matrix } from '../../../src/tensor/matrix.ts';
import { createVectorStore } from '../../../src/tensor/vectors/vector-store.ts';
import { normalMatrix } from '../../support/normals.ts';
import { messageOf } from '../../support/rejects.ts';
import { assertSame } from '../../support/same.ts';

const base = normalMatrix(500, 9, 'base');
base.data.copyWithin(9 * 450, 0, 9 * 30); // copies
const queries = normalMatrix(70, 9, 'queries');

const indexes = {
  hnsw: (threads: number, of: Matrix, backend: 'auto' | 'reference' = 'auto') =>
    GraphIndex.build({ base: of, M: 4, efConstruction: 20, threads, backend }),
  nsg: (threads: number, of: Matrix, backend: 'auto' | 'reference' = 'auto') =>
    NsgIndex.build({ base: of, R: 8, L: 20, C: 40, neighborGraph: { method: 'exact', K: 12 }, threads, backend }),
};

for (const [name, build] of Object.entries(indexes)) {
  test(`${name}: 1, 2 and 5 threads find the same with the same work`, async () => {
    const index = await build(5, base);
    for (const [asked, k, ef] of [
      [queries, 5, 12],
      [queries, 600, 1],
      [firstRows(queries, 3), 7, 30],
      [firstRows(queries, 0), 2, 2],
    ] as const) {
      const expected = await index.search(asked, k, { ef });
      for (const threads of [1, 2, 5]) assertSame(await index.search(asked, k, { ef, threads }), expected);
    }
    const loaded = loadIndex(index.toArchive(), 'reference', 2);
    assert.ok(loaded.kind === 'hnsw' || loaded.kind === 'nsg');
    const expected = await index.search(queries, 5, { ef: 9 });
    assertSame(await loaded.search(queries, 5, { ef: 9, threads: 2 }), expected);
  });

  test(`${name}: bad arguments are refused in one line, and an abort ends the search`, async () => {
    const index = await build(2, base);
    const refused = async (options: { ef: number; threads?: number; signal?: AbortSignal }, asked = queries) =>
      (await messageOf(() => index.search(asked, 3, options))).replace(/^(Graph|Nsg)Index\./, '');
    assert.is(
      await refused({ ef: 5, threads: 3 }),
      'search: expected at most 2 threads, as many as the index was made for, got 3.',
    );
    assert.is(await refused({ ef: 0 }), 'search: expected ef to be a whole number from 1, got 0.');
    assert.is(await refused({ ef: 5, threads: 0 }), 'threads: expected a whole number from 1, got 0.');
    assert.is(await refused({ ef: 5 }, normalMatrix(1, 8, 'q')), 'search: expected queries of 9 columns, got 8.');
    assert.is(await refused({ ef: 5, threads: 2, signal: AbortSignal.abort(new Error('enough')) }), 'enough');
  });
}

test('hnsw-sq8: 1, 2 and 5 threads find the same with the same work, over codes of both kinds and over vectors', async () => {
  for (const options of [
    { range: 'dimension' },
    { range: 'uniform' },
    { base: normalMatrix(500, 5, 'full') },
  ] as const) {
    const asked = 'base' in options ? normalMatrix(40, 5, 'asked') : queries;
    const index = await Sq8GraphIndex.build({ graphBase: base, ...options, M: 4, efConstruction: 20, threads: 5 });
    const loaded = loadIndex(index.toArchive(), 'reference', 2);
    assert.ok(loaded.kind === 'hnsw-sq8');
    const expected = await index.search(asked, 5, { ef: 12 });
    for (const threads of [1, 2, 5]) {
      assertSame(await index.search(asked, 5, { ef: 12, threads }), expected);
    }
    assertSame(await loaded.search(asked, 5, { ef: 12, threads: 2 }), expected);
  }
});

test('vectors in several stores are searched by several threads', async () => {
  const split = createVectorStore(500, 9, { storeBytes: 4 * 9 * 200, attachable: 2 });
  assert.ok('parts' in split);
  for (const [place, part] of split.parts.entries())
    part.data.set(base.data.subarray(place * split.parts[0]!.rows * 9).subarray(0, part.data.length));
  const one = await indexes.hnsw(1, base);
  const index = await GraphIndex.build({ base: split, M: 4, efConstruction: 20, threads: 3 });
  const expected = await one.search(queries, 5, { ef: 12 });
  assertSame(await index.search(queries, 5, { ef: 12, threads: 3 }), expected);
});

test.run();
