import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateManifold } from '../../../src/data/manifold.ts';
import { LinkAndCodeIndex, type LinkAndCodeSearchOptions } from '../../../src/index/link-and-code/link-and-code.ts';
import type { LinkAndCodeOptions } from '../../../src/index/link-and-code/link-and-code-build.ts';
import { rotateRows } from '../../../src/quantize/product/rotation.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import { nearest } from '../../../src/tensor/nearest/nearest.ts';
import { checkGraph } from '../../support/graph-invariants.ts';
import { messageOf } from '../../support/rejects.ts';
import { assertSame } from '../../support/same.ts';

const { base, query: queries } = generateManifold({ rows: 800, queries: 80, dim: 24, seed: 3 });
const settings: LinkAndCodeOptions = {
  base,
  m: 4,
  bits: 5,
  nsq: 4,
  words: 32,
  M: 8,
  baseLinks: 6,
  efConstruction: 60,
  rotationRounds: 3,
  regressionRounds: 5,
};
const index = await LinkAndCodeIndex.build(settings);
const faiss = await LinkAndCodeIndex.build({ ...settings, profile: 'faiss' });
const truth = nearest(base, queries, 1).ids.data;

function rotationOf(one: LinkAndCodeIndex): Matrix {
  const { shape, data } = one.toArchive().arrays.get('rotation')!;
  return createMatrix(shape[0]!, shape[1]!, data as Float32Array);
}

/** Squared distances in the rotated space. */
function squared(a: Matrix, row: number, b: Matrix, other: number): number {
  let sum = 0;
  for (let j = 0; j < a.cols; j++) sum += (a.data[row * a.cols + j]! - b.data[other * b.cols + j]!) ** 2;
  return sum;
}

const turned = rotateRows(queries, rotationOf(index));
const decoded = index.quantizer.decode(index.toArchive().arrays.get('codes')!.data as Uint8Array);

/** How often the true nearest is among the first R. */
async function recall(one: LinkAndCodeIndex, R: number, options: LinkAndCodeSearchOptions): Promise<number> {
  const ids = (await one.search(queries, 20, options)).ids.data;
  let found = 0;
  for (let query = 0; query < 80; query++) {
    if (ids.subarray(query * 20, query * 20 + R).includes(truth[query]!)) found++;
  }
  return found / 80;
}

test('refined, vectors lose less than 0.6 of what product codes lose; the error never rises while learning', () => {
  for (const one of [index, faiss]) {
    const { codes, refined } = one.errors(base);
    assert.ok(refined < 0.6 * codes, `${refined} of ${codes}`); // measured: 0.419, 0.427
    const objectives = one.objectives!;
    assert.is(objectives.length, 5);
    assert.ok(objectives[0]! <= codes * (1 + 1e-6));
    for (let i = 1; i < 5; i++) assert.ok(objectives[i]! <= objectives[i - 1]! * (1 + 1e-12));
    assert.ok(refined <= objectives[4]! * (1 + 1e-5), `${refined} ${objectives[4]}`);
  }
});

test('refined distances find the true nearest first more often by at least 0.1', async () => {
  for (const one of [index, faiss]) {
    const plain = await recall(one, 1, { ef: 100, reorder: 0 });
    const results = await recall(one, 1, { ef: 100, reorder: 20 });
    const all = await recall(one, 1, { ef: 100 });
    assert.ok(results >= plain + 0.1 && all >= plain + 0.1, `${plain} ${results} ${all}`); // measured: 0.2 0.5125 0.5125, 0.1375 0.5 0.5
  }
});

test('the first answers do not depend on k, and distances never fall along a row', async () => {
  for (const one of [index, faiss]) {
    for (const reorder of ['all', 0, 60] as const) {
      const most = await one.search(queries, 60, { ef: 100, reorder });
      for (const k of [1, 2, 5, 20]) {
        const found = await one.search(queries, k, { ef: 100, reorder });
        for (let query = 0; query < 80; query++) {
          const of = (table: { cols: number; data: Int32Array | Float32Array }) =>
            Array.from(table.data.subarray(query * table.cols, query * table.cols + k));
          assert.equal(of(found.ids), of(most.ids));
          assertSame(of(found.distances), of(most.distances));
        }
      }
      const { data } = most.distances;
      assert.ok(data.every((distance, i) => i % 60 === 0 || distance >= data[i - 1]!));
    }
  }
});

test('a list of level 0 has at most 6 links, one above at most 8, and lies in the order of the distances between codes', () => {
  for (const one of [index, faiss]) {
    const { graph } = one;
    checkGraph(graph);
    assert.equal([graph.base.capacity, graph.upper.capacity], [6, 8]);
    const vectors = one.quantizer.decode(one.toArchive().arrays.get('codes')!.data as Uint8Array);
    for (let node = 0; node < 800; node++) {
      const list = graph.neighbors(node, 0);
      for (let i = 1; i < list.length; i++) {
        const [a, b] = [squared(vectors, node, vectors, list[i - 1]!), squared(vectors, node, vectors, list[i]!)];
        assert.ok(a <= b * (1 + 1e-5), `${a} ${b}`);
      }
    }
  }
});

test('without reordering, distances are those of the product codes; else the nearest by codes are ranked by refined ones', async () => {
  const plain = await index.search(queries, 60, { ef: 60, reorder: 0 });
  for (const [place, id] of plain.ids.data.entries()) {
    const expected = squared(turned, Math.floor(place / 60), decoded, id);
    assert.ok(Math.abs(plain.distances.data[place]! - expected) <= 1e-4 * (1 + expected));
  }
  assert.is(plain.counts.distances, 80 * index.quantizer.m * index.quantizer.centroids); // entries of the tables
  assert.ok(plain.counts.codes! >= 80 * 60 && plain.counts.codes! <= 80 * index.rows);
  for (const [reorder, count] of [
    [20, 20],
    [33, 33],
    ['all', 60],
    [99, 60],
    [undefined, 60],
  ] as const) {
    const found = await index.search(queries, 20, { ef: 60, ...(reorder === undefined ? {} : { reorder }) });
    for (let query = 0; query < 80; query++) {
      const candidates = [...plain.ids.data.subarray(query * 60, query * 60 + count)];
      const refined = index.reconstruct(candidates);
      const expected = candidates
        .map((id, i) => ({ id, distance: squared(turned, query, refined, i) }))
        .sort((a, b) => a.distance - b.distance || a.id - b.id);
      for (let i = 0; i < 20; i++) {
        const { id, distance } = expected[i]!;
        assert.is(found.ids.data[query * 20 + i], id);
        assert.ok(Math.abs(found.distances.data[query * 20 + i]! - distance) <= 1e-4 * (1 + distance));
      }
    }
    assert.is(found.counts.distances, plain.counts.distances + 80 * count);
    assert.is(found.counts.codes, plain.counts.codes);
    assert.is(found.counts.multiplyAdds, plain.counts.multiplyAdds + 80 * count * 16 * 8);
  }
});

test('with ef of all rows it is the exhaustive search of the codes, where level 0 is connected', async () => {
  const linked = await LinkAndCodeIndex.build({ ...settings, baseLinks: 40, words: 2, regressionRounds: 1 });
  assert.is(linked.statistics().reachableFraction, 1);
  const codes = linked.toArchive().arrays.get('codes')!.data as Uint8Array;
  const coded = rotateRows(queries, rotationOf(linked));
  const found = await linked.search(queries, 50, { ef: 800, reorder: 0 });
  for (let query = 0; query < 80; query++) {
    const distances = linked.quantizer.dtable(coded.data.slice(query * 16, query * 16 + 16)).adist(codes);
    const order = [...distances.keys()].sort((a, b) => distances[a]! - distances[b]! || a - b).slice(0, 50);
    assert.equal([...found.ids.data.subarray(query * 50, query * 50 + 50)], order);
  }
});

test('rows with equal codes are one point of a canonical graph, are all found, and are refined each by its own weights', async () => {
  const twice = createMatrix(600, 24);
  for (let row = 0; row < 600; row++) {
    twice.data.set(base.data.subarray((row % 300) * 24, (row % 300) * 24 + 24), row * 24);
  }
  const copied = await LinkAndCodeIndex.build({ ...settings, base: twice });
  checkGraph(copied.graph);
  assert.ok(copied.statistics().points <= 300);
  const found = await copied.search(queries, 10, { ef: 50, reorder: 0 });
  for (let i = 0; i < 80 * 10; i += 10) {
    const ids = [...found.ids.data.subarray(i, i + 10)];
    assert.is(new Set(ids).size, 10);
    assert.ok(ids.includes((ids[0]! + 300) % 600), `${ids}`);
  }
  const [first, second] = [copied.reconstruct([7]), copied.reconstruct([307])];
  assertSame(first.data, second.data);
  assert.ok(copied.errors(twice).refined < copied.errors(twice).codes);
});

test('saved and read back, it finds the same on both backends, which build the same bits', async () => {
  for (const one of [index, faiss]) {
    for (const backend of ['simd', 'reference'] as const) {
      const again = LinkAndCodeIndex.fromArchive(one.toArchive(), backend);
      assert.equal([again.kind, again.rows, again.dim, again.backend], ['lc', 800, 24, backend]);
      assertSame(await again.search(queries, 20, { ef: 60 }), await one.search(queries, 20, { ef: 60 }));
      assertSame(again.toArchive(), one.toArchive());
      assert.equal(again.statistics(), one.statistics());
      assertSame([again.buildCounts, again.objectives], [undefined, undefined]);
    }
  }
  const small = { ...settings, base: createMatrix(150, 24, base.data.slice(0, 150 * 24)), rotationRounds: 2 };
  const archives = [];
  for (const backend of ['simd', 'reference'] as const) {
    archives.push((await LinkAndCodeIndex.build({ ...small, backend })).toArchive());
  }
  assertSame(archives[0], archives[1]);
  assert.not.equal((await LinkAndCodeIndex.build({ ...small, seed: 2 })).toArchive().arrays, archives[0]!.arrays);
});

test('without rotation; and to as many dimensions as wanted', async () => {
  const plain = await LinkAndCodeIndex.build({ ...settings, opq: false, regressionRounds: 1 });
  assert.equal([plain.quantizer.dim, plain.statistics().rotated], [24, false]);
  assert.ok((await plain.search(queries, 3, { ef: 30 })).ids.data.every((id) => id >= 0));
  const wide = await LinkAndCodeIndex.build({ ...settings, codeDim: 32, rotationRounds: 1, regressionRounds: 1 });
  assert.equal([wide.dim, wide.quantizer.dim, rotationOf(wide).rows], [24, 32, 32]);
  assert.equal([index.quantizer.dim, index.parameters.graphDim], [16, 16]);
  const many = await LinkAndCodeIndex.build({ ...settings, m: 8, rotationRounds: 1, regressionRounds: 1 });
  assert.equal([many.quantizer.dim, rotationOf(many).rows], [24, 24]); // not 4m = 32
  assert.is((await plain.search(createMatrix(0, 24), 3, { ef: 30 })).ids.data.length, 0);
  assert.is((await index.search(createMatrix(0, 24), 3, { ef: 30 })).ids.data.length, 0);
});

test('dimensions and regression codes fit the parts, where they are not given', async () => {
  const { nsq: _, ...given } = settings;
  const free = { ...given, rotationRounds: 1, regressionRounds: 1, efConstruction: 20, words: 2 };
  for (const [m, codeDim, nsq] of [
    [1, 4, 4],
    [2, 8, 8],
    [5, 20, 5],
    [7, 21, 7],
    [11, 22, 2],
    [24, 24, 8],
  ] as const) {
    const statistics = (await LinkAndCodeIndex.build({ ...free, m, bits: 2 })).statistics();
    assert.equal([statistics.codeDim, statistics.nsq], [codeDim, nsq], `${m} parts`);
  }
  const where = 'LinkAndCodeIndex.build: expected';
  assert.is(
    await messageOf(() => LinkAndCodeIndex.build({ ...free, m: 25 })),
    `${where} m of at most the 24 columns, got 25.`,
  );
  assert.is(
    await messageOf(() => LinkAndCodeIndex.build({ ...free, m: 0 })),
    `${where} m to be a whole number from 1, got 0.`,
  );
});

test('statistics count bytes of a vector without and with links', () => {
  const { bytesPerVector, bytes, codeDim, baseLinks, nsq, words, m, bits, rotated } = faiss.statistics();
  assert.equal(bytesPerVector, { codes: 3, refined: 7, withLinks: 31 }); // 4 parts of 5 bits, 4 weights, 6 links
  assert.equal([codeDim, baseLinks, nsq, words, m, bits, rotated], [16, 6, 4, 32, 4, 5, true]);
  const lists = faiss.graph.upper.lists * 8;
  const floats = 32 * 16 + 4 * 32 * 7 + 16 * 24;
  assert.is(bytes, 800 * 31 + 4 * (lists + floats));
});

test('more asked for than there is: -1 fills up', async () => {
  const found = await index.search(queries, 900, { ef: 10, reorder: 'all' });
  assert.is(found.ids.data[899], -1);
  const last = found.ids.data.subarray(0, 900).indexOf(-1);
  const sorted = found.distances.data.subarray(0, last);
  assert.ok(sorted.every((distance, i) => i === 0 || distance >= sorted[i - 1]!));
});

test('progress tells of every step, and an abort ends the building with its reason', async () => {
  const told: string[] = [];
  const onProgress = (step: string, done: number, total: number) => {
    if (done === total) told.push(step);
  };
  const small = { ...settings, base: createMatrix(40, 24, base.data.slice(0, 960)), rotationRounds: 1 };
  await LinkAndCodeIndex.build({ ...small, onProgress });
  assert.equal(told, ['rotation', 'training', 'encoding', 'graph', 'regression', 'refinement']);
  for (const last of ['rotation', 'training', 'graph', 'regression']) {
    const controller = new AbortController();
    const stop = (step: string): void => {
      if (step === last) controller.abort(new Error('enough'));
    };
    assert.is(
      await messageOf(() => LinkAndCodeIndex.build({ ...small, onProgress: stop, signal: controller.signal })),
      'enough',
      last,
    );
  }
});

test('wrong options, queries and rows are refused in one line', async () => {
  const build = (change: object) => messageOf(() => LinkAndCodeIndex.build({ ...settings, ...change }));
  const where = 'LinkAndCodeIndex.build: expected';
  assert.is(await build({ codeDim: 18 }), `${where} m to divide the 18 dimensions (1, 2, 3, 6, 9, 18), got 4.`);
  assert.is(await build({ nsq: 5 }), `${where} nsq to divide the 16 dimensions (1, 2, 4, 8, 16), got 5.`);
  assert.is(await build({ words: 257 }), `${where} words from 1 to 256, got 257.`);
  assert.is(await build({ bits: 9 }), `${where} bits from 1 to 8, got 9.`);
  assert.is(await build({ baseLinks: 0 }), `${where} baseLinks to be a whole number from 1, got 0.`);
  assert.is(await build({ opq: false, codeDim: 16 }), `${where} codeDim 24 without rotation, got 16.`);
  assert.is(await build({ profile: 'hnswlib' }), `${where} profile canonical or faiss, got hnswlib.`);
  assert.is(await build({ base: createMatrix(31, 24) }), `${where} at least 32 rows, got 31.`);
  assert.is(await build({ M: 1 }), 'buildHnsw: expected M to be a whole number from 2, got 1.');
  assert.match(await build({ regressionRounds: 0 }), /^trainRegression: expected rounds/);
  const spoiled = createMatrix(40, 24);
  spoiled.data[25] = Number.NaN;
  assert.is(await build({ base: spoiled }), `${where} finite values, got NaN at row 1, column 1.`);

  const search = (x: Matrix, k: number, options: object) =>
    messageOf(() => index.search(x, k, { ef: 10, ...options } as LinkAndCodeSearchOptions));
  assert.match(await search(queries, 0, {}), /^LinkAndCodeIndex.search: expected k .* got 0\.$/);
  assert.match(await search(queries, 1, { ef: 0 }), /^LinkAndCodeIndex.search: expected ef .* got 0\.$/);
  for (const reorder of [-1, 4, 5.5]) {
    const expected = `LinkAndCodeIndex.search: expected reorder to be 0, a whole number from k = 5, or all, got ${reorder}.`;
    assert.is(await search(queries, 5, { reorder }), expected);
  }
  assert.match(await search(createMatrix(1, 16), 1, {}), /expected queries of 24 columns, got 16/);
  assert.is(
    await messageOf(() => index.reconstruct([800])),
    'LinkAndCodeIndex.reconstruct: expected rows from 0 to 799, got 800.',
  );
  assert.is(await messageOf(() => index.errors(queries)), 'LinkAndCodeIndex.errors: expected 800 x 24, got 80 x 24.');
});

test.run();
