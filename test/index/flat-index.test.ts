import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FlatIndex } from '../../src/index/flat-index.ts';
import { createMatrix, firstRows, type Matrix } from '../../src/tensor/matrix.ts';
import { normalMatrix } from '../support/normals.ts';
import { messageOf, rejects } from '../support/rejects.ts';
import { assertSame } from '../support/same.ts';

const PAD = Math.fround(3.4028235e38);
const base = createMatrix(4, 2, Float32Array.of(0, 0, 3, 4, 1, 0, 3, 4));

test('the nearest rows with squared distances, ties by id', async () => {
  const result = await new FlatIndex(base).search(createMatrix(2, 2, Float32Array.of(0, 0, 3, 4)), 3);
  assert.equal([result.ids.rows, result.ids.cols], [2, 3]);
  assert.equal([...result.ids.data], [0, 2, 1, 1, 3, 2]);
  assertSame([...result.distances.data], [0, 1, 25, 0, 0, 20]);
  assert.equal(result.counts, { distances: 8, multiplyAdds: 16, hops: 0 });
});

test('more neighbors than rows: -1 and the largest float32', async () => {
  const result = await new FlatIndex(base).search(createMatrix(1, 2), 6);
  assert.equal([...result.ids.data], [0, 2, 1, 3, -1, -1]);
  assertSame([...result.distances.data], [0, 1, 25, 25, PAD, PAD]);
  const none = await new FlatIndex(createMatrix(0, 2)).search(createMatrix(1, 2), 2);
  assert.equal([...none.ids.data], [-1, -1]);
  assertSame([...none.distances.data], [PAD, PAD]);
});

test('no queries', async () => {
  assert.is((await new FlatIndex(base).search(createMatrix(0, 2), 3)).ids.data.length, 0);
});

test('saved and read back, it finds the same', async () => {
  const query = createMatrix(1, 2, Float32Array.of(2, 2));
  const again = FlatIndex.fromArchive(new FlatIndex(base).toArchive());
  assert.equal([again.kind, again.rows, again.dim], ['flat', 4, 2]);
  assertSame(await again.search(query, 4), await new FlatIndex(base).search(query, 4));
});

test('wrong queries, k and archives are refused in one line', async () => {
  const index = new FlatIndex(base);
  const says = (message: string) => (error: Error) => error instanceof RangeError && error.message === message;
  const search = (query: Matrix, k: number) => messageOf(() => index.search(query, k), RangeError);
  assert.is(await search(createMatrix(1, 3), 1), 'FlatIndex.search: expected queries of 2 columns, got 3.');
  assert.is(await search(createMatrix(1, 2), 0), 'FlatIndex.search: expected k to be a whole number from 1, got 0.');
  assert.is(
    await search(createMatrix(1, 2, Float32Array.of(1, Number.NaN)), 1),
    'FlatIndex.search: expected finite values, got NaN at row 0, column 1.',
  );
  assert.throws(() => new FlatIndex(createMatrix(1, 1, Float32Array.of(Number.POSITIVE_INFINITY))), /got Infinity/);
  const archive = index.toArchive();
  assert.throws(
    () => FlatIndex.fromArchive({ ...archive, kind: 'hnsw' }),
    says('Flat index: expected kind flat, got hnsw.'),
  );
  assert.throws(
    () => FlatIndex.fromArchive({ ...archive, parameters: { rows: 5, dim: 2 } }),
    /expected array "vectors"/,
  );
  assert.throws(() => FlatIndex.fromArchive({ ...archive, parameters: { rows: 4 } }), /expected "dim"/);
  assert.throws(() => FlatIndex.fromArchive({ ...archive, arrays: new Map() }), /expected array "vectors"/);
  const spoiled = { shape: [4, 2], data: Float32Array.from(base.data).fill(Number.NaN, 7) };
  assert.throws(
    () => FlatIndex.fromArchive({ ...archive, arrays: new Map([['vectors', spoiled]]) }),
    says('Flat index: expected finite values, got NaN at row 3, column 1.'),
  );
});

test('two searches at once do not disturb each other, and an abort ends one while it is under way', async () => {
  const wide = normalMatrix(3000, 64, 'wide');
  const many = normalMatrix(1300, 64, 'many');
  const index = new FlatIndex(wide);
  const [few, all] = [firstRows(many, 1200), many];
  const expected = [await index.search(few, 5), await index.search(all, 9)];
  assertSame(await Promise.all([index.search(few, 5), index.search(all, 9)]), expected);
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error('enough'));
  await rejects(() => index.search(all, 9, { signal: controller.signal, onProgress }), 'enough');
  assertSame(await index.search(few, 5), expected[0]);
});

test.run();
