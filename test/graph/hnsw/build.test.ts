import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LayeredGraph } from '../../../src/graph/adjacency.ts';
import { CandidatePool } from '../../../src/graph/candidate-pool.ts';
import { buildHnsw, type HnswOptions } from '../../../src/graph/hnsw/build.ts';
import { HNSW_PROFILES } from '../../../src/graph/hnsw/profile.ts';
import { insert, type ReferenceHnsw, search } from '../../../src/graph/hnsw/reference.ts';
import { searchGraph, VisitedSet } from '../../../src/graph/search.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { VectorSet } from '../../../src/tensor/vectors/vector-set.ts';
import { checkGraph, graphContents } from '../../support/graph-invariants.ts';
import { NaiveSource } from '../../support/naive-source.ts';
import { messageOf } from '../../support/rejects.ts';

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/hnsw-16.json', import.meta.url), 'utf8'));

function clusters(rows: number, cols: number, seed: number): Matrix {
  const random = new Random(seed, 'clusters');
  const centers = Array.from({ length: 10 * cols }, () => 4 * random.normal());
  const matrix = createMatrix(rows, cols);
  for (let row = 0; row < rows; row++) {
    const center = random.below(10) * cols;
    for (let i = 0; i < cols; i++) matrix.data[row * cols + i] = centers[center + i]! + random.normal();
  }
  return matrix;
}

const build = async (matrix: Matrix, options: HnswOptions, backend: 'reference' | 'simd' | 'auto' = 'auto') => {
  const attachable = (options.threads ?? 1) - 1;
  return (await buildHnsw(new VectorSet(matrix, { backend, attachable }), options)).graph;
};

for (const profile of ['faiss', 'hnswlib'] as const) {
  test(`the ${profile} profile builds the library's graph of 16 points, list for list`, async () => {
    const points = createMatrix(16, 2, Float32Array.from(fixture.points.flat()));
    const graph = await build(points, { M: 2, efConstruction: 8, profile });
    const expected = fixture[profile];
    assert.is(graph.entry, expected.entry);
    assert.is(graph.maxLevel, expected.maxLevel);
    const lists = Array.from({ length: 16 }, (_, node) =>
      Array.from({ length: graph.levels[node]! + 1 }, (_, level) => [...graph.neighbors(node, level)]),
    );
    assert.equal(lists, expected.lists);
  });
}

/** The graph of the same points by the reference. */
function asPrinted(
  source: NaiveSource,
  levels: Int32Array,
  parameters: Pick<ReferenceHnsw, 'M' | 'efConstruction' | 'extendCandidates' | 'keepPrunedConnections'>,
  baseLinks?: number,
): ReferenceHnsw {
  const { M } = parameters;
  const { vectors, originals } = source;
  const distance = (a: number, b: number): number => source.distance(vectors[a]!, vectors[b]!);
  const [M0, Mmax0] = [baseLinks ?? M, baseLinks ?? 2 * M];
  const hnsw: ReferenceHnsw = { ...parameters, M0, Mmax: M, Mmax0, distance, layers: [] };
  for (const [q, l] of levels.entries()) insert(hnsw, q, l, (e) => source.distance(originals[q]!, vectors[e]!));
  return hnsw;
}

function assertSame(graph: LayeredGraph, { layers, ep = -1 }: ReferenceHnsw): void {
  assert.equal([graph.entry, graph.maxLevel], [ep, layers.length - 1]);
  for (let node = 0; node < graph.size; node++) {
    for (let level = 0; level <= graph.levels[node]!; level++) {
      assert.equal([...graph.neighbors(node, level)], layers[level]!.get(node));
    }
  }
}

test('canonical equals the reference, link for link: 48 graphs with many ties, copies, M = 2, both flags, 1 to 90 points', async () => {
  const random = new Random(5, 'naive');
  for (let trial = 0; trial < 48; trial++) {
    const n = trial % 8 === 7 ? 1 + random.below(4) : 90;
    const side = trial % 6 === 5 ? 3 : 15; // at most 27 different points: copies
    const vectors = Array.from({ length: n }, () => Array.from({ length: 3 }, () => random.below(side)));
    const parameters = {
      M: trial % 5 === 0 ? 2 : 2 + random.below(6),
      efConstruction: 1 + random.below(45),
      extendCandidates: trial % 4 === 3,
      keepPrunedConnections: trial % 3 === 2,
    };
    const source = new NaiveSource(vectors);
    const { graph } = await buildHnsw(source, { ...parameters, seed: trial });
    const reference = asPrinted(source, graph.levels, parameters);
    assertSame(graph, reference);
    const [pool, visited] = [new CandidatePool(), new VisitedSet(n)];
    for (let query = 0; query < 5; query++) {
      source.query = Array.from({ length: 3 }, () => random.below(side));
      const ef = 1 + random.below(30);
      searchGraph(graph, ef, { source, pool, visited });
      const found = Array.from({ length: pool.size }, (_, i) => ({ id: pool.id(i), distance: pool.distances[i]! }));
      const expected = search(reference, (e) => source.distance(source.query, vectors[e]!), ef, ef);
      assert.equal(found, expected);
    }
  }
});

test('real vectors: the graph of the kernels equals the reference over their distances', async () => {
  const matrix = clusters(300, 10, 12);
  const source = new VectorSet(matrix);
  const distance = (a: number, b: number): number => {
    source.ids[0] = b;
    source.measureFrom(a, 1);
    return source.distances[0]!;
  };
  const { graph } = await buildHnsw(new VectorSet(matrix), { M: 5, efConstruction: 30 });
  const hnsw: ReferenceHnsw = { M: 5, Mmax: 5, Mmax0: 10, efConstruction: 30, distance, layers: [] };
  for (const [q, l] of graph.levels.entries()) insert(hnsw, q, l);
  assertSame(graph, hnsw);
});

test('with few links at level 0, over points that are other vectors as queries, it equals the reference: 20 graphs', async () => {
  const random = new Random(6, 'asymmetric');
  for (let trial = 0; trial < 20; trial++) {
    const originals = Array.from({ length: 90 }, () => Array.from({ length: 3 }, () => random.below(40)));
    const stored = originals.map((vector) => vector.map((value) => 8 * Math.round(value / 8)));
    const [M, efConstruction, baseLinks] = [3 + random.below(6), 5 + random.below(40), 1 + random.below(4)];
    const source = new NaiveSource(stored, 256, trial % 2 === 0 ? originals : stored);
    const { graph } = await buildHnsw(source, { M, efConstruction, seed: trial, baseLinks });
    assert.equal([graph.base.capacity, graph.upper.capacity], [baseLinks, M]);
    assertSame(graph, asPrinted(source, graph.levels, { M, efConstruction }, baseLinks));
  }
});

test('the invariants hold in every profile, and a second build is identical', async () => {
  const matrix = clusters(700, 9, 1);
  for (const profile of HNSW_PROFILES) {
    for (const M of [2, 5, 12]) {
      const graph = await build(matrix, { M, efConstruction: 30, profile });
      checkGraph(graph);
      assert.equal(graphContents(await build(matrix, { M, efConstruction: 30, profile })), graphContents(graph));
    }
  }
});

test('the graph is the same on the reference and the SIMD backend', async () => {
  const matrix = clusters(300, 13, 2);
  for (const profile of HNSW_PROFILES) {
    const [a, b] = [
      await build(matrix, { M: 6, efConstruction: 40, profile }, 'reference'),
      await build(matrix, { M: 6, efConstruction: 40, profile }, 'simd'),
    ];
    assert.equal(graphContents(a), graphContents(b));
  }
});

test('moving integer vectors by an integer and doubling vectors leave the graph as it is', async () => {
  const random = new Random(3, 'integers');
  const data = Float32Array.from({ length: 400 * 6 }, () => random.below(100));
  const moved = data.map((value) => value + 1000);
  const doubled = data.map((value) => 2 * value);
  for (const profile of HNSW_PROFILES) {
    const options = { M: 6, efConstruction: 40, profile };
    const graph = graphContents(await build(createMatrix(400, 6, data), options));
    assert.equal(graphContents(await build(createMatrix(400, 6, moved), options)), graph);
    assert.equal(graphContents(await build(createMatrix(400, 6, doubled), options)), graph);
  }
});

test('no, one and two points', async () => {
  for (const profile of HNSW_PROFILES) {
    const of = (rows: number) => build(clusters(rows, 3, 4), { M: 4, efConstruction: 10, profile });
    const [none, one, two] = [await of(0), await of(1), await of(2)];
    assert.equal([none.entry, none.maxLevel], [-1, -1]);
    assert.is(one.entry, 0);
    assert.equal([...one.neighbors(0, 0)], []);
    assert.equal([[...two.neighbors(0, 0)], [...two.neighbors(1, 0)]], [[1], [0]]);
    for (const graph of [none, one, two]) checkGraph(graph);
  }
});

test('extendCandidates makes neighbors of candidates candidates; the invariants hold', async () => {
  const matrix = clusters(400, 5, 6);
  const plain = await build(matrix, { M: 6, efConstruction: 8 });
  const extended = await build(matrix, { M: 6, efConstruction: 8, extendCandidates: true });
  checkGraph(extended);
  assert.not.equal(graphContents(extended), graphContents(plain));
});

test('keepPrunedConnections fills the lists: every list above M points has at least M links', async () => {
  const graph = await build(clusters(400, 5, 7), { M: 6, efConstruction: 30, keepPrunedConnections: true });
  checkGraph(graph);
  for (let node = 7; node < 400; node++) assert.ok(graph.base.degrees[node]! >= 6);
});

test('rows that another represents stay outside the graph', async () => {
  const representatives = Int32Array.from({ length: 50 }, (_, row) => row % 25);
  const graph = await build(clusters(50, 3, 8), { M: 4, efConstruction: 10, representatives });
  checkGraph(graph);
  for (let row = 25; row < 50; row++) assert.equal([graph.levels[row], graph.base.degrees[row]], [-1, 0]);
  for (let row = 0; row < 25; row++) assert.ok(graph.base.degrees[row]! > 0);
});

test('progress rises to the total, and an abort ends the build with its reason', async () => {
  const source = new NaiveSource(Array.from({ length: 60 }, (_, i) => [i % 7, i]));
  // Work is counted in multiply-adds: make each distance count as much as a long turn.
  const distance = source.distance.bind(source);
  source.distance = (a, b) => {
    source.counts.multiplyAdds += 1e8;
    return distance(a, b);
  };
  const seen: number[] = [];
  await buildHnsw(source, { M: 4, efConstruction: 8, onProgress: (done, total) => seen.push(done / total) });
  assert.is(seen.at(-1), 1);
  assert.ok(seen.length > 10);
  for (let i = 1; i < seen.length; i++) assert.ok(seen[i]! >= seen[i - 1]!);

  const controller = new AbortController();
  const onProgress = (): void => controller.abort(new Error('enough'));
  const error = await buildHnsw(source, { M: 4, efConstruction: 8, onProgress, signal: controller.signal }).then(
    () => undefined,
    (reason) => reason,
  );
  assert.is(error?.message, 'enough');
});

test('options out of range are refused in one line', async () => {
  const refused = async (options: object): Promise<string> => {
    try {
      await build(clusters(5, 3, 9), { M: 4, efConstruction: 10, ...options });
    } catch (error) {
      return (error as Error).message;
    }
    return 'accepted';
  };
  assert.is(await refused({ M: 1 }), 'buildHnsw: expected M to be a whole number from 2, got 1.');
  assert.is(await refused({ M: 2.5 }), 'buildHnsw: expected M to be a whole number from 2, got 2.5.');
  assert.is(await refused({ M: 129 }), 'buildHnsw: expected a source that takes 258 points a call, got 256.');
  assert.is(await refused({ baseLinks: 0 }), 'buildHnsw: expected baseLinks to be a whole number from 1, got 0.');
  assert.match(await refused({ baseLinks: 300 }), /takes 300 points a call, got 256/);
  // Beside a list, an asymmetric source is asked for the new point.
  const rows = [[1], [2], [3]];
  const asymmetric = new NaiveSource(rows, 64, rows.slice());
  const message = await messageOf(() => buildHnsw(asymmetric, { M: 32, efConstruction: 10 }));
  assert.is(message, 'buildHnsw: expected a source that takes 65 points a call, got 64.');
  assert.is((await buildHnsw(new NaiveSource(rows, 64), { M: 32, efConstruction: 10 })).graph.size, 3);
  assert.is(
    await refused({ efConstruction: 0 }),
    'buildHnsw: expected efConstruction to be a whole number from 1, got 0.',
  );
  assert.is(
    await refused({ profile: 'other' }),
    'buildHnsw: expected profile to be one of canonical, faiss, hnswlib, batch, got other.',
  );
});

test.run();
