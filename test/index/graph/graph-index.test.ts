import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HNSW_PROFILES } from '../../../src/graph/hnsw/profile.ts';
import { FlatIndex } from '../../../src/index/flat-index.ts';
import { GraphIndex, type GraphIndexOptions } from '../../../src/index/graph/graph-index.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { checkGraph, graphContents } from '../../support/graph-invariants.ts';
import { narrowed, normalMatrix } from '../../support/normals.ts';
import { messageOf } from '../../support/rejects.ts';
import { assertSame } from '../../support/same.ts';

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/hnsw-16.json', import.meta.url), 'utf8'));
const PAD = Math.fround(3.4028235e38);

const base = normalMatrix(1500, 16, 'base');
const queries = normalMatrix(200, 16, 'queries');
const truth = await new FlatIndex(base).search(queries, 10);

/** The share of the true 10 nearest that was found. */
function recall(ids: Int32Array): number {
  let found = 0;
  for (let i = 0; i < ids.length; i++) {
    const begin = i - (i % 10);
    if (truth.ids.data.subarray(begin, begin + 10).includes(ids[i]!)) found++;
  }
  return found / ids.length;
}

test('the 16 points: exact queries in both library profiles, and the nearest for every ef', async () => {
  const points = createMatrix(16, 2, Float32Array.from(fixture.points.flat()));
  for (const profile of ['faiss', 'hnswlib'] as const) {
    const index = await GraphIndex.build({ base: points, M: 2, efConstruction: 8, profile });
    for (const { query, ids, squared } of fixture.queries) {
      const at = createMatrix(1, 2, Float32Array.from(query));
      const found = await index.search(at, 3, { ef: 16 });
      assert.equal([...found.ids.data], ids);
      assertSame([...found.distances.data], squared);
      for (let ef = 1; ef <= 16; ef++) assert.is((await index.search(at, 1, { ef })).ids.data[0], ids[0]);
    }
  }
});

test('search finds 0.98 of the true 10 nearest at ef = 40 and 0.999 at ef = 160, in every profile', async () => {
  for (const profile of HNSW_PROFILES) {
    const index = await GraphIndex.build({ base, M: 12, efConstruction: 80, profile });
    checkGraph(index.graph);
    const few = recall((await index.search(queries, 10, { ef: 40 })).ids.data);
    const many = recall((await index.search(queries, 10, { ef: 160 })).ids.data);
    assert.ok(few >= 0.98, `${profile}: ${few}`); // measured: 0.9955, 0.996, 0.9955
    assert.ok(many >= 0.999, `${profile}: ${many}`); // measured: 1, 1, 1
  }
});

test('ef of at least n is brute force, where level 0 is connected', async () => {
  const few = createMatrix(300, 16, base.data.slice(0, 300 * 16));
  const index = await GraphIndex.build({ base: few, M: 12, efConstruction: 80 });
  assert.is(index.statistics().reachableFraction, 1);
  const exact = await new FlatIndex(few).search(queries, 300);
  const found = await index.search(queries, 300, { ef: 300 });
  assert.equal(found.ids, exact.ids);
  assertSame(found.distances, exact.distances);
});

test('built on one matrix, searched over another: distances are those of the full vectors', async () => {
  const compressed = narrowed(base, 12);
  const index = await GraphIndex.build({ base, graphBase: compressed, M: 12, efConstruction: 80 });
  const alone = await GraphIndex.build({ base: compressed, M: 12, efConstruction: 80 });
  assert.equal(graphContents(index.graph), graphContents(alone.graph));
  assert.equal([index.dim, index.parameters.graphDim, alone.dim], [16, 12, 12]);
  const found = await index.search(queries, 10, { ef: 160 });
  assert.ok(recall(found.ids.data) >= 0.95, `${recall(found.ids.data)}`);
  assertSame(await alone.over(base).search(queries, 10, { ef: 160 }), found);
  for (let i = 0; i < 10; i++) {
    const place = truth.ids.data.indexOf(found.ids.data[i]!);
    if (place >= 0 && place < 10) assert.is(found.distances.data[i], truth.distances.data[place]);
  }
});

test('counts are the work of the search, the same for each query alone and on each backend', async () => {
  const index = await GraphIndex.build({ base, M: 8, efConstruction: 40, backend: 'simd' });
  const all = await index.search(queries, 10, { ef: 50, trace: true });
  const sum = { distances: 0, multiplyAdds: 0, hops: 0 };
  for (let query = queries.rows - 1; query >= 0; query--) {
    const one = createMatrix(1, 16, queries.data.slice(query * 16, query * 16 + 16));
    const found = await index.search(one, 10, { ef: 50 });
    assert.equal(found.ids.data, all.ids.data.slice(query * 10, query * 10 + 10));
    sum.distances += found.counts.distances;
    sum.multiplyAdds += found.counts.multiplyAdds;
    sum.hops += found.counts.hops;
  }
  assert.equal(sum, all.counts);
  assert.is(index.buildCounts!.multiplyAdds, 16 * index.buildCounts!.distances);
  assert.is(GraphIndex.fromArchive(index.toArchive()).buildCounts, undefined);
  assert.is(all.counts.multiplyAdds, 16 * all.counts.distances);
  assert.is(all.traces!.length, queries.rows);
  assert.is(
    all.traces!.reduce((hops, trace) => hops + trace.ids.length, 0),
    all.counts.hops,
  );
  const reference = GraphIndex.fromArchive(index.toArchive(), 'reference');
  assert.is(reference.backend, 'reference');
  assertSame(await reference.search(queries, 10, { ef: 50, trace: true }), all);
});

test('fewer than k rows: -1 and the largest float32', async () => {
  const three = createMatrix(3, 1, Float32Array.of(1, 2, 3));
  for (const profile of HNSW_PROFILES) {
    const index = await GraphIndex.build({ base: three, M: 4, efConstruction: 10, profile });
    const found = await index.search(createMatrix(1, 1), 5, { ef: 1 });
    assert.equal([...found.ids.data], [0, 1, 2, -1, -1]);
    assertSame([...found.distances.data], [1, 4, 9, PAD, PAD]);
    const empty = await GraphIndex.build({ base: createMatrix(0, 1), M: 4, efConstruction: 10, profile });
    assert.equal([...(await empty.search(createMatrix(1, 1), 2, { ef: 3 })).ids.data], [-1, -1]);
  }
});

test('20 vectors, 50 copies of each: canonical finds all copies, and reaches every point', async () => {
  const originals = normalMatrix(20, 4, 'originals');
  const copies = createMatrix(1000, 4);
  for (let row = 0; row < 1000; row++)
    copies.data.set(originals.data.subarray((row % 20) * 4, (row % 20) * 4 + 4), row * 4);
  const index = await GraphIndex.build({ base: copies, M: 8, efConstruction: 40 });
  checkGraph(index.graph);
  assert.equal([index.statistics().points, index.statistics().reachableFraction], [20, 1]);
  const found = await index.search(originals, 60, { ef: 60 });
  const exact = await new FlatIndex(copies).search(originals, 60);
  assert.equal(found.ids, exact.ids);
  assertSame(found.distances, exact.distances);
  const again = GraphIndex.fromArchive(index.toArchive());
  assertSame(await again.search(originals, 60, { ef: 60 }), found);

  const faiss = await GraphIndex.build({ base: copies, M: 8, efConstruction: 40, profile: 'faiss' });
  assert.ok(faiss.statistics().reachableFraction < 0.2, 'the weakness that the canonical profile avoids');
});

test('the work of building stays what it was, however much is searched', async () => {
  const index = await GraphIndex.build({ base: createMatrix(20, 16), M: 4, efConstruction: 10, profile: 'faiss' });
  const before = { ...index.buildCounts! };
  assert.ok(before.distances > 0);
  await index.search(queries, 5, { ef: 10 });
  assert.equal(index.buildCounts, before);
});

test('vectors that only compression makes equal are measured apart', async () => {
  const full = createMatrix(600, 2);
  for (let row = 0; row < 600; row++) full.data.set([row % 30, Math.floor(row / 30)], 2 * row);
  const index = await GraphIndex.build({ base: full, graphBase: narrowed(full, 1), M: 6, efConstruction: 30 });
  const at = createMatrix(1, 2, Float32Array.of(7.25, 11.375));
  const exact = (await new FlatIndex(full).search(at, 3)).ids;
  assert.equal((await index.search(at, 3, { ef: 10 })).ids, exact);
  const alone = await GraphIndex.build({ base: narrowed(full, 1), M: 6, efConstruction: 30 });
  assert.is(alone.statistics().points, 30);
  assert.equal((await alone.over(full).search(at, 3, { ef: 10 })).ids, exact);
});

test('saved and read back: the same graph, parameters, answers and archive', async () => {
  const options = {
    base,
    graphBase: narrowed(base, 8),
    M: 7,
    efConstruction: 33,
    seed: 'a',
    keepPrunedConnections: true,
  };
  const index = await GraphIndex.build(options);
  const archive = index.toArchive();
  const again = GraphIndex.fromArchive(archive);
  assert.equal(graphContents(again.graph), graphContents(index.graph));
  assert.equal(again.parameters, index.parameters);
  assert.equal(again.parameters, {
    M: 7,
    efConstruction: 33,
    profile: 'canonical',
    seed: 'a',
    extendCandidates: false,
    keepPrunedConnections: true,
    graphDim: 8,
  });
  assertSame(again.toArchive(), archive);
  assertSame(await again.search(queries, 10, { ef: 30 }), await index.search(queries, 10, { ef: 30 }));
});

test('search reports its progress', async () => {
  const index = await GraphIndex.build({ base: createMatrix(2, 16), M: 4, efConstruction: 4 });
  const seen: number[] = [];
  await index.search(queries, 1, { ef: 1, onProgress: (done) => seen.push(done) });
  assert.is(seen.at(-1), queries.rows);
});

test('wrong input is refused in one line', async () => {
  const small = createMatrix(3, 2, Float32Array.of(0, 1, 2, 3, 4, 5));
  const build = (options: Partial<GraphIndexOptions>) =>
    GraphIndex.build({ base: small, M: 4, efConstruction: 4, ...options });
  const index = await build({});
  const spoiled = createMatrix(3, 2, Float32Array.of(0, 1, 2, Number.NaN, 4, 5));
  const says = async (run: () => unknown, expected: string) => assert.is(await messageOf(run), expected);
  await says(
    () => build({ graphBase: createMatrix(2, 2) }),
    'GraphIndex.build: expected a graph base of 3 rows, got 2.',
  );
  await says(() => build({ base: spoiled }), 'GraphIndex.build: expected finite values, got NaN at row 1, column 1.');
  await says(
    () => build({ graphBase: spoiled }),
    'GraphIndex.build: expected finite values, got NaN at row 1, column 1.',
  );
  await says(() => build({ M: 0 }), 'buildHnsw: expected M to be a whole number from 2, got 0.');
  await says(() => index.over(createMatrix(2, 2)), 'GraphIndex.over: expected 3 rows, got 2.');
  await says(
    () => index.search(createMatrix(1, 3), 1, { ef: 1 }),
    'GraphIndex.search: expected queries of 2 columns, got 3.',
  );
  await says(
    () => index.search(spoiled, 1, { ef: 1 }),
    'GraphIndex.search: expected finite values, got NaN at row 1, column 1.',
  );
  await says(
    () => index.search(small, 1.5, { ef: 1 }),
    'GraphIndex.search: expected k to be a whole number from 1, got 1.5.',
  );
  await says(
    () => index.search(small, 1, { ef: 0 }),
    'GraphIndex.search: expected ef to be a whole number from 1, got 0.',
  );
});

test.run();
