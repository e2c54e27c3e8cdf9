import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { intersectionAt, recallAt } from '../../../src/eval/recall.ts';
import { NSG_PROFILES } from '../../../src/graph/nsg/profile.ts';
import { FlatIndex } from '../../../src/index/flat-index.ts';
import type { NeighborGraph } from '../../../src/index/graph/nsg-archive.ts';
import {
  defaultNeighborGraph,
  NsgIndex,
  type NsgIndexOptions,
  type NsgPhase,
} from '../../../src/index/graph/nsg-index.ts';
import { loadIndex } from '../../../src/pipeline/load-index.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import type { JsonValue } from '../../../src/tensor/named-arrays.ts';
import type { Ids } from '../../../src/tensor/nearest/neighbors.ts';
import { changed, spoiledArrays } from '../../support/changed-archive.ts';
import { checkGraph, graphContents } from '../../support/graph-invariants.ts';
import { narrowed, normalMatrix } from '../../support/normals.ts';
import { messageOf } from '../../support/rejects.ts';
import { assertSame } from '../../support/same.ts';

const PAD = Math.fround(3.4028235e38);

const base = normalMatrix(800, 12, 'base');
const queries = normalMatrix(150, 12, 'queries');
const descent: NeighborGraph = { method: 'nn-descent', K: 20, L: 40, iter: 6, S: 8, R: 40 };
const options: NsgIndexOptions = { base, R: 16, L: 40, C: 80, neighborGraph: descent };
const truth = await new FlatIndex(base).search(queries, 10);
const recall = (ids: Ids): number => recallAt(ids, truth.ids, 1);

const message = (run: () => unknown) => messageOf(run, RangeError);

test('finds 0.98 of the true nearest with ef = 60 in both profiles, more with more ef, in fewer distances than rows', async () => {
  for (const profile of NSG_PROFILES) {
    const index = await NsgIndex.build({ ...options, profile });
    const few = await index.search(queries, 5, { ef: 5 });
    const many = await index.search(queries, 5, { ef: 60 });
    const found = await index.search(queries, 10, { ef: 60 });
    assert.ok(recall(found.ids) > 0.98); // 1.0000, 1.0000
    assert.ok(few.counts.distances < many.counts.distances && few.counts.hops < many.counts.hops);
    assert.ok(found.counts.distances < queries.rows * base.rows);
    assert.is(found.counts.multiplyAdds, 12 * found.counts.distances);
    assert.is(index.statistics().reachableFraction, 1);
  }
});

test('groups far from all others are found: the search begins at random points, too', async () => {
  const groups = normalMatrix(1800, 8, 'groups');
  const centers = normalMatrix(30, 8, 'centers of groups');
  groups.data.forEach((x, i) => {
    groups.data[i] = x + 10 * centers.data[(Math.floor(i / 8) % 30) * 8 + (i % 8)]!;
  });
  const exact = await new FlatIndex(groups).search(groups, 10);
  const index = await NsgIndex.build({ base: groups, R: 16, L: 40, C: 80 });
  const [few, some, many] = await Promise.all(
    [10, 50, 200].map(async (ef) => intersectionAt((await index.search(groups, 10, { ef })).ids, exact.ids, 10)),
  );
  // From the navigating point alone 0.56, 0.71 and 0.91; in profile faiss 0.71, 0.97 and 1.
  assert.ok(few! > 0.73 && some! > 0.97 && many === 1, `${few} ${some} ${many}`);
});

test('ef of at least the rows: exact, canonical', async () => {
  const index = await NsgIndex.build(options);
  const found = await index.search(queries, 10, { ef: 5000 });
  assert.equal(found.ids, truth.ids);
  assertSame(found.distances, truth.distances);
});

test('built on 6 of 12 numbers, searched over all: 0.9 of the true nearest; the same as over(base)', async () => {
  const graphBase = narrowed(base, 6);
  const index = await NsgIndex.build({ ...options, graphBase });
  const found = await index.search(queries, 10, { ef: 60, trace: true });
  assert.ok(recall(found.ids) > 0.9); // 0.92
  assert.equal([index.dim, index.rows, index.parameters.graphDim], [12, 800, 6]);
  const swapped = (await NsgIndex.build({ ...options, base: graphBase })).over(base);
  assertSame(await swapped.search(queries, 10, { ef: 60, trace: true }), found);
  assert.is(
    found.traces!.reduce((hops, { ids }) => hops + ids.length, 0),
    found.counts.hops,
  );
});

test('the same graph and answers again and on both backends; the order of queries changes nothing', async () => {
  for (const profile of NSG_PROFILES) {
    const index = await NsgIndex.build({ ...options, profile });
    const found = await index.search(queries, 10, { ef: 30 });
    const reference = await NsgIndex.build({ ...options, profile, backend: 'reference' });
    assert.is(reference.backend, 'reference');
    assertSame(reference.toArchive(), index.toArchive());
    assert.equal(reference.buildCounts, index.buildCounts);
    assertSame(await reference.search(queries, 10, { ef: 30 }), found);
    for (const query of [149, 0, 7]) {
      const alone = await index.search(createMatrix(1, 12, queries.data.slice(12 * query, 12 * query + 12)), 10, {
        ef: 30,
      });
      assert.equal(alone.ids.data, found.ids.data.subarray(10 * query, 10 * query + 10));
    }
  }
});

test('the work of building is counted apart for the k-NN graph and the NSG', async () => {
  const seen: [NsgPhase, number][] = [];
  const exact = await NsgIndex.build({
    ...options,
    graphBase: narrowed(base, 5),
    neighborGraph: { method: 'exact', K: 20 },
    onProgress: (done, total, phase) => seen.push([phase, done / total]),
  });
  const counts = exact.buildCounts!;
  assert.equal(counts.neighborGraph, { distances: 800 * 800, multiplyAdds: 5 * 800 * 800 });
  assert.ok(counts.nsg.distances > 0 && counts.nsg.multiplyAdds === 5 * counts.nsg.distances);
  for (const phase of ['k-NN graph', 'NSG'] as const) assert.is(seen.filter(([name]) => name === phase).at(-1)![1], 1);
  const found = await NsgIndex.build(options);
  assert.ok(found.buildCounts!.neighborGraph.distances > 0);
  assert.is(found.buildCounts!.nsg.multiplyAdds, 12 * found.buildCounts!.nsg.distances);
});

test("without parameters: the paper's", async () => {
  const index = await NsgIndex.build({ base: normalMatrix(300, 4, 'few') });
  const { R, L, C, profile, neighborGraph } = index.parameters;
  assert.equal({ R, L, C, profile }, { R: 60, L: 70, C: 500, profile: 'canonical' });
  assert.equal(neighborGraph, { method: 'exact', K: 200 });
  assert.is(defaultNeighborGraph(20000).method, 'exact');
  assert.equal(defaultNeighborGraph(20001), { method: 'nn-descent', K: 200, L: 250, iter: 10, S: 12, R: 100 });
});

test('fewer than k rows: -1 and the largest float32', async () => {
  for (const profile of NSG_PROFILES) {
    for (const rows of [0, 1, 2, 3]) {
      const few = createMatrix(rows, 1, Float32Array.of(1, 2, 3).slice(0, rows));
      for (const neighborGraph of [descent, defaultNeighborGraph(rows)]) {
        const index = await NsgIndex.build({ base: few, profile, neighborGraph });
        const found = await index.search(createMatrix(1, 1), 4, { ef: 1 });
        assert.equal([...found.ids.data], [0, 1, 2].slice(0, rows).concat([-1, -1, -1, -1].slice(rows)));
        assertSame([...found.distances.data], [1, 4, 9].slice(0, rows).concat([PAD, PAD, PAD, PAD].slice(rows)));
        assertSame(NsgIndex.fromArchive(index.toArchive()).toArchive(), index.toArchive());
      }
    }
  }
});

test('20 vectors, 50 copies of each: every row is reachable and all rows can be found', async () => {
  const originals = normalMatrix(20, 4, 'originals');
  const copies = createMatrix(1000, 4);
  for (let row = 0; row < 1000; row++) {
    copies.data.set(originals.data.subarray((row % 20) * 4, (row % 20) * 4 + 4), row * 4);
  }
  for (const neighborGraph of [descent, { method: 'exact', K: 20 } as const]) {
    const index = await NsgIndex.build({ base: copies, R: 8, L: 40, C: 100, neighborGraph });
    checkGraph(index.graph);
    const { points, reachableFraction, degrees } = index.statistics();
    assert.equal([points, reachableFraction], [1000, 1]);
    assert.ok(degrees.length - 1 <= 9, 'one more link than R at most');
    const found = await index.search(originals, 60, { ef: 1000 });
    assert.equal(found.ids, (await new FlatIndex(copies).search(originals, 60)).ids);
    assertSame(loadIndex(index.toArchive()).toArchive(), index.toArchive());
  }
});

test('saved and read back: the same graph, parameters, answers and archive, in both profiles', async () => {
  for (const profile of NSG_PROFILES) {
    const index = await NsgIndex.build({ ...options, R: 4, L: 10, C: 12, profile, graphBase: narrowed(base, 8) });
    const archive = index.toArchive();
    const again = loadIndex(archive);
    if (again.kind !== 'nsg') throw new Error(again.kind);
    assert.equal(graphContents(again.graph), graphContents(index.graph));
    assert.equal(again.parameters, index.parameters);
    const { attached } = index.parameters;
    assert.equal(again.parameters, { R: 4, L: 10, C: 12, profile, neighborGraph: descent, graphDim: 8, attached });
    assertSame(again.toArchive(), archive);
    assert.is(again.buildCounts, undefined);
    assertSame(await again.search(queries, 10, { ef: 30 }), await index.search(queries, 10, { ef: 30 }));
  }
});

test('wrong input is refused in one line, before the k-NN graph is made', async () => {
  const small = createMatrix(3, 2, Float32Array.of(0, 1, 2, 3, 4, 5));
  const spoiled = createMatrix(3, 2, Float32Array.of(0, 1, 2, Number.NaN, 4, 5));
  const onProgress = (): void => assert.unreachable();
  const build = (changes: Partial<NsgIndexOptions>) => NsgIndex.build({ base: small, onProgress, ...changes });
  const index = await NsgIndex.build({ base: small });
  const says = async (run: () => unknown, expected: string) => assert.is(await message(run), expected);
  const nan = 'expected finite values, got NaN at row 1, column 1.';
  const largest = 2 ** 31 - 1;
  await says(() => build({ graphBase: createMatrix(2, 2) }), 'NsgIndex.build: expected a graph base of 3 rows, got 2.');
  await says(() => build({ base: spoiled }), `NsgIndex.build: ${nan}`);
  await says(() => build({ graphBase: spoiled }), `NsgIndex.build: ${nan}`);
  await says(() => build({ R: 0 }), 'buildNsg: expected R to be a whole number from 1, got 0.');
  await says(
    () => build({ profile: 'x' as 'faiss' }),
    'buildNsg: expected profile to be one of canonical, faiss, got x.',
  );
  await says(
    () => build({ neighborGraph: { method: 'exact', K: 0.5 } }),
    `NsgIndex.build: expected "K" to be an integer from 1 to ${largest}, got 0.5.`,
  );
  await says(
    () => build({ neighborGraph: { ...descent, L: 19 } as NeighborGraph }),
    `NsgIndex.build: expected "L" to be an integer from 20 to ${largest}, got 19.`,
  );
  await says(
    () => build({ neighborGraph: { ...descent, method: 'x' } as unknown as NeighborGraph }),
    'NsgIndex.build: expected "method" to be one of exact, nn-descent, got "x".',
  );
  await says(() => index.over(createMatrix(2, 2)), 'NsgIndex.over: expected 3 rows, got 2.');
  await says(() => index.over(spoiled), `NsgIndex.over: ${nan}`);
  const search = (matrix: Matrix, k: number, ef: number) => () => index.search(matrix, k, { ef });
  await says(search(createMatrix(1, 3), 1, 1), 'NsgIndex.search: expected queries of 2 columns, got 3.');
  await says(search(spoiled, 1, 1), `NsgIndex.search: ${nan}`);
  await says(search(small, 1.5, 1), 'NsgIndex.search: expected k to be a whole number from 1, got 1.5.');
  await says(search(small, 1, 0), 'NsgIndex.search: expected ef to be a whole number from 1, got 0.');
});

test('a build is stopped in both phases', async () => {
  for (const phase of ['k-NN graph', 'NSG'] as const) {
    const controller = new AbortController();
    const stop = new Error('enough');
    const wide = normalMatrix(1500, 256, 'wide');
    const building = NsgIndex.build({
      base: wide,
      neighborGraph: { method: 'exact', K: 20 },
      signal: controller.signal,
      onProgress: (done, total, now) => {
        if (now === phase && done < total) controller.abort(stop);
      },
    });
    await building.then(
      () => assert.unreachable(),
      (error) => assert.is(error, stop),
    );
  }
});

// ---- archives

const small = createMatrix(5, 1, Float32Array.of(0, 1, 2, 1, 5));
const made = (profile: 'canonical' | 'faiss') =>
  NsgIndex.build({ base: small, R: 2, L: 4, C: 4, profile, neighborGraph: { ...descent, K: 2 } });
const archives = { canonical: (await made('canonical')).toArchive(), faiss: (await made('faiss')).toArchive() };

const line = (error: Error): boolean =>
  error instanceof RangeError && /^NSG index(, k-NN graph)?: expected [^\n]*\.$/.test(error.message);

test('an archive without one of its parameters, or with a wrong one, is refused in one line', () => {
  const free = ['L', 'C', 'graphDim'];
  for (const name of Object.keys(archives.canonical.parameters)) {
    for (const value of [undefined, null, -7, 1e9, 0.5, [], {}, 'x']) {
      if (free.includes(name) && value === 1e9) continue;
      const archive = changed(archives.canonical, (parameters) => {
        if (value === undefined) delete parameters[name];
        else parameters[name] = value;
      });
      assert.throws(() => loadIndex(archive), line, `${name}: ${JSON.stringify(value)}`);
    }
  }
  for (const name of ['method', 'K', 'L', 'iter', 'S', 'R']) {
    for (const value of [null, -7, 0.5, 'x']) {
      const archive = changed(archives.canonical, (parameters) => {
        (parameters['neighborGraph'] as Record<string, JsonValue>)[name] = value;
      });
      assert.throws(() => loadIndex(archive), line, `${name}: ${value}`);
    }
  }
});

test('arrays that are missing, of another type or shape, or not finite are refused in one line', () => {
  for (const name of archives.canonical.arrays.keys()) {
    const changes = spoiledArrays(name, archives.canonical.arrays.get(name)!);
    for (const change of changes) {
      assert.throws(() => loadIndex(changed(archives.canonical, (_, arrays) => change(arrays))), line);
    }
  }
  const spoiled = changed(archives.canonical, (_, arrays) => {
    arrays.get('vectors')!.data[2] = Number.POSITIVE_INFINITY;
  });
  assert.throws(() => loadIndex(spoiled), /^NSG index: expected finite values, got Infinity at row 2, column 0\.$/);
  assert.throws(() => NsgIndex.fromArchive({ ...archives.faiss, kind: 'flat' }), /expected kind nsg, got flat\.$/);
});

test('lists may be longer than what a call measures for ordinary sizes', async () => {
  const line = createMatrix(
    700,
    1,
    Float32Array.from({ length: 700 }, (_, i) => i),
  );
  for (const R of [511, 512, 600]) {
    const index = await NsgIndex.build({ base: line, R, L: 5, C: 5, neighborGraph: { method: 'exact', K: 3 } });
    assert.is(index.statistics().unreachable, 0);
  }
});

test('every change of one link is refused or still searchable; repeated links only in the faiss profile', async () => {
  for (const [profile, archive] of Object.entries(archives)) {
    const { data, shape } = archive.arrays.get('links')!;
    const width = shape[1]!;
    for (let place = 0; place < data.length; place++) {
      for (const value of [-2, -1, 0, 1, 2, 3, 4, 5, 2 ** 31 - 1]) {
        const spoiled = changed(archive, (_, arrays) => {
          arrays.get('links')!.data[place] = value;
        });
        const row = spoiled.arrays
          .get('links')!
          .data.slice(Math.floor(place / width) * width)
          .subarray(0, width);
        const links = [...row].filter((id) => id >= 0);
        const isRepeated = new Set(links).size < links.length || links.includes(Math.floor(place / width));
        const read = (): NsgIndex => loadIndex(spoiled) as NsgIndex;
        if (value < -1 || value > 4 || (profile === 'canonical' && isRepeated)) assert.throws(read, line);
        else if (row.indexOf(-1) < 0 || row.lastIndexOf(-1) === width - 1) {
          await read().search(createMatrix(1, 1), 5, { ef: 5 });
        } else assert.throws(read, line);
      }
    }
  }
});

test.run();
