import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateManifold } from '../../../src/data/manifold.ts';
import { IvfAdcIndex } from '../../../src/index/codes/ivf-adc.ts';
import { PqIndex } from '../../../src/index/codes/pq-index.ts';
import { encodeArchive } from '../../../src/io/container/archive.ts';
import { kMeans } from '../../../src/quantize/k-means/k-means.ts';
import { kMeansOnGpu } from '../../../src/quantize/k-means/k-means-on-gpu.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { gpuDevices } from '../../support/gpu-devices.ts';
import { assertSame } from '../../support/same.ts';

const devices = await gpuDevices();
const { base } = generateManifold({ rows: 530, queries: 1, dim: 16, seed: 1 });
/** Every row twice: centroids begin on copies of one another. */
const copies = createMatrix(530, 16);
for (let row = 0; row < 530; row++)
  copies.data.set(base.data.subarray(16 * (row >> 1), 16 * (row >> 1) + 16), 16 * row);

for (const device of devices) {
  const name = device.report.backend;

  test(`${name}: k-means gives the bits of the CPU, also where many points are alike`, async () => {
    for (const [title, points] of Object.entries({ base, copies })) {
      for (const options of [{ k: 7 }, { k: 40, profile: 'faiss' }, { k: 1 }, { k: 530 }] as const) {
        const expected = kMeans(points, { ...options, iterations: 6 });
        const found = await kMeansOnGpu(device, points, { ...options, iterations: 6 });
        assertSame(found, expected, `${title}, k = ${options.k}`);
      }
    }
  });

  test(`${name}: IVFADC and PQ are built as on the CPU, byte for byte`, async () => {
    const options = { base, m: 4, bits: 5, iterations: 4 };
    const lists = { ...options, nlist: 5 };
    const [ivf, ivfOnGpu] = [await IvfAdcIndex.build(lists), await IvfAdcIndex.build({ ...lists, gpu: device })];
    assert.equal(encodeArchive(ivfOnGpu.toArchive()), encodeArchive(ivf.toArchive()));
    const [pq, pqOnGpu] = [await PqIndex.build(options), await PqIndex.build({ ...options, gpu: device })];
    assert.equal(encodeArchive(pqOnGpu.toArchive()), encodeArchive(pq.toArchive()));
  });
}

test.after(async () => {
  for (const device of devices) await device.close();
});
test.run();
