import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PcaCompressor, trainPca } from '../../../src/compress/projection/pca.ts';
import { generateManifold } from '../../../src/data/manifold.ts';
import { recallAt } from '../../../src/eval/recall.ts';
import { createMatrix, firstRows, type Matrix } from '../../../src/tensor/matrix.ts';
import { nearest } from '../../../src/tensor/nearest/nearest.ts';
import { normalMatrix } from '../../support/normals.ts';
import { assertSame } from '../../support/same.ts';

function digest(m: Matrix): string {
  return createHash('sha256').update(new Uint8Array(m.data.buffer)).digest('hex');
}

function squaredDistance(m: Matrix, i: number, j: number): number {
  let sum = 0;
  for (let c = 0; c < m.cols; c++) sum += (m.data[i * m.cols + c]! - m.data[j * m.cols + c]!) ** 2;
  return sum;
}

const { base, query } = generateManifold({ rows: 3000, queries: 200, dim: 48, seed: 1 });

test('known directions and variances: a diagonal line with a little spread across it', () => {
  const points = [-3, -3, 3, 3, -1, 1, 1, -1].map((value, i) => value + (i % 2 ? 7 : 5));
  const pca = trainPca(createMatrix(4, 2, Float32Array.from(points)), { dOut: 2 });
  assertSame([...pca.mean], [5, 7]);
  assertSame([...pca.variances], [9, 1]);
  const half = Math.fround(Math.SQRT1_2);
  for (const [i, expected] of [half, half, half, -half].entries()) {
    assert.ok(Math.abs(pca.directions.data[i]! - expected) < 1e-7, `${[...pca.directions.data]}`);
  }
});

test('directions are orthonormal within 1e-6, with their largest component positive', () => {
  const { directions } = trainPca(base, { dOut: 48 });
  for (let i = 0; i < 48; i++) {
    const row = [...directions.data.subarray(i * 48, (i + 1) * 48)];
    assert.ok(row.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0) > 0, `row ${i}`);
    for (let j = 0; j <= i; j++) {
      const product = row.reduce((sum, value, c) => sum + value * directions.data[j * 48 + c]!, 0);
      assert.ok(Math.abs(product - (i === j ? 1 : 0)) < 1e-6, `rows ${i}, ${j}: ${product}`);
    }
  }
});

test('variances descend, sum to the total variance, and are those of the encoded rows (within 1e-5)', () => {
  const pca = trainPca(base, { dOut: 12 });
  const variancesOf = (m: Matrix) =>
    Array.from({ length: m.cols }, (_, c) => {
      const column = Array.from({ length: m.rows }, (_, r) => m.data[r * m.cols + c]!);
      const mean = column.reduce((sum, value) => sum + value, 0) / m.rows;
      return column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / m.rows;
    });
  const total = variancesOf(base).reduce((sum, value) => sum + value, 0);
  const sum = pca.variances.reduce((all, value) => all + value, 0);
  assert.ok(Math.abs(sum / total - 1) < 1e-5, `${sum} and ${total}`);
  for (const [c, value] of variancesOf(pca.encode(base)).entries()) {
    assert.ok(Math.abs(value / pca.variances[c]! - 1) < 1e-5, `direction ${c}: ${value}, ${pca.variances[c]}`);
    if (c > 0) assert.ok(pca.variances[c]! <= pca.variances[c - 1]!);
  }
});

test('encoding never lengthens a distance, and keeps it within 1e-5 when dOut = dIn', () => {
  const few = firstRows(base, 60);
  const whole = trainPca(base, { dOut: 48 }).encode(few);
  const part = trainPca(base, { dOut: 12 }).encode(few);
  for (let i = 0; i < 60; i++) {
    for (let j = 0; j < i; j++) {
      const before = squaredDistance(few, i, j);
      assert.ok(Math.abs(squaredDistance(whole, i, j) / before - 1) < 1e-5);
      assert.ok(squaredDistance(part, i, j) <= before * (1 + 1e-6));
    }
  }
});

test('encode is W (x - mean), for rows in any company', () => {
  const pca = trainPca(base, { dOut: 5 });
  const all = pca.encode(base);
  for (const i of [0, 1023, 1024, 2999]) {
    const row = createMatrix(1, 48, base.data.slice(i * 48, (i + 1) * 48));
    assertSame([...pca.encode(row).data], [...all.data.subarray(i * 5, (i + 1) * 5)]);
    for (let o = 0; o < 5; o++) {
      let expected = 0;
      for (let c = 0; c < 48; c++) expected += pca.directions.data[o * 48 + c]! * (row.data[c]! - pca.mean[c]!);
      assert.ok(Math.abs(all.data[i * 5 + o]! - expected) < 1e-5);
    }
  }
});

test('PCA at 4x finds between 0.5 and 0.65 of the nearest neighbors of generated vectors (5,000 x 128): neither easy nor hopeless', () => {
  const data = generateManifold({ rows: 5000, queries: 200, dim: 128, seed: 1 });
  const pca = trainPca(data.base, { dOut: 32 });
  const truth = nearest(data.base, data.query, 1);
  const found = nearest(pca.encode(data.base), pca.encode(data.query), 1);
  const share = recallAt(found.ids, truth.ids, 1);
  assert.ok(share > 0.5 && share < 0.65, `${share}`); // 0.545
});

test('training and encoding give the same bits on every backend and engine', () => {
  const small = generateManifold({ rows: 300, queries: 0, dim: 24, seed: 1 }).base;
  for (const backend of ['auto', 'reference'] as const) {
    const pca = trainPca(small, { dOut: 6, backend });
    assert.is(digest(pca.directions), 'ad1913bb3d6256a91e38dc6dae7de6f49add56780ec2849fe16b5b4321f7a322', backend);
    const encoded = pca.encode(small, { backend });
    assert.is(digest(encoded), '81ce1e2221b34451337f43059cd7515f60c906f00fd0a79f2236e5a62b338585', backend);
  }
});

test('rows that span three of ten dimensions have no negative variance', () => {
  const [coordinates, directions] = [normalMatrix(1000, 3, 'low rank'), normalMatrix(3, 10, 'directions')];
  const low = createMatrix(1000, 10);
  for (let i = 0; i < low.data.length; i++) {
    const [row, col] = [Math.floor(i / 10), i % 10];
    for (let k = 0; k < 3; k++) low.data[i]! += coordinates.data[3 * row + k]! * directions.data[10 * k + col]!;
  }
  const { variances } = trainPca(low, { dOut: 8 });
  assert.ok(variances[2]! > 0.1 && variances[3]! < 1e-4);
  assert.ok(variances.every((value) => value >= 0));
});

test('limit learns from the first rows only', () => {
  const limited = trainPca(base, { dOut: 4, limit: 500 });
  assertSame(limited, trainPca(firstRows(base, 500), { dOut: 4 }));
});

test('a saved model encodes the same', () => {
  const pca = trainPca(base, { dOut: 7 });
  const named = pca.toNamedArrays();
  assert.equal(named.metadata, { method: 'pca' });
  const loaded = PcaCompressor.fromNamedArrays(named);
  assert.equal([loaded.method, loaded.dIn, loaded.dOut], ['pca', 48, 7]);
  assertSame(loaded.encode(query), pca.encode(query));
  const arrays = new Map(named.arrays);
  arrays.delete('mean');
  assert.throws(() => PcaCompressor.fromNamedArrays({ ...named, arrays }), /PCA model: expected array "mean"/);
  const mean = { shape: [48], data: new Float32Array(48).fill(Number.NaN) };
  assert.throws(
    () => PcaCompressor.fromNamedArrays({ ...named, arrays: new Map(named.arrays).set('mean', mean) }),
    /PCA model: mean: expected finite values, got NaN at row 0, column 0\./,
  );
  const variances = { shape: [48], data: new Float32Array(48).fill(Number.POSITIVE_INFINITY) };
  assert.throws(
    () => PcaCompressor.fromNamedArrays({ ...named, arrays: new Map(named.arrays).set('variances', variances) }),
    /PCA model: variances: expected finite values, got Infinity at row 0, column 0\./,
  );
});

test('a model of no width, or of more outputs than inputs, is refused', () => {
  const row = (length: number) => ({ shape: [length], data: new Float32Array(length) });
  for (const [dOut, dIn] of [
    [0, 4],
    [5, 4],
  ] as const) {
    const directions = { shape: [dOut, dIn], data: new Float32Array(dOut * dIn).fill(1) };
    const arrays = new Map([
      ['directions', directions],
      ['mean', row(dIn)],
      ['variances', row(dIn)],
    ]);
    assert.throws(
      () => PcaCompressor.fromNamedArrays({ arrays, metadata: { method: 'pca' } }),
      new RegExp(`^PCA model: expected dOut to be a whole number from 1 to 4, got ${dOut}\\.$`),
    );
  }
});

test('arguments that do not fit are refused', () => {
  assert.throws(() => trainPca(base, { dOut: 49 }), /trainPca: expected dOut from 1 to 48 .*, got 49\./);
  assert.throws(() => trainPca(base, { dOut: 0 }), /got 0\./);
  assert.throws(
    () => trainPca(base, { dOut: 12, limit: 12 }),
    /expected more than 12 rows to find 12 directions, got 12\./,
  );
  assert.throws(() => trainPca(base, { dOut: 12, limit: 3001 }), /firstRows: expected at most 3000 rows, got 3001\./);
  const bad = createMatrix(3, 2, Float32Array.of(1, 2, 3, Number.NaN, 5, 6));
  assert.throws(() => trainPca(bad, { dOut: 1 }), /trainPca: expected finite values, got NaN at row 1, column 1\./);
  const pca = trainPca(base, { dOut: 3 });
  assert.throws(() => pca.encode(createMatrix(1, 47)), /PcaCompressor\.encode: expected 48 columns, got 47\./);
  const infinite = createMatrix(1, 48);
  infinite.data[3] = Number.POSITIVE_INFINITY;
  assert.throws(() => pca.encode(infinite), /expected finite values, got Infinity at row 0, column 3\./);
  const large = createMatrix(1, 48, new Float32Array(48).fill(3e38));
  assert.throws(
    () => pca.encode(large),
    /^PcaCompressor\.encode: expected values from -2\^48 to 2\^48 .* at row 0, column 0/,
  );
  assert.is(pca.encode(createMatrix(0, 48)).rows, 0);
});

test.run();
