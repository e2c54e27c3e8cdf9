import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { faissStart, plusPlusStart, sampleRows } from '../../../src/quantize/k-means/k-means-start.ts';
import { NearestCentroids } from '../../../src/quantize/k-means/nearest-centroids.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { assertSame } from '../../support/same.ts';

function numbered(rows: number) {
  return createMatrix(
    rows,
    1,
    Float32Array.from({ length: rows }, (_, row) => row),
  );
}

test("faiss's orders: the sample from seed 1234, the start from seed 1235", () => {
  assertSame([...sampleRows(numbered(10), 9, 'faiss').data], [5, 4, 8, 2, 6, 9, 1, 7, 0]);
  assertSame([...faissStart(numbered(10).data, 10, 1, 4)], [3, 2, 4, 9]);
});

test('as many rows as asked for, or all as they are', () => {
  const rows = numbered(6);
  assert.is(sampleRows(rows, 6, 'faiss'), rows);
  assert.is(sampleRows(rows, 7, new Random(1, 'all')), rows);
  const sample = [...sampleRows(rows, 4, new Random(1, 'some')).data];
  assert.is(new Set(sample).size, 4);
  assert.ok(sample.every((row) => row >= 0 && row < 6));
});

test('k-means++ draws in proportion to squared distances: of 4,000 draws each share within 5 sigma', () => {
  const points = createMatrix(4, 1, Float32Array.of(0, 1, 2, 4));
  const search = new NearestCentroids(4, 1, 2, {});
  search.load(points, 0, 4);
  const second = new Map<number, Map<number, number>>();
  for (let draw = 0; draw < 4000; draw++) {
    const [a, b] = plusPlusStart(search, 4, 2, new Random(draw, 'draws'));
    const after = second.get(a!) ?? new Map<number, number>();
    second.set(a!, after.set(b!, (after.get(b!) ?? 0) + 1));
  }
  for (const [a, after] of second) {
    const draws = [...after.values()].reduce((sum, count) => sum + count);
    const total = points.data.reduce((sum, value) => sum + (value - a) ** 2, 0);
    assert.ok(Math.abs(draws - 1000) < 5 * Math.sqrt(4000 * 0.25 * 0.75), `first ${a}: ${draws}`);
    for (const b of points.data) {
      const share = (b - a) ** 2 / total;
      const sigma = Math.sqrt(draws * share * (1 - share));
      assert.ok(Math.abs((after.get(b) ?? 0) - draws * share) <= 5 * sigma, `${a} then ${b}`);
    }
  }
});

test('k-means++ where all points are equal still gives k centroids', () => {
  const search = new NearestCentroids(3, 2, 3, {});
  search.load(createMatrix(3, 2, new Float32Array(6).fill(5)), 0, 3);
  assertSame([...plusPlusStart(search, 3, 3, new Random(1, 'equal'))], [5, 5, 5, 5, 5, 5]);
});

test.run();
