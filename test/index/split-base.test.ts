import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { IvfAdcIndex } from '../../src/index/codes/ivf-adc.ts';
import { PqIndex } from '../../src/index/codes/pq-index.ts';
import { Sq8Index } from '../../src/index/codes/sq8-index.ts';
import { FlatIndex } from '../../src/index/flat-index.ts';
import { exactKnnGraph } from '../../src/index/graph/exact-knn-graph.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { NsgIndex } from '../../src/index/graph/nsg-index.ts';
import { readArchive, writeArchive } from '../../src/io/container/archive-file.ts';
import { digestArrays, digestFile } from '../../src/io/digest.ts';
import { loadIndex } from '../../src/pipeline/load-index.ts';
import { createMatrix, type Matrix } from '../../src/tensor/matrix.ts';
import type { Archive } from '../../src/tensor/named-arrays.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { createVectorStore } from '../../src/tensor/vectors/vector-store.ts';
import { partsOf, type Vectors } from '../../src/tensor/vectors/vectors.ts';
import { placeVectors, requireVectors, vectorsArray } from '../../src/tensor/vectors/vectors-array.ts';
import { assertSame } from '../support/same.ts';
import { TemporaryFolder } from '../support/temporary-folder.ts';

const [ROWS, DIM] = [50, 6];
const random = new Random(1, 'split-base');
/** Small whole numbers, so that some rows are equal, across stores too. */
const base = createMatrix(
  ROWS,
  DIM,
  Float32Array.from({ length: ROWS * DIM }, () => random.below(3)),
);
base.data.copyWithin(49 * DIM, 0, DIM);
const queries = createMatrix(
  9,
  DIM,
  Float32Array.from({ length: 9 * DIM }, () => 3 * random.uniform()),
);

/** The size of a store of 17 rows: 50 rows take three. */
const storeBytes = 17 * 4 * DIM;

function split(matrix: Matrix): Vectors {
  const vectors = createVectorStore(matrix.rows, matrix.cols, { storeBytes });
  for (const { first, matrix: part } of partsOf(vectors)) {
    part.data.set(matrix.data.subarray(first * matrix.cols, (first + part.rows) * matrix.cols));
  }
  return vectors;
}

const test = suite('a base in three stores');

test('neighbors among all parts are those of one matrix, and so is their work', () => {
  const vectors = split(base);
  assert.is([...partsOf(vectors)].length, 3);
  for (const k of [1, 20, 50]) assertSame(nearest(vectors, queries, k), nearest(base, queries, k));
  assert.throws(() => nearest(vectors, queries, 51), /k from 1 to 50/);
  const reports: number[][] = [];
  nearest(vectors, queries, 3, { onProgress: (...report) => reports.push(report) });
  assert.equal(reports.at(-1), [9 * ROWS, 9 * ROWS]);
});

test('the k-NN graph is that of one matrix', async () => {
  assertSame(await exactKnnGraph(split(base), 7), await exactKnnGraph(base, 7));
});

const KINDS = {
  flat: async (vectors: Vectors) => new FlatIndex(vectors),
  hnsw: async (vectors: Vectors) => GraphIndex.build({ base: vectors, M: 4, efConstruction: 20 }),
  'hnsw of faiss': async (vectors: Vectors) =>
    GraphIndex.build({ base: vectors, M: 4, efConstruction: 20, profile: 'faiss' }),
  nsg: async (vectors: Vectors) => NsgIndex.build({ base: vectors, R: 6, L: 10, C: 20 }),
  'nsg by NN-descent': async (vectors: Vectors) => {
    const neighborGraph = { method: 'nn-descent', K: 8, L: 10, iter: 3, S: 4, R: 8 } as const;
    return NsgIndex.build({ base: vectors, R: 6, L: 10, C: 20, neighborGraph });
  },
  sq8: async (vectors: Vectors) => Sq8Index.build({ base: vectors, keepVectors: true }),
  pq: async (vectors: Vectors) => PqIndex.build({ base: vectors, m: 3, bits: 3, keepVectors: true }),
  opq: async (vectors: Vectors) => PqIndex.build({ base: vectors, m: 3, bits: 3, opq: true, keepVectors: true }),
  ivfpq: async (vectors: Vectors) => IvfAdcIndex.build({ base: vectors, m: 3, bits: 3, nlist: 4, keepVectors: true }),
  // Fewer points are learned from than there are.
  'ivfpq of a sample': async (vectors: Vectors) =>
    IvfAdcIndex.build({ base: vectors, m: 3, bits: 2, nlist: 4, pointsPerCentroid: 5, keepVectors: true }),
};

const folder = new TemporaryFolder();
for (const [name, build] of Object.entries(KINDS)) {
  test(`${name}: the same index, archive, file and answers as from one matrix`, async () => {
    const [one, several] = [await build(base), await build(split(base))];
    const search = {
      ...(/^hnsw|^nsg/.test(name) && { ef: 20 }),
      ...(/^ivfpq/.test(name) && { nprobe: 2 }),
      ...(/pq|^sq8/.test(name) && { rerank: 20 }),
    };
    const answers = await one.search(queries, 5, search);
    assertSame(await several.search(queries, 5, search), answers);
    const digest = digestArrays(one.toArchive());
    assert.is(digestArrays(several.toArchive()), digest);

    const path = folder.at('index');
    await writeArchive(path, several.toArchive());
    assert.is(await digestFile(path), digest);
    const archive = await readArchive(path, { place: (array) => placeVectors(array, { storeBytes }) });
    assert.is(archive.arrays.get('vectors')!.more?.length, 2);
    const loaded = loadIndex(archive);
    assert.is(digestArrays(loaded.toArchive()), digest);
    assertSame(await (loaded as typeof one).search(queries, 5, search), answers);
    const whole = loadIndex(await readArchive(path));
    assertSame(await (whole as typeof one).search(queries, 5, search), answers);
  });
}

test('a graph built on one matrix is searched over three stores', async () => {
  const graphBase = createMatrix(ROWS, 2, base.data.slice(0, 2 * ROWS));
  const options = { graphBase, M: 4, efConstruction: 20 };
  const expected = await GraphIndex.build({ ...options, base });
  const index = await GraphIndex.build({ ...options, base: split(base), graphBase: split(graphBase) });
  const search = { ef: 20 };
  assertSame(await index.search(queries, 5, search), await expected.search(queries, 5, search));
  assertSame(await index.over(base).search(queries, 5, search), await expected.search(queries, 5, search));
});

test('an array in parts that are not whole rows of one size, or not all rows, is refused', () => {
  const vectors = (array: object): Archive['arrays'] =>
    new Map([['vectors', { ...vectorsArray(base), ...array } as never]]);
  const parts = (...lengths: number[]) => {
    const [data, ...more] = lengths.map((length) => new Float32Array(length));
    return { data, more };
  };
  assert.is(requireVectors(vectors(parts(120, 120, 60)), 'vectors', ROWS, DIM, 'here').rows, ROWS);
  for (const wrong of [parts(120, 60, 120), parts(125, 125, 50), parts(120, 120), parts(120, 120, 120)]) {
    assert.throws(() => requireVectors(vectors(wrong), 'vectors', ROWS, DIM, 'here'), /in parts of whole rows/);
  }
  assert.throws(
    () =>
      requireVectors(vectors({ data: new Float32Array(240), more: [new Int32Array(60)] }), 'vectors', ROWS, DIM, ''),
    /in parts of whole rows/,
  );
  assert.throws(() => requireVectors(vectors(parts(150, 150)), 'vectors', ROWS, 3, 'here'), /float32 \[50, 3\]/);
  const flat: Archive = { kind: 'flat', parameters: { rows: 49, dim: DIM }, arrays: vectors(parts(150, 150)) };
  assert.throws(() => loadIndex(flat), /float32 \[49, 6\]/);
});

test.run();
