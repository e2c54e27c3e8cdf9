import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createMatrix,
  exactKnnGraph,
  FlatIndex,
  firstRows,
  GraphIndex,
  generateManifold,
  IvfAdcIndex,
  kMeans,
  LinkAndCodeIndex,
  type Matrix,
  NsgIndex,
  nearest,
  PqIndex,
  Sq8GraphIndex,
  Sq8Index,
  trainCatalyst,
  trainCnt,
  trainPca,
  trainProduct,
  trainVae,
} from '../../src/index.ts';

/** Calls as JavaScript makes them: nothing is checked before they run. */
type Loose = (...args: readonly unknown[]) => unknown;

const { base, query } = generateManifold({ rows: 300, queries: 4, dim: 8, seed: 1 });
const neighborGraph = { method: 'exact', K: 10 } as const;
const graph = { M: 4, efConstruction: 10 } as const;

const builds: Readonly<Record<string, (base: Matrix) => unknown>> = {
  flat: (base) => new FlatIndex(base),
  hnsw: (base) => GraphIndex.build({ base, ...graph }),
  'hnsw over another base': (graphBase) => GraphIndex.build({ base, graphBase, ...graph }),
  'hnsw with codes': (walkBase) => GraphIndex.build({ base, walkBase, ...graph }),
  nsg: (base) => NsgIndex.build({ base, R: 4, L: 8, C: 10, neighborGraph }),
  pq: (base) => PqIndex.build({ base, m: 4 }),
  ivfpq: (base) => IvfAdcIndex.build({ base, m: 4, nlist: 2 }),
  sq8: (base) => Sq8Index.build({ base }),
  'hnsw-sq8': (graphBase) => Sq8GraphIndex.build({ graphBase, ...graph }),
  'hnsw-sq8 over vectors': (searched) => Sq8GraphIndex.build({ graphBase: base, base: searched, ...graph }),
  lc: (base) => LinkAndCodeIndex.build({ base, m: 4, bits: 4, words: 16, M: 4, rotationRounds: 1, efConstruction: 10 }),
  'exact neighbors, base': (base) => nearest(base, query, 1),
  'exact neighbors, queries': (queries) => nearest(base, queries, 1),
  'exact k-NN graph': (base) => exactKnnGraph(base, 3),
  'k-means': (points) => kMeans(points, { k: 2 }),
  'product codes': (points) => trainProduct(points, { m: 4 }),
  pca: (base) => trainPca(base, { dOut: 2 }),
  cnt: (base) => trainCnt(base, { batch: 16, samples: 16 }),
  vae: (base) => trainVae(base, { batch: 16, samples: 16 }),
  catalyst: (base) => trainCatalyst(base, { batch: 16, samples: 16 }),
};

const matrices: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  null: null,
  'arrays of numbers': [[1, 2, 3]],
  'a plain array': { rows: 300, cols: 8, data: Array.from(base.data) },
  'doubles ': { rows: 300, cols: 8, data: Float64Array.from(base.data) },
  bytes: { rows: 300, cols: 8, data: new Int8Array(2400) },
  'fewer numbers': { ...base, data: base.data.subarray(1) },
  'more numbers': { ...base, rows: 299 },
  'a trillion rows': { ...base, rows: 1e12 },
  'infinitely many rows': { ...base, rows: Number.POSITIVE_INFINITY },
  'half a row': { ...base, rows: 1.5 },
  'rows below none': { ...base, rows: -1 },
  'a number too large': { ...base, data: base.data.map((value, i) => (i === 77 ? 1e20 : value)) },
  'no number': { ...base, data: base.data.map((value, i) => (i === 77 ? Number.NaN : value)) },
};

/** What a call says that must fail: one line of ours, at once. */
async function refusal(call: () => unknown, title: string): Promise<string> {
  const begin = Date.now();
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof RangeError || error instanceof TypeError, `${title}: ${error}`);
    const { message } = error as Error;
    assert.match(message, /^[^\n]*: expected [^\n]*, got [^\n]*[.]$/, title);
    assert.ok(Date.now() - begin < 5000, `${title}: took too long`);
    return message;
  }
  throw new Error(`${title}: expected a refusal, got none.`);
}

for (const [name, build] of Object.entries(builds)) {
  test(`${name}: what is no matrix in range is refused in one line`, async () => {
    for (const [title, matrix] of Object.entries(matrices)) {
      const replaced = title === 'nothing' && / (over|with) /.test(name); // then it is an option left out
      if (!replaced) await refusal(() => build(matrix as Matrix), `${name}, ${title}`);
    }
  });
}

test('a call without its options is refused in one line', async () => {
  const calls: readonly [string, Loose, ...unknown[]][] = [
    ['GraphIndex', GraphIndex.build as Loose],
    ['NsgIndex', NsgIndex.build as Loose],
    ['PqIndex', PqIndex.build as Loose],
    ['IvfAdcIndex', IvfAdcIndex.build as Loose],
    ['Sq8Index', Sq8Index.build as Loose],
    ['Sq8GraphIndex', Sq8GraphIndex.build as Loose],
    ['LinkAndCodeIndex', LinkAndCodeIndex.build as Loose],
    ['trainPca', trainPca as Loose, base],
    ['trainProduct', trainProduct as Loose, base],
    ['kMeans', kMeans as Loose, base],
    ['trainCnt', trainCnt as Loose, base, null],
    ['trainVae', trainVae as Loose, base, 5],
    ['trainCatalyst', trainCatalyst as Loose, base, 'small'],
  ];
  for (const [name, call, ...args] of calls) {
    assert.match(await refusal(() => call(...args), name), /expected an object of options, got \w+\.$/);
  }
});

test('what a build does not listen to, and names that every object has, are refused', async () => {
  const says = async (call: () => unknown, message: string | RegExp) =>
    assert.match(await refusal(call, String(message)), message);
  const misspelled = { base, M: 4, efconstruction: 10 } as unknown as Parameters<typeof GraphIndex.build>[0];
  await says(
    () => GraphIndex.build(misspelled),
    /^GraphIndex\.build: expected options among M, .*, got efconstruction\.$/,
  );
  const named = 'toString' as 'canonical';
  await says(() => GraphIndex.build({ base, ...graph, profile: named }), 'profile to be one of canonical, faiss');
  await says(() => NsgIndex.build({ base, profile: named }), 'profile to be one of canonical, faiss');
  await says(() => PqIndex.build({ base, m: 4, profile: named }), 'got toString');
  await says(() => Sq8Index.build({ base, range: 'valueOf' as 'uniform' }), 'got valueOf');
  await says(() => trainCnt(base, { preset: 'constructor' as 'paper' }), 'got constructor');
  await says(() => trainCnt(base, { variant: 'toString' as 'paper' }), 'got toString');
});

const indexes = {
  flat: new FlatIndex(base),
  hnsw: await GraphIndex.build({ base, walkBase: base, queryEncoder: trainPca(base, { dOut: 8 }), ...graph }),
  nsg: await NsgIndex.build({ base, R: 4, L: 8, C: 10, neighborGraph }),
  pq: await PqIndex.build({ base, m: 4 }),
  ivfpq: await IvfAdcIndex.build({ base, m: 4, nlist: 2 }),
  sq8: Sq8Index.build({ base }),
  'hnsw-sq8': await Sq8GraphIndex.build({ graphBase: base, ...graph }),
  lc: await LinkAndCodeIndex.build({ base, m: 4, bits: 4, words: 16, M: 4, rotationRounds: 1, efConstruction: 10 }),
};
/** Options of other kinds, and where they belong. */
const foreign = { ef: 20, nprobe: 1, rerank: 20, trace: true, reorder: 0, depth: 3 };
const own: Readonly<Record<keyof typeof indexes, readonly string[]>> = {
  flat: [],
  hnsw: ['ef', 'trace', 'rerank'],
  nsg: ['ef', 'trace'],
  pq: ['rerank'],
  ivfpq: ['nprobe', 'rerank'],
  sq8: ['rerank'],
  'hnsw-sq8': ['ef', 'trace'],
  lc: ['ef', 'trace', 'reorder'],
};

for (const [kind, index] of Object.entries(indexes)) {
  test(`${kind}: a search without options works; wrong arguments are refused in one line`, async () => {
    const search = index.search.bind(index) as Loose;
    assert.equal(await index.search(query, 3), await index.search(query, 3, {}));
    assert.equal(await search(query, 3, undefined), await index.search(query, 3));
    for (const [title, matrix] of Object.entries(matrices)) await refusal(() => search(matrix, 3), `${kind}, ${title}`);
    await refusal(() => search(createMatrix(2, 7), 3), 'another width');
    for (const k of [0, -1, 1.5, Number.NaN, '3', undefined, 2 ** 31, Number.POSITIVE_INFINITY]) {
      await refusal(() => search(query, k), `${kind}, k ${k}`);
    }
    for (const options of [null, 5, 'ef', [1]]) await refusal(() => search(query, 3, options), `${kind}, ${options}`);
    for (const [name, value] of Object.entries(foreign)) {
      if (own[kind as keyof typeof own].includes(name)) continue;
      assert.match(await refusal(() => search(query, 3, { [name]: value }), `${kind}, ${name}`), `got ${name}.`);
      assert.equal(await search(query, 3, { [name]: undefined }), await index.search(query, 3));
    }
    for (const name of own[kind as keyof typeof own].filter((name) => name !== 'trace')) {
      for (const value of [-1, 1.5, Number.NaN, 'all of them']) {
        await refusal(() => search(query, 3, { [name]: value }), `${kind}, ${name} ${value}`);
      }
    }
  });
}

test('evaluations beyond the steps are one a step, at once', async () => {
  const begin = Date.now();
  const model = await trainPcaStart(1e9);
  assert.ok(Date.now() - begin < 20_000);
  const { history } = model.toNamedArrays().metadata;
  assert.equal(
    (JSON.parse(history!) as { step: number }[]).map(({ step }) => step),
    [0, 1, 2],
  );
});

function trainPcaStart(evaluations: number) {
  const few = firstRows(base, 100);
  return trainCnt(few, { network: 'linear', batch: 16, samples: 32, evaluations });
}

test.run();
