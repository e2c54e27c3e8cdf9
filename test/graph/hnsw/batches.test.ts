import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildHnsw, type HnswOptions } from '../../../src/graph/hnsw/build.ts';
import { searchLayer, selectNeighbors } from '../../../src/graph/hnsw/reference.ts';
import { batchEnd, largestBatch } from '../../../src/graph/hnsw/schedule.ts';
import type { Near } from '../../../src/graph/near.ts';
import { graphStatistics } from '../../../src/graph/statistics.ts';
import { GraphIndex } from '../../../src/index/graph/graph-index.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import { nearest } from '../../../src/tensor/nearest/nearest.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { VectorSet } from '../../../src/tensor/vectors/vector-set.ts';
import { checkGraph, graphContents } from '../../support/graph-invariants.ts';
import { NaiveSource } from '../../support/naive-source.ts';
import { normalMatrix } from '../../support/normals.ts';

function rowsOf(rows: number, cols: number, value: (row: number, col: number, noise: number) => number): Matrix {
  const random = new Random(1, 'batches in order');
  const numbers = Array.from({ length: rows * cols }, (_, i) => value(Math.floor(i / cols), i % cols, random.normal()));
  return createMatrix(rows, cols, Float32Array.from(numbers));
}

async function build(matrix: Matrix, options: HnswOptions, backend: 'reference' | 'simd' | 'auto' = 'auto') {
  const source = new VectorSet(matrix, { backend, attachable: (options.threads ?? 1) - 1 });
  return buildHnsw(source, { profile: 'batch', ...options });
}

/** All lists, built as the profile is described: a batch looks at the lists as they were before it, and at its points so far. */
function naiveBatches(source: NaiveSource, levels: Int32Array, M: number, ef: number): (readonly number[])[][] {
  const pair = (a: number, b: number): number => source.distance(source.vectors[a]!, source.vectors[b]!);
  const top = Math.max(...levels);
  const lists = Array.from({ length: top + 1 }, () => Array.from({ length: source.size }, (): number[] => []));
  const rules = { distance: pair, layers: [] };
  const order = Int32Array.from(levels.keys());
  let entry = 0;
  for (let first = 1; first < source.size; ) {
    const end = batchEnd(order, { levels, maxLevel: levels[entry]! }, first, largestBatch(source.size, ef));
    const chosen: [q: number, level: number, ids: number[]][] = [];
    for (let q = first; q < end; q++) {
      const search = (entries: Near[], count: number, level: number): Near[] =>
        searchLayer(
          (id) => pair(q, id),
          entries,
          count,
          (id) => lists[level]![id]!,
        );
      let found = [{ id: entry, distance: pair(q, entry) }];
      for (let level = levels[entry]!; level > levels[q]!; level--) found = search(found, 1, level);
      for (let level = Math.min(levels[entry]!, levels[q]!); level >= 0; level--) {
        found = search(found, ef, level);
        const siblings: Near[] = [];
        for (let id = first; id < q; id++) if (levels[id]! >= level) siblings.push({ id, distance: pair(q, id) });
        const all = [...found, ...siblings].sort((a, b) => a.distance - b.distance || a.id - b.id);
        chosen.push([q, level, selectNeighbors(q, all.slice(0, ef), M, level, rules)]);
      }
    }
    const grown = new Map<number[], [node: number, level: number]>();
    for (const [q, level, ids] of chosen) lists[level]![q] = ids;
    for (const [q, level, ids] of chosen) {
      for (const id of ids) {
        lists[level]![id]!.push(q);
        grown.set(lists[level]![id]!, [id, level]);
      }
    }
    for (const [list, [node, level]] of grown) {
      const cap = level === 0 ? 2 * M : M;
      if (list.length <= cap) continue;
      const candidates = list.map((id) => ({ id, distance: pair(node, id) }));
      lists[level]![node] = selectNeighbors(node, candidates, cap, level, rules);
    }
    if (levels[end - 1]! > levels[entry]!) entry = end - 1;
    first = end;
  }
  return lists;
}

test('the batch profile equals its description written out naively, with many ties', async () => {
  const random = new Random(7, 'naive');
  const vectors = Array.from({ length: 1400 }, () => Array.from({ length: 3 }, () => random.below(15)));
  vectors.splice(1100, 200, ...vectors.slice(1100, 1300).sort((a, b) => a[0]! - b[0]!)); // neighbors in one batch
  const source = new NaiveSource(vectors);
  const { graph } = await buildHnsw(source, { M: 3, efConstruction: 14, profile: 'batch' });
  const expected = naiveBatches(source, graph.levels, 3, 14);
  for (let node = 0; node < vectors.length; node++) {
    for (let level = 0; level <= graph.levels[node]!; level++) {
      assert.equal([...graph.neighbors(node, level)], expected[level]![node]);
    }
  }
});

test('1, 2 and 5 threads, with SIMD and without, build the same graph with the same work', async () => {
  const matrix = normalMatrix(1600, 11, 'batches 1');
  const first = await build(matrix, { M: 4, efConstruction: 20 });
  checkGraph(first.graph);
  for (const [threads, backend] of [
    [2, 'auto'],
    [5, 'auto'],
    [2, 'reference'],
  ] as const) {
    const again = await build(matrix, { M: 4, efConstruction: 20, threads }, backend);
    assert.equal(graphContents(again.graph), graphContents(first.graph));
    assert.equal(again.counts, first.counts);
  }
});

test('copies of vectors, and fewer points than threads, change nothing of that', async () => {
  const copies = normalMatrix(1500, 4, 'batches 2');
  copies.data.copyWithin(0, 4 * 1200);
  for (const base of [copies, normalMatrix(3, 5, 'batches 3')]) {
    const one = await GraphIndex.build({ base, M: 4, efConstruction: 10, profile: 'batch' });
    const five = await GraphIndex.build({ base, M: 4, efConstruction: 10, profile: 'batch', threads: 5 });
    assert.equal(graphContents(five.graph), graphContents(one.graph));
    assert.equal(five.buildCounts, one.buildCounts);
  }
});

test('as many points can be reached and found as after one insertion after the other', async () => {
  const base = normalMatrix(2500, 16, 'batches 4');
  const batch = await GraphIndex.build({ base, M: 6, efConstruction: 40, profile: 'batch' });
  const sequential = await GraphIndex.build({ base, M: 6, efConstruction: 40 });
  const share = (index: GraphIndex) => graphStatistics(index.graph).reachableFraction;
  assert.ok(share(batch) >= share(sequential) - 0.001); // both 1
  const self = async (index: GraphIndex) => {
    const { ids } = await index.search(base, 1, { ef: 10 });
    return ids.data.filter((id, row) => id === row).length;
  };
  const [ours, theirs] = [await self(batch), await self(sequential)];
  assert.ok(ours > 0.995 * theirs, `${ours} of ${theirs}`);
});

/** Rows in order, M, and efConstruction. */
const ordered: readonly [name: string, base: Matrix, M: number, efConstruction: number][] = [
  ['a line', rowsOf(3000, 1, (row) => row), 4, 20],
  ['a line, reversed', rowsOf(3000, 1, (row) => -row), 4, 20],
  ['a path', rowsOf(3000, 8, (row, col) => Math.sin((row / 300) * (1 + col / 4) + col * col)), 8, 50],
  ['labels', rowsOf(3000, 8, (row, col, noise) => 10 * Math.sin(30 * col + Math.floor(row / 150)) + noise), 8, 50],
  ['copies, one beside the other', rowsOf(3000, 2, (row) => Math.floor(row / 3)), 4, 20],
];

for (const [name, base, M, efConstruction] of ordered) {
  test(`rows in order are reached and found as after one insertion after the other: ${name}`, async () => {
    const truth = nearest(base, base, 10, {}).distances.data;
    const measured = async (profile: 'batch' | 'canonical') => {
      const index = await GraphIndex.build({ base, M, efConstruction, profile });
      const { distances } = await index.search(base, 10, { ef: 20 });
      const right = distances.data.filter((x, i) => x <= truth[10 * Math.floor(i / 10) + 9]!).length;
      return { reachable: index.statistics().reachableFraction, recall: right / distances.data.length };
    };
    const [batch, canonical] = [await measured('batch'), await measured('canonical')];
    assert.ok(batch.reachable >= canonical.reachable - 0.001, `${batch.reachable}, canonical ${canonical.reachable}`);
    assert.ok(batch.recall >= canonical.recall - 0.005, `${batch.recall}, canonical ${canonical.recall}`);
  });
}

test('the schedule: one after the other first, then growing batches; a point above all levels ends its batch', () => {
  const order = Int32Array.from({ length: 100_000 }, (_, i) => i);
  const levels = new Int32Array(order.length);
  levels[2000] = 3;
  const graph = { levels, maxLevel: 2 };
  const largest = largestBatch(order.length, 2000);
  assert.is(largest, 500);
  assert.is(largestBatch(order.length, 100), 50);
  assert.is(largestBatch(order.length, 1), 1);
  assert.is(batchEnd(order, graph, 999, largest), 1000);
  assert.is(batchEnd(order, graph, 1000, largest), 1100);
  assert.is(batchEnd(order, graph, 1950, largest), 2001);
  assert.is(batchEnd(order, graph, 50_000, largest), 50_500);
  assert.is(batchEnd(order, graph, 99_900, largest), 100_000);
});

test('progress rises, and a build by two threads stops when it is aborted', async () => {
  const source = new VectorSet(normalMatrix(1300, 8, 'batches 5'), { attachable: 1 });
  let looked = 0; // as if every look came after much work
  Object.defineProperty(source, 'counts', { get: () => ({ distances: 0, multiplyAdds: (looked += 1e8) }) });
  const controller = new AbortController();
  const seen: number[] = [];
  const onProgress = (done: number): void => {
    seen.push(done);
    if (done >= 1010) controller.abort(new Error('enough'));
  };
  const options = { M: 4, efConstruction: 10, profile: 'batch', threads: 2, onProgress, signal: controller.signal };
  const error = await buildHnsw(source, options as HnswOptions).then(
    () => undefined,
    (reason) => reason,
  );
  assert.is(error?.message, 'enough');
  assert.ok(seen.length > 100);
  for (let i = 1; i < seen.length; i++) assert.ok(seen[i]! >= seen[i - 1]!);
  assert.ok(seen.at(-1)! >= 1010 && seen.at(-1)! < 1300, `${seen.at(-1)}`);
});

test('what cannot be done by several threads is refused in one line', async () => {
  const refused = async (options: object): Promise<string> => {
    try {
      await build(normalMatrix(5, 3, 'batches 6'), { M: 4, efConstruction: 10, ...options });
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  assert.is(await refused({ threads: 1.5 }), 'threads: expected a whole number from 1, got 1.5.');
  assert.is(
    await refused({ extendCandidates: true }),
    'buildHnsw: expected profile batch without extendCandidates, got both.',
  );
});

test.run();
