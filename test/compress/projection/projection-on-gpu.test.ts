import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { matmulBound } from '../../../kernels/matmul/gpu.ts';
import { trainPca } from '../../../src/compress/projection/pca.ts';
import { SrpCompressor } from '../../../src/compress/projection/sparse-projection.ts';
import { generateManifold } from '../../../src/data/manifold.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import { gpuDevices } from '../../support/gpu-devices.ts';
import { rejects } from '../../support/rejects.ts';

const devices = await gpuDevices();
const { base } = generateManifold({ rows: 300, queries: 4, dim: 24, seed: 1 });
const pca = trainPca(base, { dOut: 6 });
const srp = SrpCompressor.create({ dIn: 24, dOut: 7, seed: 1 });

/** The largest error of a projection, as a share of its bound. */
function shareOfBound(found: Matrix, w: Matrix, shift: Float32Array | undefined): number {
  let most = 0;
  for (let row = 0; row < base.rows; row++) {
    for (let i = 0; i < w.rows; i++) {
      let [exact, size] = [0, 0];
      for (let j = 0; j < w.cols; j++) {
        const product = Math.fround(base.data[row * w.cols + j]! - (shift?.[j] ?? 0)) * w.data[i * w.cols + j]!;
        exact += product;
        size += Math.abs(product);
      }
      most = Math.max(most, Math.abs(found.data[row * w.rows + i]! - exact) / (matmulBound(w.cols) * size));
    }
  }
  return most;
}

for (const device of devices) {
  test(`${device.report.backend}: PCA and SRP are within their bound of float64`, async () => {
    const directions = await pca.encodeOnGpu(device, base);
    assert.equal([directions.rows, directions.cols], [300, 6]);
    assert.ok(shareOfBound(directions, pca.directions, pca.mean) <= 1);
    const { data, shape } = srp.toNamedArrays().arrays.get('projection')!;
    const w = { rows: shape[0]!, cols: shape[1]!, data: data as Float32Array };
    assert.ok(shareOfBound(await srp.encodeOnGpu(device, base), w, undefined) <= 1);
    await rejects(
      () => pca.encodeOnGpu(device, createMatrix(8, 12)),
      'PcaCompressor.encode: expected 24 columns, got 12',
    );
  });
}

test.after(async () => {
  for (const device of devices) await device.close();
});
test.run();
