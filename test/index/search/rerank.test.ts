import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FlatIndex } from '../../../src/index/flat-index.ts';
import { GraphIndex } from '../../../src/index/graph/graph-index.ts';
import { GraphSearcher } from '../../../src/index/graph/graph-searcher.ts';
import type { QueryEncoder } from '../../../src/index/search/query-encoder.ts';
import type { SearchOptions } from '../../../src/index/search/search-options.ts';
import type { SearchResult } from '../../../src/index/search/search-result.ts';
import { loadIndex } from '../../../src/pipeline/load-index.ts';
import { scalarCodeSet } from '../../../src/quantize/scalar/scalar-code-set.ts';
import { ScalarQuantizer } from '../../../src/quantize/scalar/scalar-quantizer.ts';
import { createMatrix, firstRows, type Matrix, viewRows } from '../../../src/tensor/matrix.ts';
import { narrowed, normalMatrix } from '../../support/normals.ts';
import { messageOf, rejects } from '../../support/rejects.ts';
import { assertSame } from '../../support/same.ts';

const WHERE = 'GraphIndex.search';

const base = normalMatrix(600, 12, 'base');
const queries = normalMatrix(40, 12, 'queries');
const walkBase = narrowed(base, 6);
const walkQueries = narrowed(queries, 6);
const queryEncoder: QueryEncoder = { dIn: 12, dOut: 6, encode: (asked) => narrowed(asked, 6) };
const index = await GraphIndex.build({ base, walkBase, queryEncoder, M: 10, efConstruction: 80 });
const compressed = await GraphIndex.build({ base: walkBase, M: 10, efConstruction: 80 });

/** A walk over the codes in TypeScript: there is no room for the links beside them. */
function walk(k: number, ef: number): SearchResult {
  const quantizer = ScalarQuantizer.train(walkBase, 'uniform');
  const codes = scalarCodeSet(quantizer, quantizer.encode(walkBase));
  return new GraphSearcher({ graph: compressed.graph, points: codes }).search(walkQueries, k, ef);
}

function rowsOf(ids: Int32Array, k: number): number[][] {
  return Array.from({ length: ids.length / k }, (_, row) => [...ids.subarray(row * k, (row + 1) * k)]);
}

test('with ef and rerank of all rows it is brute force over the full vectors', async () => {
  assert.is(index.statistics().reachableFraction, 1);
  const found = await index.search(queries, 10, { ef: 600, rerank: 600 });
  const exact = await new FlatIndex(base).search(queries, 10);
  assert.equal(found.ids, exact.ids);
  assertSame(found.distances, exact.distances);
});

test('with rerank = k the survivors are those of the walk, in the order of their full vectors', async () => {
  const found = await index.search(queries, 10, { ef: 50, rerank: 10 });
  const walked = walk(10, 50);
  const sorted = (rows: number[][]) => rows.map((row) => row.sort((a, b) => a - b));
  assertSame(sorted(rowsOf(found.ids.data, 10)), sorted(rowsOf(walked.ids.data, 10)));
  for (let i = 1; i < found.distances.data.length; i++) {
    assert.ok(i % 10 === 0 || found.distances.data[i - 1]! <= found.distances.data[i]!);
  }
  const full = new Map(rowsOf((await new FlatIndex(base).search(queries, 600)).ids.data, 600).entries());
  for (const [query, row] of rowsOf(found.ids.data, 10).entries()) {
    const places = row.map((id) => full.get(query)!.indexOf(id));
    assert.equal(
      places,
      [...places].sort((a, b) => a - b),
    );
  }
});

test('counts: distances between full vectors, at most rerank a query, and those of the walk', async () => {
  const { counts } = await index.search(queries, 10, { ef: 50, rerank: 30 });
  const walked = walk(30, 50).counts;
  assert.equal(counts, {
    distances: 40 * 30,
    walkDistances: walked.distances,
    hops: walked.hops,
    multiplyAdds: walked.multiplyAdds + 40 * 30 * 12,
  });
});

test('rerank beyond ef ranks the ef survivors, and no more', async () => {
  const all = await index.search(queries, 5, { ef: 20, rerank: 20 });
  assertSame(await index.search(queries, 5, { ef: 20, rerank: 1000 }), all);
  assert.is(all.counts.distances, 40 * 20);
});

test('the graph is built on the walked vectors unless another base is given; a search over full vectors stays as it is', async () => {
  assert.equal([index.dim, index.walkDim, index.parameters.graphDim], [12, 6, 6]);
  const usual = await GraphIndex.build({ base, graphBase: walkBase, M: 10, efConstruction: 80 });
  assert.is(usual.walkDim, undefined);
  assertSame(await index.search(queries, 10, { ef: 40 }), await usual.search(queries, 10, { ef: 40 }));
  const onFull = await GraphIndex.build({ base, graphBase: base, walkBase, M: 10, efConstruction: 80 });
  assert.equal([onFull.walkDim, onFull.parameters.graphDim], [6, 12]);
});

test('saved and loaded, it searches as before, on either backend, once it has its query encoder again', async () => {
  const expected = await index.search(queries, 7, { ef: 30, rerank: 20 });
  const archive = index.toArchive();
  for (const backend of ['simd', 'reference'] as const) {
    const again = loadIndex(archive, backend);
    assert.is(again.kind, 'hnsw');
    if (again.kind !== 'hnsw') continue;
    await rejects(
      () => again.search(queries, 7, { ef: 30, rerank: 20 }),
      'GraphIndex.search: expected a query encoder to re-rank, got none.',
    );
    again.attachQueryEncoder(queryEncoder);
    assertSame(await again.search(queries, 7, { ef: 30, rerank: 20 }), expected);
  }
  const other = index.over(base);
  assertSame(await other.search(queries, 7, { ef: 30, rerank: 20 }), expected);
  const { arrays, ...rest } = archive;
  for (const missing of ['walkCodes', 'minima', 'spans']) {
    const without = new Map([...arrays].filter(([name]) => name !== missing));
    assert.throws(() => loadIndex({ ...rest, arrays: without }), new RegExp(`HNSW index: .*${missing}`));
  }
});

test('each of many queries is answered as if it were asked alone', async () => {
  const many = normalMatrix(300, 12, 'many');
  const found = await index.search(many, 3, { ef: 20, rerank: 10 });
  for (let query = 0; query < many.rows; query++) {
    const alone = await index.search(viewRows(many, query, 1), 3, { ef: 20, rerank: 10 });
    assertSame(found.ids.data.slice(3 * query, 3 * query + 3), alone.ids.data, `query ${query}`);
  }
  const shared = loadIndex(index.toArchive(), 'auto', 2);
  assert.ok(shared.kind === 'hnsw');
  shared.attachQueryEncoder(queryEncoder);
  assertSame(await shared.search(many, 3, { ef: 20, rerank: 10, threads: 2 }), found);
});

test('identical vectors: all copies are found', async () => {
  const twice = createMatrix(1200, 12, Float32Array.of(...base.data, ...base.data));
  const narrow = narrowed(twice, 6);
  const copies = await GraphIndex.build({ base: twice, walkBase: narrow, queryEncoder, M: 10, efConstruction: 80 });
  const { ids } = await copies.search(queries, 4, { ef: 1200, rerank: 1200 });
  assert.equal(ids, (await new FlatIndex(twice).search(queries, 4)).ids);
});

test('1, 2 and 3 threads find the same with the same work', async () => {
  const options = { ef: 30, rerank: 20 };
  const expected = await index.search(queries, 7, options);
  const loaded = loadIndex(index.toArchive(), 'auto', 3);
  const plain = loadIndex(index.toArchive(), 'reference', 2);
  assert.ok(loaded.kind === 'hnsw' && plain.kind === 'hnsw');
  for (const one of [loaded, plain]) one.attachQueryEncoder(queryEncoder);
  for (const threads of [1, 2, 3]) {
    assertSame(await loaded.search(queries, 7, { ...options, threads }), expected);
  }
  assertSame(await plain.search(queries, 7, { ...options, threads: 2 }), expected);
  const message = (threads: number, of: GraphIndex, rerank = 20) =>
    messageOf(() => of.search(of === compressed ? walkQueries : queries, 7, { ef: 30, rerank, threads }));
  assert.is(
    await message(4, loaded),
    'GraphIndex.search: expected at most 3 threads, as many as the index was made for, got 4.',
  );
  assert.match(await message(2, loaded, 6), 'expected rerank to be a whole number from k = 7, got 6.');
  assert.match(await message(1, compressed), 'expected an index built with walkBase, got one without.');
});

test('by threads, an abort ends the search, and a query that is not finite is named by its own row', async () => {
  const wide = normalMatrix(2000, 64, 'wide');
  const many = normalMatrix(3000, 64, 'many');
  let spoiled = false;
  const encode = (asked: Matrix): Matrix => {
    if (!spoiled) return asked;
    const encoded = createMatrix(asked.rows, 64, asked.data.slice());
    encoded.data[64 * 35 + 2] = Number.NaN;
    return encoded;
  };
  const encoder = { dIn: 64, dOut: 64, encode };
  const options = { base: wide, walkBase: wide, queryEncoder: encoder, M: 8, efConstruction: 20, threads: 2 };
  const built = await GraphIndex.build(options);
  const begun: number[] = [];
  const controller = new AbortController();
  const search = built.search(many, 1, {
    // One thread, so that how far it is when it listens does not depend on how many queries another took.
    ef: 1500,
    rerank: 1,
    threads: 1,
    signal: controller.signal,
    onProgress: (done) => {
      begun.push(done);
      controller.abort(new Error('enough'));
    },
  });
  await rejects(() => search, /^enough$/);
  assert.ok(begun[0]! < 3000, `${begun}`);
  spoiled = true;
  await rejects(() => built.search(many, 1, { ef: 6, rerank: 1, threads: 2 }), /row 35/);
});

test('an abort while queries are compressed ends the search before any is searched for', async () => {
  const many = normalMatrix(5000, 12, 'many');
  const controller = new AbortController();
  let calls = 0;
  const one = index.over(base);
  one.attachQueryEncoder({
    ...queryEncoder,
    encode: (asked) => {
      if (++calls === 2) controller.abort(new Error('enough'));
      return narrowed(asked, 6);
    },
  });
  const progress: number[] = [];
  const onProgress = (done: number) => progress.push(done);
  const search = () => one.search(many, 5, { rerank: 5, signal: controller.signal, onProgress });
  await rejects(search, /^enough$/);
  assert.equal([calls, progress], [2, []]);
});

test('a range for each dimension, or one of numbers whose squares exceed float32, is refused', async () => {
  const { arrays, parameters, kind } = index.toArchive();
  assert.throws(
    () => loadIndex({ kind, arrays, parameters: { ...parameters, range: 'dimension' } }),
    /HNSW index: expected walk codes of range uniform, got dimension\./,
  );
  const far = createMatrix(
    600,
    6,
    Float32Array.from(walkBase.data, (value) => 1e24 * value),
  );
  await rejects(
    () => GraphIndex.build({ base, walkBase: far, graphBase: base, M: 4, efConstruction: 10 }),
    /GraphIndex\.build: expected values from -2\^48 to 2\^48/,
  );
});

test('what does not fit is refused in one line', async () => {
  const refused = async (message: string, work: () => unknown) => assert.is(await messageOf(work), message);
  const search = (one: GraphIndex, asked: Matrix, options: SearchOptions) => () => one.search(asked, 5, options);
  const options = { ef: 20, rerank: 20 };
  await refused(
    `${WHERE}: expected an index built with walkBase, got one without.`,
    search(compressed, walkQueries, options),
  );
  await refused(
    `${WHERE}: expected rerank to be a whole number from k = 5, got 4.`,
    search(index, queries, { ef: 20, rerank: 4 }),
  );
  await refused(
    `${WHERE}: expected ef to be a whole number from 1, got 0.`,
    search(index, queries, { ef: 0, rerank: 9 }),
  );
  await refused(`${WHERE}: expected queries of 12 columns, got 6.`, search(index, walkQueries, options));
  const encoders: [QueryEncoder['encode'], string][] = [
    [(asked) => narrowed(firstRows(asked, 39), 6), 'expected 40 compressed queries, got 39.'],
    [(asked) => asked, 'expected queries of 6 columns, got 12.'],
  ];
  for (const [encode, message] of encoders) {
    const other = index.over(base);
    other.attachQueryEncoder({ ...queryEncoder, encode });
    await refused(`${WHERE}: ${message}`, search(other, queries, options));
  }
  await refused('GraphIndex.attachQueryEncoder: expected an encoder of 12 to 6 numbers, got one of 12 to 5.', () =>
    index.attachQueryEncoder({ ...queryEncoder, dOut: 5 }),
  );
  await refused('GraphIndex.build: expected a walk base of 600 rows, got 599.', () =>
    GraphIndex.build({ base, walkBase: firstRows(walkBase, 599), M: 4, efConstruction: 10 }),
  );
});

test.run();
