import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateManifold } from '../../../src/data/manifold.ts';
import { createMatrix, firstRows, type Matrix } from '../../../src/tensor/matrix.ts';
import { nearest } from '../../../src/tensor/nearest/nearest.ts';
import { nearestOnGpu } from '../../../src/tensor/nearest/nearest-on-gpu.ts';
import type { Vectors } from '../../../src/tensor/vectors/vectors.ts';
import { gpuDevices } from '../../support/gpu-devices.ts';
import { rejects } from '../../support/rejects.ts';
import { assertSame } from '../../support/same.ts';

const devices = await gpuDevices();
const { base, query } = generateManifold({ rows: 700, queries: 21, dim: 24, seed: 1 });

for (const device of devices) {
  const name = device.report.backend;

  test(`${name}: the nearest neighbors have the bits of the CPU, without its help`, async () => {
    const expected = nearest(base, query, 10);
    const seen: number[] = [];
    const found = await nearestOnGpu(device, base, query, 10, { onProgress: (done, total) => seen.push(done, total) });
    assert.equal(found.ids, expected.ids);
    assertSame(found.distances, expected.distances);
    assert.equal(found.counts, expected.counts);
    assert.is(found.recomputed, 0);
    assert.equal(seen, [21 * 700, 21 * 700]);
  });

  test(`${name}: a base in parts, k of all rows, and one query`, async () => {
    const parts = [firstRows(base, 400), { rows: 300, cols: 24, data: base.data.subarray(400 * 24) }];
    const split: Vectors = { rows: 700, cols: 24, parts };
    const few = firstRows(query, 5);
    const expected = nearest(base, few, 30);
    const found = await nearestOnGpu(device, split, few, 30);
    assertSame([found.ids, found.distances], [expected.ids, expected.distances]);
    const one = firstRows(query, 1);
    const small = firstRows(base, 9);
    const all = await nearestOnGpu(device, small, one, 9);
    assert.equal(all.ids, nearest(small, one, 9).ids);
    assert.is(all.recomputed, 0);
  });

  test(`${name}: rows that only the CPU can put in order`, async () => {
    const alike: Matrix = createMatrix(60, 24);
    for (let row = 0; row < 60; row++) alike.data.set(base.data.subarray(0, 24), row * 24);
    const few = firstRows(query, 3);
    const found = await nearestOnGpu(device, alike, few, 4);
    assert.equal([...found.ids.data], [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
    assert.is(found.recomputed, 3);
  });

  test(`${name}: what does not fit is refused, and a signal ends the search`, async () => {
    await rejects(
      () => nearestOnGpu(device, base, query, 701),
      'expected k from 1 to 700 (the rows of the base), got 701',
    );
    await rejects(() => nearestOnGpu(device, base, createMatrix(1, 3), 1), 'expected queries of 24 columns');
    const huge = createMatrix(1, 24, new Float32Array(24).fill(1e19));
    await rejects(
      () => nearestOnGpu(device, base, huge, 1),
      'nearestOnGpu: queries: expected values from -2^48 to 2^48',
    );
    const signal = AbortSignal.abort(new Error('enough'));
    await rejects(() => nearestOnGpu(device, base, query, 1, { signal }), 'enough');
  });
}

test.after(async () => {
  for (const device of devices) await device.close();
});
test.run();
