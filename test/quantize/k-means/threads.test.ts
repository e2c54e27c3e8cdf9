import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels } from '../../../kernels/backend.ts';
import { awaitThreads } from '../../../kernels/threads/pool.ts';
import { K_MEANS_PROFILES, kMeans } from '../../../src/quantize/k-means/k-means.ts';
import { trainRotation } from '../../../src/quantize/product/opq.ts';
import { rotateRows } from '../../../src/quantize/product/rotation.ts';
import { trainProduct } from '../../../src/quantize/product/train-product.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { Random } from '../../../src/tensor/random/random.ts';

const random = new Random(1, 'threads');
const points = createMatrix(
  2003,
  24,
  Float32Array.from({ length: 2003 * 24 }, () => random.normal()),
);

test.before(() => {
  createKernels({ bytes: 64, threads: 5 });
  assert.is(awaitThreads(30_000), 5);
});

for (const profile of K_MEANS_PROFILES) {
  test(`k-means, ${profile}: 1, 2 and 5 threads find the same centroids`, () => {
    const [one, ...others] = [1, 2, 5].map((threads) => {
      const { centroids, objectives, counts } = kMeans(points, { k: 67, iterations: 4, profile, threads });
      return { centroids: [...centroids.data], objectives: [...objectives], counts };
    });
    for (const other of others) assert.equal(other, one);
  });
}

test('rotation, product quantizer and codes: the same with 1, 2 and 5 threads', async () => {
  const results = [];
  for (const threads of [1, 2, 5]) {
    const rotation = await trainRotation(points, { m: 4, bits: 4, rounds: 2, threads });
    const rotated = rotateRows(points, rotation, { threads });
    const quantizer = await trainProduct(rotated, { m: 4, bits: 6, iterations: 3, threads });
    const codes = quantizer.encode(rotated, { threads });
    results.push({ rotation: [...rotation.data], codebooks: [...quantizer.codebooks], codes: [...codes] });
  }
  const [one, two, five] = results;
  assert.equal(two, one);
  assert.equal(five, one);
});

test.run();
