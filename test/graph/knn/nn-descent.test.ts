import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { completeKnnGraph, type KnnGraph } from '../../../src/graph/knn/knn-graph.ts';
import { type NnDescentOptions, nnDescent } from '../../../src/graph/knn/nn-descent.ts';
import { referenceNnDescent } from '../../../src/graph/knn/reference.ts';
import { exactKnnGraph } from '../../../src/index/graph/exact-knn-graph.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import { MersenneTwister } from '../../../src/tensor/random/library-random.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { VectorSet } from '../../../src/tensor/vectors/vector-set.ts';
import { NaiveSource } from '../../support/naive-source.ts';
import { assertSame } from '../../support/same.ts';

function blobs(rows: number, cols: number, spread: number): Matrix {
  const random = new Random(3, 'blobs');
  const centers = Array.from({ length: 10 * cols }, () => spread * random.normal());
  const matrix = createMatrix(rows, cols);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < cols; i++) matrix.data[row * cols + i] = centers[(row % 10) * cols + i]! + random.normal();
  }
  return matrix;
}

const descend = (matrix: Matrix, options: NnDescentOptions): Promise<KnnGraph> =>
  nnDescent(new VectorSet(matrix), options);
const lists = ({ ids, distances, rows, K }: KnnGraph) => ({ ids: [...ids], distances: [...distances], rows, K });

/** K different ids a row, never the row itself, nearest first, smaller id first. */
function checkLists(graph: KnnGraph): void {
  const { rows, K, ids, distances } = graph;
  assert.equal([ids.length, distances.length], [rows * K, rows * K]);
  for (let row = 0; row < rows; row++) {
    const list = ids.subarray(row * K, (row + 1) * K);
    assert.is(new Set(list).size, K);
    list.forEach((id, i) => {
      assert.ok(id >= 0 && id < rows && id !== row);
      if (i === 0) return;
      const rise = distances[row * K + i]! - distances[row * K + i - 1]!;
      assert.ok(rise > 0 || (rise === 0 && id > list[i - 1]!));
    });
  }
}

function recall(graph: KnnGraph, exact: KnnGraph, rows: number): number {
  let hits = 0;
  for (let row = 0; row < rows; row++) {
    const truth = new Set(exact.ids.subarray(row * exact.K, row * exact.K + graph.K));
    for (const id of graph.ids.subarray(row * graph.K, (row + 1) * graph.K)) if (truth.has(id)) hits++;
  }
  return hits / (rows * graph.K);
}

test('equals the reference: 12 graphs with many equal distances', async () => {
  const random = new Random(1, 'naive');
  for (let trial = 0; trial < 12; trial++) {
    const n = 60 + random.below(60);
    const source = new NaiveSource(
      Array.from({ length: n }, () => Array.from({ length: 3 }, () => random.below(20))),
      trial % 2 === 0 ? 256 : 3,
    );
    const sizes = {
      K: 8,
      L: 8 + random.below(20),
      iter: 4 + random.below(4),
      S: 4 + random.below(5),
      R: 5 + random.below(9),
    };
    const graph = await nnDescent(source, sizes);
    const pair = (a: number, b: number): number => source.distance(source.vectors[a]!, source.vectors[b]!);
    const draws = new MersenneTwister(2021);
    const expected = referenceNnDescent(n, pair, sizes, (below) => draws.below(below));
    assert.ok(expected.every((list) => list.length === 8));
    assert.equal(
      [...graph.ids],
      expected.flat().map(({ id }) => id),
    );
    assertSame(
      [...graph.distances],
      expected.flat().map(({ distance }) => distance),
    );
  }
});

test('K different ids a row, never itself, sorted; the same again, and on both backends', async () => {
  const options = { K: 15, L: 25, iter: 6, S: 6, R: 20 };
  const copies = blobs(400, 6, 5);
  copies.data.copyWithin(6 * 100, 0, 6 * 100); // rows 100 to 199 repeat rows 0 to 99
  for (const matrix of [blobs(500, 7, 3), copies, createMatrix(300, 4)]) {
    const graph = await descend(matrix, options);
    checkLists(graph);
    assert.equal(lists(await descend(matrix, options)), lists(graph));
    const reference = await nnDescent(new VectorSet(matrix, { backend: 'reference' }), options);
    assert.equal(lists(reference), lists(graph));
    assert.equal(reference.counts, graph.counts);
  }
});

test('recall@20 of 10 blobs of 150 points never falls from round to round, and ends above 0.99', async () => {
  const matrix = blobs(1500, 16, 2);
  const exact = await exactKnnGraph(matrix, 20);
  let last = 0;
  for (let iter = 1; iter <= 6; iter++) {
    const found = recall(await descend(matrix, { K: 20, L: 40, iter, S: 10, R: 50 }), exact, 100);
    assert.ok(found >= last);
    last = found;
  }
  assert.ok(last > 0.99); // 1.0000
});

test('ten blobs far apart: recall@20 above 0.95', async () => {
  const matrix = blobs(1000, 8, 100);
  const exact = await exactKnnGraph(matrix, 20);
  const graph = await descend(matrix, { K: 20, L: 40, iter: 8, S: 10, R: 50 });
  checkLists(graph);
  assert.ok(recall(graph, exact, 1000) > 0.95); // 1.0000
});

test('is exact where no point has more than L others', async () => {
  for (const rows of [0, 1, 2, 3, 41]) {
    const matrix = blobs(rows, 5, 1);
    const exact = await exactKnnGraph(matrix, 10);
    assert.is(exact.K, Math.max(0, Math.min(10, rows - 1)));
    assert.equal(lists(await descend(matrix, { K: 10, L: 40, iter: 1, S: 5, R: 5 })), lists(exact));
    assert.equal(lists(completeKnnGraph(new VectorSet(matrix, { batch: 7 }), 10)), lists(exact));
  }
});

test('the exact graph equals all distances sorted, also among copies', async () => {
  for (const matrix of [blobs(200, 5, 1), createMatrix(30, 3)]) {
    const exact = await exactKnnGraph(matrix, 12);
    checkLists(exact);
    const source = new VectorSet(matrix, { batch: 256 });
    for (let row = 0; row < matrix.rows; row++) {
      for (let i = 0; i < matrix.rows; i++) source.ids[i] = i;
      source.measureFrom(row, matrix.rows);
      const all = Array.from({ length: matrix.rows }, (_, id) => ({ id, distance: source.distances[id]! }));
      all.sort((a, b) => a.distance - b.distance || a.id - b.id);
      const expected = all.filter(({ id }) => id !== row).slice(0, 12);
      assert.equal(
        [...exact.ids.subarray(row * 12, row * 12 + 12)],
        expected.map(({ id }) => id),
      );
      assertSame(
        [...exact.distances.subarray(row * 12, row * 12 + 12)],
        expected.map(({ distance }) => distance),
      );
    }
  }
});

test('lists that are short after one round are filled up', async () => {
  const graph = await descend(blobs(300, 4, 2), { K: 60, L: 60, iter: 1, S: 1, R: 1 });
  checkLists(graph);
});

test('counts its distances, and stops when nothing changes', async () => {
  const matrix = blobs(200, 4, 2);
  const source = new VectorSet(matrix);
  const few = await nnDescent(source, { K: 10, L: 20, iter: 30, S: 8, R: 20 });
  assert.equal(few.counts, source.counts);
  assert.is(few.counts.multiplyAdds, 4 * few.counts.distances);
  const many = await nnDescent(source, { K: 10, L: 20, iter: 1000, S: 8, R: 20 });
  assert.equal(many.counts, few.counts);
  assert.equal(source.counts.distances, 2 * few.counts.distances);
});

test('reports progress to the end and stops when aborted', async () => {
  const matrix = blobs(600, 64, 2);
  const options = { K: 30, L: 60, iter: 4, S: 30, R: 60 };
  const seen: number[] = [];
  await descend(matrix, { ...options, onProgress: (done, total) => seen.push(done / total) });
  assert.is(seen.at(-1), 1);
  assert.ok(seen.every((share, i) => i === 0 || share > seen[i - 1]!));
  for (const run of [
    (signal: AbortSignal) => descend(matrix, { ...options, signal }),
    (signal: AbortSignal) => exactKnnGraph(matrix, 5, { signal }),
  ]) {
    try {
      await run(AbortSignal.abort(new Error('enough')));
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).message, 'enough');
    }
  }
});

test('wrong options are refused in one line', async () => {
  const right = { K: 5, L: 10, iter: 2, S: 3, R: 4 };
  const matrix = blobs(30, 2, 1);
  const says = async (options: Partial<NnDescentOptions>, expected: string): Promise<void> => {
    try {
      await descend(matrix, { ...right, ...options });
      assert.unreachable();
    } catch (error) {
      assert.instance(error, RangeError);
      assert.is((error as Error).message, `nnDescent: expected ${expected}.`);
    }
  };
  const most = 2 ** 31 - 1;
  await says({ K: 0 }, `K to be a whole number from 1 to ${most}, got 0`);
  await says({ L: 4 }, `L to be a whole number from 5 to ${most}, got 4`);
  await says({ iter: 1.5 }, `iter to be a whole number from 1 to ${most}, got 1.5`);
  await says({ S: 11 }, 'S to be a whole number from 1 to 10, got 11');
  await says({ R: Number.NaN }, `R to be a whole number from 1 to ${most}, got NaN`);
  await says({ R: 2 ** 30 }, `at most 2^31 neighbors in all, got 30 points of ${2 ** 31}`);
  try {
    await exactKnnGraph(matrix, 0);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'exactKnnGraph: expected K to be a whole number from 1, got 0.');
  }
});

test.run();
