import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Compressor } from '../../src/compress/compressor.ts';
import { trainNormalized } from '../../src/compress/normalizing-compressor.ts';
import { trainPca } from '../../src/compress/projection/pca.ts';
import { IvfAdcIndex } from '../../src/index/codes/ivf-adc.ts';
import { PqIndex } from '../../src/index/codes/pq-index.ts';
import { Sq8Index } from '../../src/index/codes/sq8-index.ts';
import { FlatIndex } from '../../src/index/flat-index.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { NsgIndex } from '../../src/index/graph/nsg-index.ts';
import { Sq8GraphIndex } from '../../src/index/graph/sq8-graph-index.ts';
import type { SearchIndex } from '../../src/index/kinds.ts';
import { LinkAndCodeIndex } from '../../src/index/link-and-code/link-and-code.ts';
import type { SearchResult } from '../../src/index/search/search-result.ts';
import { decodeArchive, encodeArchive } from '../../src/io/container/archive.ts';
import { loadIndex } from '../../src/pipeline/load-index.ts';
import { PipelineIndex, type PipelineIndexOptions } from '../../src/pipeline/pipeline-index.ts';
import { createMatrix, firstRows, type Matrix, viewRows } from '../../src/tensor/matrix.ts';
import type { Archive, NamedArray } from '../../src/tensor/named-arrays.ts';
import { unitRows } from '../../src/tensor/unit-rows.ts';
import { requireMatrix, type Vectors } from '../../src/tensor/vectors/vectors.ts';
import { changed, spoiledArrays } from '../support/changed-archive.ts';
import { normalMatrix } from '../support/normals.ts';
import { messageOf, rejects } from '../support/rejects.ts';
import { assertSame } from '../support/same.ts';

const base = normalMatrix(400, 12, 'base');
const queries = normalMatrix(30, 12, 'queries');
const model = trainPca(base, { dOut: 6 });
const unitModel = await trainNormalized(base, (unit) => trainPca(unit, { dOut: 6 }));

const graph = { M: 6, efConstruction: 40 };
/** Each kind, over compressed vectors. */
const KINDS: Record<string, (vectors: Vectors) => SearchIndex | Promise<SearchIndex>> = {
  flat: (vectors) => new FlatIndex(vectors),
  hnsw: (vectors) => GraphIndex.build({ base: vectors, ...graph }),
  nsg: (vectors) => NsgIndex.build({ base: vectors, R: 12, L: 30, C: 60, neighborGraph: { method: 'exact', K: 20 } }),
  pq: (vectors) => PqIndex.build({ base: vectors, m: 3, bits: 4 }),
  ivfpq: (vectors) => IvfAdcIndex.build({ base: vectors, m: 3, bits: 4, nlist: 4 }),
  sq8: (vectors) => Sq8Index.build({ base: vectors }),
  'hnsw-sq8': (vectors) => Sq8GraphIndex.build({ graphBase: requireMatrix(vectors, 'test'), ...graph }),
  lc: (vectors) => {
    const matrix = requireMatrix(vectors, 'test');
    return LinkAndCodeIndex.build({ base: matrix, m: 3, bits: 4, opq: false, nsq: 2, words: 4, M: 8, baseLinks: 12 });
  },
};

function build(kind: string, options: Partial<PipelineIndexOptions> = {}): Promise<PipelineIndex> {
  return PipelineIndex.build({ base, model, index: KINDS[kind]!, ...options });
}

/** As a file would hold it, whole. */
function saved(index: PipelineIndex): PipelineIndex {
  return loadIndex(decodeArchive(encodeArchive(index.toArchive()))) as PipelineIndex;
}

/** `ef`, where the kind takes it. */
function efOf(kind: string, ef: number): { ef?: number } {
  return /hnsw|nsg|lc/.test(kind) ? { ef } : {};
}

function answers({ ids, distances }: SearchResult) {
  return { ids, distances };
}

for (const kind of Object.keys(KINDS)) {
  test(`${kind}: raw queries are compressed, and all candidates ranked anew are brute force over the original vectors`, async () => {
    const index = await build(kind, { keepVectors: true });
    assert.equal(
      [index.kind, index.inner.kind, index.dim, index.inner.dim, index.rows],
      ['pipeline', kind, 12, 6, 400],
    );
    const plain = await index.search(queries, 5, efOf(kind, 40));
    assertSame(plain, await index.inner.search(model.encode(queries), 5, efOf(kind, 40)));
    const all = await index.search(queries, 5, { ...efOf(kind, 400), rerank: 400 });
    const exact = await new FlatIndex(base).search(queries, 5);
    assertSame(answers(all), answers(exact));
    const loaded = saved(index);
    assertSame(await loaded.search(queries, 5, efOf(kind, 40)), plain);
    assertSame(await loaded.search(queries, 5, { ...efOf(kind, 400), rerank: 400 }), all);
    assertSame(encodeArchive(loaded.toArchive()), encodeArchive(index.toArchive()));
  });
}

test('distances to original vectors are counted apart from those to compressed ones, and from codes', async () => {
  const full = { distances: 30 * 50, multiplyAdds: 30 * 50 * 12 };
  for (const kind of ['flat', 'hnsw', 'sq8', 'pq', 'lc']) {
    const index = await build(kind, { keepVectors: true });
    const { counts: inner } = await index.inner.search(model.encode(queries), 50, efOf(kind, 60));
    const { counts } = await index.search(queries, 5, { ...efOf(kind, 60), rerank: 50 });
    const apart =
      inner.codes === undefined
        ? { distances: full.distances, walkDistances: inner.distances }
        : { distances: full.distances + inner.distances };
    assert.equal(counts, { ...inner, ...apart, multiplyAdds: inner.multiplyAdds + full.multiplyAdds }, kind);
  }
});

test('codes that are there already give the same index, and others are refused', async () => {
  const codesOf = model.encode(base);
  const expected = await build('sq8');
  const given = await build('sq8', { codesOf });
  assertSame(encodeArchive(given.toArchive()), encodeArchive(expected.toArchive()));
  const swapped = createMatrix(400, 6, codesOf.data.slice());
  swapped.data.copyWithin(6 * 399, 0, 6);
  const where = 'PipelineIndex.build: expected';
  await rejects(
    () => build('sq8', { codesOf: swapped }),
    `${where} what the model makes of the base, got other compressed vectors at row 399.`,
  );
  await rejects(
    () => build('sq8', { codesOf: firstRows(codesOf, 399) }),
    `${where} 400 x 6 compressed vectors, got 399 x 6.`,
  );
  await rejects(() => build('sq8', { codesOf: base }), `${where} 400 x 6 compressed vectors, got 400 x 12.`);
  await rejects(
    () => build('sq8', { codesOf, model: undefined }),
    `${where} a model beside compressed vectors, got none.`,
  );
});

test('a walk over codes of compressed vectors is given the model, and needs nothing else', async () => {
  const index = await build('hnsw', {
    index: (walkBase, full) => GraphIndex.build({ base: full, walkBase, ...graph }),
  });
  const alone = await GraphIndex.build({ base, walkBase: model.encode(base), queryEncoder: model, ...graph });
  for (const one of [index, saved(index)]) {
    assert.ok(one.ranksAnew);
    assertSame(
      await one.search(queries, 5, { ef: 30, rerank: 20 }),
      await alone.search(queries, 5, { ef: 30, rerank: 20 }),
    );
    assertSame(await one.search(queries, 5, { ef: 30 }), await alone.search(queries, 5, { ef: 30 }));
  }
});

/** The nearest by cosine in float64, of rows as they are: their places in the order, with all that float32 cannot tell apart. */
function cosines(rows: Matrix, query: Float32Array): number[] {
  const length = (x: Float32Array) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
  return Array.from({ length: rows.rows }, (_, row) => {
    const vector = rows.data.subarray(row * rows.cols, (row + 1) * rows.cols);
    const product = vector.reduce((sum, value, i) => sum + value * query[i]!, 0);
    return product / (length(vector) * length(query));
  });
}

test('with normalize the nearest 100 are those by cosine, in this order, in float64', async () => {
  // Lengths from 1e-15 to 1e13: what is not normalized would have to have differences of 1e-12.
  const lengths = (row: number) => 10 ** ((row % 29) - 15);
  const uneven = createMatrix(
    400,
    12,
    base.data.map((value, i) => value * lengths(Math.floor(i / 12))),
  );
  const index = await PipelineIndex.build({ base: uneven, normalize: true, index: (unit) => new FlatIndex(unit) });
  const asked = createMatrix(
    30,
    12,
    queries.data.map((value) => value * 1e-14),
  );
  for (const one of [index, saved(index)]) {
    assert.is(one.normalize, true);
    const { ids } = await one.search(asked, 100);
    for (let query = 0; query < 30; query++) {
      const cosine = cosines(uneven, asked.data.subarray(query * 12, (query + 1) * 12));
      const best = [...cosine].sort((a, b) => b - a);
      for (let place = 0; place < 100; place++) {
        const difference = best[place]! - cosine[ids.data[query * 100 + place]!]!;
        assert.ok(Math.abs(difference) < 1e-6, `query ${query}, place ${place}: ${difference}`);
      }
    }
  }
});

test('a model that was trained on vectors of length 1 has the index bring vectors to it, and original ones are ranked so', async () => {
  const index = await build('pq', { model: unitModel, keepVectors: true });
  assert.is(index.normalize, true);
  const unit = unitRows(queries, 'test');
  const found = await index.search(queries, 5);
  assertSame(found, await index.inner.search(unitModel.encode(queries), 5));
  assertSame(
    answers(await index.search(queries, 5, { rerank: 400 })),
    answers(await new FlatIndex(unitRows(base, 'test')).search(unit, 5)),
  );
  const twice = createMatrix(
    30,
    12,
    queries.data.map((value) => 4 * value),
  );
  assertSame(await saved(index).search(twice, 5, { rerank: 50 }), await index.search(queries, 5, { rerank: 50 }));
  const given = await build('pq', { model: unitModel, codesOf: unitModel.encode(base), keepVectors: true });
  assertSame(encodeArchive(given.toArchive()), encodeArchive(index.toArchive()));
});

test('what does not fit each other is refused in one line', async () => {
  const refused = async (message: string, work: () => unknown) => assert.is(await messageOf(work), message);
  await refused(
    'PipelineIndex.build: expected normalize true for a model that was trained on vectors of length 1, got false.',
    () => build('flat', { model: unitModel, normalize: false }),
  );
  await refused(
    'PipelineIndex.build: expected normalize false for a model that was trained on vectors as they are, got true.',
    () => build('flat', { normalize: true }),
  );
  await refused('Pipeline index: expected a model of 12 to 12 numbers, got one of 12 to 6.', () =>
    build('flat', { index: () => new FlatIndex(base) }),
  );
  const zero = createMatrix(2, 12, Float32Array.of(...base.data.subarray(0, 12), ...new Float32Array(12)));
  const noDirection = 'expected vectors with a direction, to normalize them, got zeros alone at row 1.';
  await refused(`PipelineIndex.build: ${noDirection}`, () => build('flat', { base: zero, model: unitModel }));
  const index = await build('flat', { model: unitModel });
  await refused(`PipelineIndex.search: ${noDirection}`, () => index.search(zero, 1));
  await refused('PipelineIndex.search: expected queries of 12 columns, got 6.', () =>
    index.search(model.encode(queries), 1),
  );
  await refused('PipelineIndex.search: expected an index that keeps its vectors to re-rank, got one without.', () =>
    index.search(queries, 5, { rerank: 9 }),
  );
  const keeping = await build('flat', { keepVectors: true });
  await refused('PipelineIndex.search: expected rerank to be a whole number from k = 5, got 4.', () =>
    keeping.search(queries, 5, { rerank: 4 }),
  );
});

test('an abort ends a search while queries are compressed, before any is searched for', async () => {
  const many = normalMatrix(5000, 12, 'many');
  const controller = new AbortController();
  let calls = 0;
  const slow: Compressor = Object.assign(Object.create(model) as Compressor, {
    encode: (x: Matrix) => {
      if (x.rows > 400 && ++calls === 2) controller.abort(new Error('enough'));
      return model.encode(x);
    },
  });
  const index = await build('flat', { model: slow });
  await rejects(() => index.search(many, 5, { signal: controller.signal }), 'enough');
  assert.is(calls, 2);
});

test('threads, and searches at once, find the same', async () => {
  const index = await build('hnsw', { keepVectors: true });
  const archive = encodeArchive(index.toArchive());
  const threaded = loadIndex(decodeArchive(archive), 'auto', 2);
  const many = normalMatrix(100, 12, 'many');
  const expected = await index.search(many, 5, { ef: 30, rerank: 20 });
  const both = await Promise.all([2, 1].map((threads) => threaded.search(many, 5, { ef: 30, rerank: 20, threads })));
  for (const found of both) assertSame(found, expected);
  for (const query of [0, 63, 64, 99]) {
    const alone = await index.search(viewRows(many, query, 1), 5, { ef: 30, rerank: 20 });
    assertSame(alone.ids.data, expected.ids.data.slice(5 * query, 5 * (query + 1)));
  }
});

test('own ids come back with the answers: whole numbers of 64 bits and texts', async () => {
  const numbers = BigInt64Array.from({ length: 400 }, (_, row) => 2n ** 62n + BigInt(row) * (row % 2 ? -1n : 1n));
  const texts = Array.from({ length: 400 }, (_, row) => `Nº ${row}, "ü\t`);
  for (const ids of [numbers, texts]) {
    const index = await build('pq', { ids, keepVectors: true });
    for (const one of [index, saved(index)]) {
      const found = await one.search(queries, 3, { rerank: 10 });
      assert.equal([...found.ownIds!], [...ids]);
      assert.equal([...(await one.search(queries, 3)).ownIds!], [...ids]);
    }
  }
  const refused = async (ids: BigInt64Array | string[], message: string) =>
    assert.is(await messageOf(() => build('pq', { ids })), `PipelineIndex.build: expected ${message}`);
  await refused(numbers.slice(1), '400 ids, one for each row, got 399.');
  await refused(numbers.fill(7n, 20, 22), 'each id once, got 7 for rows 20 and 21.');
  await refused(texts.with(3, texts[2]!), `each id once, got ${JSON.stringify(texts[2])} for rows 2 and 3.`);
  const oneLine = 'ids that are texts of one line each, got';
  await refused(texts.with(3, 'a\nb'), `${oneLine} a line break for row 3.`);
  await refused(texts.with(3, ''), `${oneLine} an empty one for row 3.`);
  await refused(texts.with(3, 'a\ud800'), `${oneLine} half a pair for row 3.`);
});

test('an archive with anything missing, of another shape or out of range is refused in one line', async () => {
  const ids = BigInt64Array.from({ length: 400 }, (_, row) => BigInt(row));
  const archive = (await build('sq8', { ids, model: unitModel, keepVectors: true })).toArchive();
  const refused = (spoiled: Archive, title: string) => {
    assert.throws(
      () => loadIndex(spoiled),
      (error: Error) => error instanceof RangeError && !error.message.includes('\n'),
      title,
    );
  };
  const values: Record<string, unknown[]> = {
    kind: ['pipeline', 'toString', 7, null, undefined],
    dim: [6, 13, -1, Number.POSITIVE_INFINITY, '12'],
    normalize: [false, 'true', undefined],
    model: [undefined, {}, [], { method: 'pca' }, { method: 7 }, { method: 'cnt', normalize: 'true' }],
  };
  for (const [name, wrongs] of Object.entries(values)) {
    for (const value of wrongs) {
      const spoil = (parameters: Record<string, never>) => Object.assign(parameters['pipeline']!, { [name]: value });
      refused(
        changed(archive, (parameters) => spoil(parameters as never)),
        `${name}: ${JSON.stringify(value)}`,
      );
    }
  }
  for (const pipeline of [undefined, null, [], 'x']) {
    refused(
      changed(archive, (parameters) => Object.assign(parameters, { pipeline })),
      `pipeline ${pipeline}`,
    );
  }
  const ours = [...archive.arrays].filter(([name]) => name.startsWith('pipeline.'));
  assert.is(ours.length, 5); // three of the model, vectors, ids
  for (const [name, array] of ours) {
    for (const spoil of spoiledArrays(name, array).slice(name.includes('model') ? 0 : 1)) {
      refused(
        changed(archive, (_, arrays) => spoil(arrays)),
        name,
      );
    }
  }
  const put = (name: string, array: NamedArray) => changed(archive, (_, arrays) => arrays.set(name, array));
  refused(put('pipeline.more', { shape: [1], data: new Uint8Array(1) }), 'an array of no meaning');
  const lines = new TextEncoder().encode(Array.from({ length: 400 }, (_, row) => `id ${row}`).join('\n'));
  refused(put('pipeline.idTexts', { shape: [lines.length], data: lines }), 'ids of two kinds');
  const spoiledIds = changed(archive, (_, arrays) => arrays.get('pipeline.ids')!.data.fill(0));
  refused(spoiledIds, 'ids twice');
  refused(
    changed(archive, (_, arrays) => arrays.get('pipeline.vectors')!.data.fill(Number.NaN, 5, 6)),
    'a NaN',
  );
  const texts = (bytes: Uint8Array) =>
    changed(put('pipeline.idTexts', { shape: [bytes.length], data: bytes }), (_, arrays) =>
      arrays.delete('pipeline.ids'),
    );
  refused(texts(Uint8Array.of(0xff, 0xfe)), 'no UTF-8');
  refused(texts(new TextEncoder().encode('one\ntwo')), 'too few texts');
});

test('an archive that keeps less is checked as strictly', async () => {
  const message = (archive: Archive) => messageOf(() => loadIndex(archive));
  const said = (archive: Archive, values: object) =>
    changed(archive, (parameters) => Object.assign(parameters['pipeline'] as object, values));
  const plain = (await build('flat', { model: undefined, normalize: true })).toArchive();
  assert.is(await message(plain), 'accepted');
  assert.is(await message(said(plain, { dim: 13 })), 'Pipeline index: expected "dim" 12, got 13.');
  const truth = 'Pipeline index: expected "normalize" to be true or false, got "true".';
  assert.is(await message(said(plain, { normalize: 'true' })), truth);
  assert.match(
    await message(said(plain, { dim: 0 })),
    /expected "dim" to be an integer from 1 to 2147483647, got 0\.$/,
  );
  const compressed = (await build('flat')).toArchive();
  const wide = 'Pipeline index: expected a model of 13 to 6 numbers, got one of 12 to 6.';
  assert.is(await message(said(compressed, { dim: 13 })), wide);
  const without = said(compressed, { model: undefined });
  assert.is(await message(without), 'Pipeline index: expected "model" beside its arrays, got none.');
});

test.run();
