import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { simdSupported } from '../../../kernels/backend.ts';
import { readIds } from '../../../src/io/ids.ts';
import { readVectors } from '../../../src/io/vectors.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import { nearest } from '../../../src/tensor/nearest/nearest.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { assertSame } from '../../support/same.ts';

function randomMatrix(rows: number, cols: number, stream: string, draw: (random: Random) => number): Matrix {
  const random = new Random(1, stream);
  return createMatrix(
    rows,
    cols,
    Float32Array.from({ length: rows * cols }, () => draw(random)),
  );
}

/** Whole numbers, so that every order of summation is exact: all pairs, sorted by (distance, id). */
function sorted(base: Matrix, queries: Matrix, k: number): { ids: number[]; distances: number[] } {
  const ids: number[] = [];
  const distances: number[] = [];
  for (let q = 0; q < queries.rows; q++) {
    const pairs = Array.from({ length: base.rows }, (_, id) => {
      let distance = 0;
      for (let j = 0; j < base.cols; j++)
        distance += (queries.data[q * base.cols + j]! - base.data[id * base.cols + j]!) ** 2;
      return { id, distance };
    });
    pairs.sort((a, b) => a.distance - b.distance || a.id - b.id);
    for (const { id, distance } of pairs.slice(0, k)) {
      ids.push(id);
      distances.push(distance);
    }
  }
  return { ids, distances };
}

test('nearest equals sorting all pairs, with ties, over several blocks of base and queries (d = 1, 3, 40, 960)', () => {
  for (const [n, m, dim, k] of [
    [2500, 3, 1, 60],
    [1500, 1100, 3, 5],
    [1700, 4, 40, 10],
    [150, 280, 960, 7],
  ] as const) {
    const base = randomMatrix(n, dim, 'base', (random) => random.below(4));
    const queries = randomMatrix(m, dim, 'query', (random) => random.below(4));
    const expected = sorted(base, queries, k);
    const found = nearest(base, queries, k);
    assert.equal([...found.ids.data], expected.ids, `n = ${n}, d = ${dim}`);
    assertSame([...found.distances.data], expected.distances, `n = ${n}, d = ${dim}`);
    assert.equal(found.counts, { distances: n * m, multiplyAdds: n * m * dim });
    assert.equal([found.ids.rows, found.ids.cols], [m, k]);
  }
});

test('reference and SIMD return the same bits', () => {
  if (!simdSupported()) return console.log('skip: no WebAssembly SIMD in this engine');
  for (const dim of [5, 64, 961]) {
    const base = randomMatrix(300, dim, 'base', (random) => random.normal());
    const queries = randomMatrix(20, dim, 'query', (random) => random.normal());
    const reference = nearest(base, queries, 30, { backend: 'reference' });
    assertSame(nearest(base, queries, 30, { backend: 'simd' }), reference, `d = ${dim}`);
  }
});

test('k = n returns every row; equal rows come in the order of their ids', () => {
  const base = createMatrix(7, 2);
  const found = nearest(base, createMatrix(2, 2), 7);
  assert.equal([...found.ids.data], [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6]);
  assertSame([...found.distances.data], new Array(14).fill(0));
});

test('values at the ends of the range are ranked as float64 ranks them; beyond, they are refused', () => {
  for (const scale of [2 ** 46, 2 ** -38]) {
    const base = createMatrix(
      4,
      1,
      Float32Array.of(1, 2, 3, 4).map((value) => scale * value),
    );
    const { ids, distances } = nearest(base, createMatrix(1, 1, Float32Array.of(3.9 * scale)), 4);
    assert.equal([...ids.data], [3, 2, 1, 0]);
    assert.ok(distances.data.every((value) => value > 0 && Number.isFinite(value)));
  }
  const query = createMatrix(1, 1);
  const far = createMatrix(4, 1, Float32Array.of(1e20, 2e20, 3e20, 4e20));
  assert.throws(
    () => nearest(far, query, 3),
    /^nearest: base: expected values from -2\^48 to 2\^48 .* at row 0, column 0/,
  );
  const near = createMatrix(3, 1, Float32Array.of(1e-23, 2e-23, 3e-23));
  assert.throws(() => nearest(near, query, 3), /^nearest: base: expected rows that differ by 2\^-40 .*multiply all/);
  assert.throws(
    () => nearest(createMatrix(4, 1), createMatrix(1, 1, Float32Array.of(1e20)), 3),
    /^nearest: queries: expected values from -2\^48/,
  );
});

test('no queries give an empty result', () => {
  const found = nearest(createMatrix(3, 2), createMatrix(0, 2), 1);
  assert.equal([found.ids.rows, found.ids.data.length, found.counts.distances], [0, 0, 0]);
});

test('progress rises to the number of pairs', () => {
  const seen: number[] = [];
  const totals = new Set<number>();
  nearest(createMatrix(3000, 2), createMatrix(1500, 2), 1, {
    onProgress: (done, total) => {
      seen.push(done);
      totals.add(total);
    },
  });
  assert.equal([...totals], [4_500_000]);
  assert.is(seen.at(-1), 4_500_000);
  assert.equal(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  assert.ok(seen.length > 2, `${seen.length} calls`);
});

test('arguments that do not fit are refused in one line', () => {
  const base = createMatrix(5, 3);
  assert.throws(
    () => nearest(base, createMatrix(1, 2), 1),
    /nearest: expected queries of 3 columns as in the base, got 2\./,
  );
  assert.throws(
    () => nearest(base, createMatrix(1, 3), 6),
    /nearest: expected k from 1 to 5 \(the rows of the base\), got 6\./,
  );
  assert.throws(() => nearest(base, createMatrix(1, 3), 0), /got 0\./);
  assert.throws(() => nearest(createMatrix(0, 3), createMatrix(1, 3), 1), /expected k from 1 to 0/);
  const bad = createMatrix(1, 3, Float32Array.of(0, Number.NaN, 0));
  assert.throws(() => nearest(base, bad, 1), /nearest: queries: expected finite values, got NaN at row 0, column 1\./);
  assert.throws(() => nearest(bad, createMatrix(1, 3), 1), /nearest: base: expected finite values/);
});

test('a value that is not finite is found in any row, by any number of queries', () => {
  for (const queries of [1, 4]) {
    for (const row of [0, 1023, 1024, 2999]) {
      const base = createMatrix(3000, 2);
      base.data[2 * row + 1] = Number.NEGATIVE_INFINITY;
      const place = new RegExp(`nearest: base: expected finite values, got -Infinity at row ${row}, column 1\\.`);
      assert.throws(() => nearest(base, createMatrix(queries, 2), 1), place);
    }
  }
});

test('ids equal the truth files of deep-like and gist-like (first 10,000 rows, 20 queries, 100 nearest)', async () => {
  for (const set of ['deep', 'gist']) {
    const folder = fileURLToPath(new URL(`../../../../shared/data/${set}-like/`, import.meta.url));
    if (!existsSync(folder)) return console.log('skip: ../shared/data is absent');
    const base = await readVectors(`${folder}${set}_base.fvecs`, { limit: 10_000 });
    const queries = await readVectors(`${folder}${set}_query.fvecs`, { limit: 20 });
    const truth = await readIds(`${folder}${set}_groundtruth_10k.ivecs`, { limit: 20 });
    assert.equal(nearest(base, queries, 100).ids, truth, set);
  }
});

test.run();
