import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { trainPca } from '../../src/compress/projection/pca.ts';
import { blocksOf, compressedVectors, normalizedVectors } from '../../src/pipeline/prepared-vectors.ts';
import { createMatrix } from '../../src/tensor/matrix.ts';
import { unitRows } from '../../src/tensor/unit-rows.ts';
import { createVectorStore } from '../../src/tensor/vectors/vector-store.ts';
import { partsOf } from '../../src/tensor/vectors/vectors.ts';
import { normalMatrix } from '../support/normals.ts';
import { rejects } from '../support/rejects.ts';
import { assertSame } from '../support/same.ts';

const base = normalMatrix(5000, 4, 'base');
const model = trainPca(base, { dOut: 2 });

test('blocks go to memories that are split elsewhere', async () => {
  const split = createVectorStore(5000, 4, { storeBytes: 4 * 4 * 1700 });
  assert.is('parts' in split && split.parts.length, 3);
  assert.is(await normalizedVectors(base, 'test', {}, split), split);
  const all = [...partsOf(split)].flatMap(({ matrix }) => [...matrix.data]);
  assertSame(Float32Array.from(all), unitRows(base, 'test').data);
});

test('vectors are compressed block by block as all at once', async () => {
  const progress: number[] = [];
  const onProgress = (done: number, total: number) => progress.push(done, total);
  const [part] = [...partsOf(await compressedVectors(model, blocksOf(base), 'test', { onProgress }))];
  assertSame(part!.matrix.data.slice(), model.encode(base).data);
  assert.equal(progress, [2048, 5000, 4096, 5000, 5000, 5000]);
});

test('an abort ends it between blocks, and a value out of range is named by its row among all', async () => {
  const stopping = new AbortController();
  let blocks = 0;
  const onProgress = () => {
    blocks++;
    stopping.abort(new Error('enough'));
  };
  const watch = { signal: stopping.signal, onProgress };
  await rejects(() => compressedVectors(model, blocksOf(base), 'test', watch), /^enough$/);
  assert.is(blocks, 1);
  const far = createMatrix(5000, 4, base.data.slice());
  far.data[4 * 4500 + 1] = 1e20;
  const message = 'test: expected values from -2^48 to 2^48 (2.8e14), got 100000002004087730000 at row 4500, column 1';
  await rejects(() => compressedVectors(model, blocksOf(far), 'test', {}), message);
  await rejects(() => normalizedVectors(far, 'test', {}), message);
});

test.run();
