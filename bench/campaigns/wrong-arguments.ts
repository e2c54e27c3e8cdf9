/** Every entry of the package with arguments that are missing, of another type, or impossible: one line of our own, and quickly. */
import * as api from '../../src/node.ts';
import { judged, type Try } from './tally.ts';

/** What an argument is, and so what is wrong for it; an object names the fields of options. */
type Kind = 'matrix' | 'positive' | 'whole' | 'name' | 'rate' | 'seed' | 'bytes' | 'path' | 'ids' | 'object' | Fields;
interface Fields {
  readonly [name: string]: Kind;
}

interface Entry {
  readonly name: string;
  /** Right arguments, of which one is replaced at a time. */
  readonly sound: readonly unknown[];
  readonly kinds: readonly Kind[];
  readonly call: (...args: never[]) => unknown;
}

const NO_NUMBER = [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, 2 ** 60, '5', null, {}, []];

function wrongFor(kind: Exclude<Kind, Fields>, sound: unknown): readonly unknown[] {
  if (kind === 'whole') return NO_NUMBER;
  if (kind === 'positive') return [0, ...NO_NUMBER];
  if (kind === 'rate') return [Number.NaN, -1, 0, Number.POSITIVE_INFINITY, '5', null, {}, []];
  if (kind === 'name') return ['toString', 'constructor', '__proto__', '', 5, null, {}];
  if (kind === 'seed') return [Number.NaN, Number.NEGATIVE_INFINITY, null, {}, []];
  if (kind === 'bytes') return [undefined, null, 5, 'text', {}, [], new Uint8Array(0), new Uint8Array(7)];
  if (kind === 'path') return [undefined, null, 5, {}, '', '/no/such/folder/x.fvecs', 'a\0b.fvecs', '/'];
  if (kind === 'object') return [undefined, null, 5, 'text', {}, []];
  const { rows, cols, data } = sound as api.Matrix;
  const shapes = [-1, 1.5, 1e12, Number.POSITIVE_INFINITY, Number.NaN, '4', undefined, null];
  const wrongData = [undefined, null, [], Array.from(data), data.slice(1), Float32Array.of(...data, 0)];
  const types = kind === 'ids' ? [Float32Array.from(data)] : [Float64Array.from(data), Int8Array.from(data)];
  return [
    ...[undefined, null, 5, 'text', {}, [], [[1, 2]]],
    ...shapes.flatMap((size) => [
      { rows: size, cols, data },
      { rows, cols: size, data },
    ]),
    ...[...wrongData, ...types].map((other) => ({ rows, cols, data: other })),
  ];
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.slice(0, 3)}]`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${(value as Uint8Array).length}`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([name, part]) => `${name}: ${shown(part)}`)
    .join(', ')} }`;
}

/** Each wrong value of an argument, with its place. */
function* wrongValues(
  kind: Kind,
  sound: unknown,
  at: string,
): Generator<{ readonly what: string; readonly value: unknown }> {
  if (typeof kind === 'string') {
    for (const value of wrongFor(kind, sound)) yield { what: `${at}: ${shown(value)}`, value };
    return;
  }
  yield { what: `${at}: null`, value: null };
  for (const [name, inner] of Object.entries(kind)) {
    const fields = sound as Record<string, unknown>;
    for (const { what, value } of wrongValues(inner, fields[name], name))
      yield { what, value: { ...fields, [name]: value } };
  }
}

async function entries(): Promise<Entry[]> {
  const { base, query } = api.generateManifold({ rows: 300, queries: 4, dim: 16, seed: 1 });
  const vectors = { rows: base.rows, cols: base.cols, data: base.data.slice() };
  const asked = { rows: query.rows, cols: query.cols, data: query.data.slice() };
  const ids = { rows: 4, cols: 3, data: Int32Array.from({ length: 12 }, (_, i) => i) };
  const graph = {
    M: 'positive',
    efConstruction: 'positive',
    profile: 'name',
    seed: 'seed',
    threads: 'positive',
  } as const;
  const soundGraph = { M: 4, efConstruction: 10, profile: 'canonical', seed: 1, threads: 1 };
  const product = { m: 'positive', bits: 'positive', iterations: 'positive', profile: 'name', seed: 'seed' } as const;
  const soundProduct = { m: 4, bits: 4, iterations: 2, profile: 'canonical', seed: 1 };
  const training = {
    dOut: 'positive',
    samples: 'positive',
    batch: 'positive',
    learningRate: 'rate',
    seed: 'seed',
    evaluations: 'positive',
  } as const;
  const soundTraining = { dOut: 4, samples: 64, batch: 32, learningRate: 0.001, seed: 1, evaluations: 1 };
  const found: Entry[] = [];
  const entry = (
    name: string,
    kinds: readonly Kind[],
    sound: readonly unknown[],
    call: (...args: never[]) => unknown,
  ) => {
    found.push({ name, kinds, sound, call });
  };
  const of = (make: (...args: never[]) => unknown) => make;
  const builds: Readonly<Record<string, readonly [Fields, object, (options: never) => unknown]>> = {
    GraphIndex: [
      { base: 'matrix', ...graph },
      { base: vectors, ...soundGraph },
      of((o: never) => api.GraphIndex.build(o)),
    ],
    NsgIndex: [
      {
        base: 'matrix',
        R: 'positive',
        L: 'positive',
        C: 'positive',
        profile: 'name',
        threads: 'positive',
        neighborGraph: { method: 'name', K: 'positive' },
      },
      {
        base: vectors,
        R: 8,
        L: 20,
        C: 30,
        profile: 'canonical',
        threads: 1,
        neighborGraph: { method: 'exact', K: 10 },
      },
      of((o: never) => api.NsgIndex.build(o)),
    ],
    IvfAdcIndex: [
      { base: 'matrix', ...product, nlist: 'positive' },
      { base: vectors, ...soundProduct, nlist: 4 },
      of((o: never) => api.IvfAdcIndex.build(o)),
    ],
    PqIndex: [
      { base: 'matrix', ...product },
      { base: vectors, ...soundProduct },
      of((o: never) => api.PqIndex.build(o)),
    ],
    Sq8Index: [
      { base: 'matrix', range: 'name' },
      { base: vectors, range: 'uniform' },
      of((o: never) => api.Sq8Index.build(o)),
    ],
    Sq8GraphIndex: [
      { graphBase: 'matrix', range: 'name', ...graph },
      { graphBase: vectors, range: 'uniform', ...soundGraph },
      of((o: never) => api.Sq8GraphIndex.build(o)),
    ],
    LinkAndCodeIndex: [
      {
        base: 'matrix',
        m: 'positive',
        bits: 'positive',
        M: 'positive',
        efConstruction: 'positive',
        nsq: 'positive',
        words: 'positive',
        regressionRounds: 'positive',
        seed: 'seed',
        profile: 'name',
      },
      {
        base: vectors,
        m: 4,
        bits: 4,
        M: 4,
        efConstruction: 10,
        nsq: 4,
        words: 4,
        regressionRounds: 1,
        seed: 1,
        profile: 'canonical',
      },
      of((o: never) => api.LinkAndCodeIndex.build(o)),
    ],
  };
  const search = { ef: 'positive', nprobe: 'positive', rerank: 'positive', threads: 'positive' } as const;
  const takes: Readonly<Record<string, readonly string[]>> = {
    GraphIndex: ['ef', 'threads'],
    NsgIndex: ['ef', 'threads'],
    Sq8GraphIndex: ['ef', 'threads'],
    IvfAdcIndex: ['nprobe'],
    LinkAndCodeIndex: ['ef'],
  };
  for (const [name, [kinds, sound, build]] of Object.entries(builds)) {
    entry(`${name}.build`, [kinds], [sound], build as (...args: never[]) => unknown);
    const index = (await build(sound as never)) as api.SearchIndex;
    const own = Object.fromEntries((takes[name] ?? []).map((option) => [option, search[option as 'ef']]));
    const right = Object.fromEntries(Object.keys(own).map((option) => [option, option === 'threads' ? 1 : 3]));
    entry(`${name}.search`, ['matrix', 'positive', own], [asked, 3, right], (...args) =>
      (index.search as (...all: never[]) => unknown)(...args),
    );
    entry(`loadIndex of ${index.kind}`, ['object'], [index.toArchive()], (archive) => api.loadIndex(archive));
  }
  entry('new FlatIndex', ['matrix'], [vectors], (x) => new api.FlatIndex(x));
  const flat = new api.FlatIndex(vectors);
  entry('FlatIndex.search', ['matrix', 'positive'], [asked, 3], (q, k) => flat.search(q, k));
  entry(
    'nearest',
    ['matrix', 'matrix', 'positive', { threads: 'positive', backend: 'name' }],
    [vectors, asked, 3, { threads: 1, backend: 'reference' }],
    (...args) => (api.nearest as (...all: never[]) => unknown)(...args),
  );
  entry('trainPca', ['matrix', { dOut: 'positive', limit: 'positive' }], [vectors, { dOut: 4, limit: 200 }], (x, o) =>
    api.trainPca(x, o),
  );
  entry(
    'trainCnt',
    ['matrix', { ...training, variant: 'name', preset: 'name' }],
    [vectors, { ...soundTraining, variant: 'paper', preset: 'default' }],
    (x, o) => api.trainCnt(x, o),
  );
  entry(
    'trainVae',
    ['matrix', { ...training, hidden: 'positive' }],
    [vectors, { ...soundTraining, hidden: 8 }],
    (x, o) => api.trainVae(x, o),
  );
  entry(
    'trainCatalyst',
    ['matrix', { ...training, hidden: 'positive' }],
    [vectors, { ...soundTraining, hidden: 8 }],
    (x, o) => api.trainCatalyst(x, o),
  );
  entry(
    'SrpCompressor.create',
    [{ dIn: 'positive', dOut: 'positive', seed: 'seed' }],
    [{ dIn: 16, dOut: 4, seed: 1 }],
    (o) => api.SrpCompressor.create(o),
  );
  const pca = api.trainPca(vectors, { dOut: 4 });
  entry('encode', ['matrix'], [asked], (x) => pca.encode(x));
  entry('loadCompressor', ['object'], [pca.toNamedArrays()], (arrays) => api.loadCompressor(arrays));
  entry('encodeSafetensors', ['object'], [pca.toNamedArrays()], (arrays) => api.encodeSafetensors(arrays));
  entry('encodeArchive', ['object'], [flat.toArchive()], (archive) => api.encodeArchive(archive));
  entry('decodeArchive', ['bytes'], [api.encodeArchive(flat.toArchive())], (bytes) => api.decodeArchive(bytes));
  entry('decodeSafetensors', ['bytes'], [api.encodeSafetensors(pca.toNamedArrays())], (bytes) =>
    api.decodeSafetensors(bytes),
  );
  entry(
    'kMeans',
    ['matrix', { k: 'positive', iterations: 'positive', profile: 'name', seed: 'seed' }],
    [vectors, { k: 4, iterations: 2, profile: 'canonical', seed: 1 }],
    (x, o) => api.kMeans(x, o),
  );
  entry('trainProduct', ['matrix', product], [vectors, soundProduct], (x, o) => api.trainProduct(x, o));
  entry(
    'trainRotation',
    ['matrix', { m: 'positive', bits: 'positive', rounds: 'positive' }],
    [vectors, { m: 4, bits: 4, rounds: 1 }],
    (x, o) => api.trainRotation(x, o),
  );
  entry('ScalarQuantizer.train', ['matrix', 'name'], [vectors, 'uniform'], (x, range) =>
    api.ScalarQuantizer.train(x, range),
  );
  const scalar = api.ScalarQuantizer.train(vectors, 'uniform');
  entry('ScalarQuantizer.encode', ['matrix'], [vectors], (x) => scalar.encode(x));
  const quantizer = await api.trainProduct(vectors, { m: 4, bits: 4, iterations: 2 });
  entry('ProductQuantizer.encode', ['matrix'], [vectors], (x) => quantizer.encode(x));
  entry(
    'generateManifold',
    [{ rows: 'whole', queries: 'whole', dim: 'positive', seed: 'seed' }],
    [{ rows: 10, queries: 2, dim: 8, seed: 1 }],
    (o) => api.generateManifold(o),
  );
  entry('recallAt', ['ids', 'ids', 'positive'], [ids, ids, 2], (a, b, R) => api.recallAt(a, b, R));
  entry('intersectionAt', ['ids', 'ids', 'positive'], [ids, ids, 2], (a, b, k) => api.intersectionAt(a, b, k));
  entry('createMatrix', ['whole', 'whole'], [3, 4], (rows, cols) => api.createMatrix(rows, cols));
  entry('firstRows', ['matrix', 'whole'], [vectors, 5], (x, rows) => api.firstRows(x, rows));
  entry('createVectorStore', ['whole', 'positive'], [5, 4], (rows, cols) => api.createVectorStore(rows, cols));
  entry('requireFinite', ['matrix'], [vectors], (x) => (api.requireFinite as (...all: unknown[]) => unknown)(x, 'x'));
  entry('new VectorSet', ['matrix'], [vectors], (x) => new api.VectorSet(x));
  entry('exactKnnGraph', ['matrix', 'positive'], [vectors, 5], (x, K) => api.exactKnnGraph(x, K));
  const source = new api.VectorSet(vectors);
  entry('buildHnsw', [{ ...graph }], [soundGraph], (o) => api.buildHnsw(source, o));
  const nn = { K: 'positive', L: 'positive', iter: 'positive', S: 'positive', R: 'positive' } as const;
  entry('nnDescent', [nn], [{ K: 5, L: 10, iter: 2, S: 5, R: 10 }], (o) => api.nnDescent(source, o));
  entry('new TopK', ['positive'], [5], (k) => new api.TopK(k));
  entry('new Random', ['seed'], [1], (seed) => new api.Random(seed, 'x'));
  const random = new api.Random(1, 'x');
  entry('Random.below', ['positive'], [5], (n) => random.below(n));
  entry('Random.row', ['whole'], [5], (n) => random.row(n));
  entry('readVectors', ['path'], [''], (path) => api.readVectors(path));
  entry('openVectors', ['path'], [''], (path) => api.openVectors(path));
  entry('readIds', ['path'], [''], (path) => api.readIds(path));
  entry('readModel', ['path'], [''], (path) => api.readModel(path));
  entry('readArchive', ['path'], [''], (path) => api.readArchive(path));
  entry('describeFile', ['path'], [''], (path) => api.describeFile(path));
  entry('digestFile', ['path'], [''], (path) => api.digestFile(path));
  entry('findDataset', ['path'], [''], (path) => api.findDataset(path));
  entry('writeVectors', ['path', 'matrix'], ['/no/such/folder/x.fvecs', vectors], (path, x) =>
    api.writeVectors(path, x),
  );
  entry('writeIds', ['path', 'ids'], ['/no/such/folder/x.ivecs', ids], (path, x) => api.writeIds(path, x));
  entry('digestMatrix', ['matrix'], [vectors], (x) => api.digestMatrix(x));
  entry('digestIds', ['ids'], [ids], (x) => api.digestIds(x));
  return found;
}

export async function* wrongArguments(_seed: string, _count: number): AsyncGenerator<Try> {
  for (const { name, kinds, sound, call } of await entries()) {
    for (const [i, kind] of kinds.entries()) {
      for (const { what, value } of wrongValues(kind, sound[i], `argument ${i + 1}`)) {
        yield {
          kind: 'wrong arguments',
          what: `${name}, ${what}`,
          run: () =>
            judged(
              () => call(...(sound.with(i, value) as never[])),
              () => ({ ending: 'silent', detail: 'accepted' }),
            ),
        };
      }
    }
  }
}
