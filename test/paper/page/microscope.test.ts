import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CompressedVersion, microscope, quantile } from '../../../src/paper/page/microscope.ts';
import { microscopeBlocks, microscopeTable } from '../../../src/paper/page/microscope-report.ts';
import { htmlPage } from '../../../src/report/html-page.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import { nearest } from '../../../src/tensor/nearest/nearest.ts';
import { Random } from '../../../src/tensor/random/random.ts';

const OPTIONS = { seed: 3, queries: 20, pairs: 200 };

function normals(rows: number, cols: number, stream: string): Matrix {
  const random = new Random(1, stream);
  return createMatrix(
    rows,
    cols,
    Float32Array.from({ length: rows * cols }, () => random.normal()),
  );
}

function map(m: Matrix, change: (value: number, col: number) => number): Matrix {
  return createMatrix(
    m.rows,
    m.cols,
    m.data.map((value, i) => change(value, i % m.cols)),
  );
}

const original = { base: normals(5000, 8, 'base'), query: normals(30, 8, 'query') };
const truth = nearest(original.base, original.query, 100).ids;
const see = (...versions: CompressedVersion[]) => microscope(original, truth, versions, OPTIONS);

test('the vectors themselves overlap fully, move nothing and err by 0; so do they doubled', () => {
  const doubled = { name: 'doubled', base: map(original.base, (x) => 2 * x), query: map(original.query, (x) => 2 * x) };
  const [same, twice] = see({ name: 'same', ...original }, doubled);
  for (const reading of [same!, twice!]) {
    for (const [k, share] of reading.overlap) assert.is(share, 1, `${k}`);
    assert.is(quantile(reading.displacements, 1), 0);
    assert.equal([reading.near.error, reading.far.error, reading.far.stretch], [0, 0, 0]);
  }
  assert.equal([same!.scale, twice!.scale], [1, 0.5]);
  assert.is(same!.displacements.length, 200);
  for (const [before, after] of same!.far.points) assert.is(before, after);
});

test('on a line where each place is known, reversed ranks are displaced by their distance in rank', () => {
  // The query at 0 and rows at 1..20; compression maps row x to 21 - x: the true rank r becomes 19 - r.
  const line = {
    base: createMatrix(
      20,
      1,
      Float32Array.from({ length: 20 }, (_, i) => i + 1),
    ),
    query: createMatrix(1, 1),
  };
  const reversed = { name: 'reversed', base: map(line.base, (x) => 21 - x), query: line.query };
  const ranks = { rows: 1, cols: 20, data: Int32Array.from({ length: 20 }, (_, i) => i) };
  const [found] = microscope(line, ranks, [reversed], OPTIONS);
  assert.equal([...found!.displacements], [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
  assert.equal(found!.overlap, [
    [1, 0],
    [2, 0],
    [5, 0],
    [10, 0],
    [20, 1],
  ]);
});

test('near and far errors are those of the distances, after the scale that near pairs fix', () => {
  // Near rows at distance 1, far rows at 10 before and 15 after: near stays, far is half too long.
  const base = createMatrix(
    1010,
    1,
    Float32Array.from({ length: 1010 }, (_, i) => (i < 10 ? 1 : 10)),
  );
  const query = createMatrix(1, 1);
  const ranks = { rows: 1, cols: 10, data: Int32Array.from({ length: 10 }, (_, i) => i) };
  const stretched = { name: 'stretched', base: map(base, (x) => (x === 10 ? 30 : 2)), query };
  const [found] = microscope({ base, query }, ranks, [stretched], { ...OPTIONS, pairs: 500 });
  assert.is(found!.scale, 0.5);
  assert.is(found!.near.error, 0);
  const share = found!.far.points.filter(([before]) => before === 10).length / 500;
  assert.ok(share > 0.97); // measured: 0.99
  assert.ok(Math.abs(found!.far.error - 0.5 * share) < 1e-12);
  assert.ok(Math.abs(found!.far.stretch - found!.far.error) < 1e-12);
});

test('displaced places agree with a sort of all rows, ties to the smaller id', () => {
  const coarse = (m: Matrix) => map(m, (x, col) => (col < 3 ? Math.round(2 * x) : 0));
  const version = { name: 'coarse', base: coarse(original.base), query: coarse(original.query) };
  const [found] = see(version);
  const expected: number[] = [];
  for (let q = 0; q < 20; q++) {
    const distance = (id: number) => {
      let sum = 0;
      for (let c = 0; c < 3; c++) sum += (version.query.data[q * 8 + c]! - version.base.data[id * 8 + c]!) ** 2;
      return sum;
    };
    const order = Array.from({ length: 5000 }, (_, id) => [distance(id), id] as const).sort(
      (a, b) => a[0] - b[0] || a[1] - b[1],
    );
    const places = new Map(order.map(([, id], place) => [id, place]));
    for (let r = 0; r < 10; r++) expected.push(Math.abs(places.get(truth.data[q * 100 + r]!)! - r));
  }
  assert.equal(
    [...found!.displacements],
    expected.sort((a, b) => a - b),
  );
  assert.ok(found!.overlap[0]![1] < 1);
});

test('the same seed gives the same figures on both backends, another seed other pairs', () => {
  const version = {
    name: 'half',
    base: map(original.base, (x, col) => (col < 4 ? x : 0)),
    query: map(original.query, (x, col) => (col < 4 ? x : 0)),
  };
  const read = (seed: number, backend: 'simd' | 'reference') =>
    microscope(original, truth, [version], { ...OPTIONS, seed, backend });
  assert.equal(read(3, 'simd'), read(3, 'reference'));
  assert.not.equal(read(3, 'simd')[0]!.far.points, read(4, 'simd')[0]!.far.points);
});

test('vectors that all become one point have no scale; zero distances are left out of relative errors', () => {
  const zero = { name: 'zero', base: map(original.base, () => 0), query: map(original.query, () => 0) };
  const [found] = see(zero);
  assert.equal([found!.scale, found!.near.error, found!.near.stretch], [1, 1, -1]);
  const point = { base: createMatrix(100, 2), query: createMatrix(1, 2) };
  const ranks = { rows: 1, cols: 100, data: Int32Array.from({ length: 100 }, (_, i) => i) };
  const [same] = microscope(point, ranks, [{ name: 'same', ...point }], OPTIONS);
  assert.equal([same!.near.error, same!.far.error, quantile(same!.displacements, 1)], [0, 0, 0]);
});

test('shapes that do not fit and values that are not finite are refused by name', () => {
  assert.throws(
    () => see({ name: 'short', base: normals(4, 8, 'a'), query: original.query }),
    /^microscope: short: expected 5000 rows and 30 queries, got 4 and 30\.$/,
  );
  assert.throws(
    () => see({ name: 'broken', base: map(original.base, () => Number.NaN), query: original.query }),
    /microscope: broken: expected finite values/,
  );
  assert.throws(
    () => microscope(original, { ...truth, cols: 5 }, [], OPTIONS),
    /expected 30 x 10 true neighbors or more, got 30 x 5/,
  );
});

test('a quantile is a value of the list: nearest rank', () => {
  assert.equal(
    [0, 0.5, 0.9, 1].map((share) => quantile([1, 2, 3, 4], share)),
    [1, 2, 4, 4],
  );
  assert.throws(() => quantile([], 0.5), /expected at least one value/);
});

test('the table and charts hold one row and one drawing a method', () => {
  const readings = see({ name: 'same <b>', ...original }, { name: 'other', ...original });
  assert.equal(microscopeTable(readings)[1], [
    'same <b>',
    '100.0',
    '100.0',
    '100.0',
    '0',
    '0',
    '0',
    '0',
    '0.0',
    '0.0',
    '0.0',
  ]);
  const html = htmlPage({
    title: 't',
    lead: [],
    sections: [{ title: 'Microscope', blocks: microscopeBlocks(readings) }],
  });
  assert.is(html.split('<svg').length - 1, 4);
  assert.not.match(html, /<b>|NaN/);
});

test.run();
