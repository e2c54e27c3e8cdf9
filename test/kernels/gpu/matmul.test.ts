import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../../kernels/backend.ts';
import type { GpuDevice } from '../../../kernels/gpu/device.ts';
import { type MatmulForm, matmul, matmulBound, turnsFirst } from '../../../kernels/matmul/gpu.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { gpuDevices } from '../../support/gpu-devices.ts';
import { rejects } from '../../support/rejects.ts';

const devices = await gpuDevices();
const FORMS: readonly MatmulForm[] = ['NN', 'NT', 'TN'];
/** [m, n, k]; n both with and without a remainder of four, k beyond 1000. */
const SIZES = [
  [1, 1, 1],
  [17, 31, 53],
  [16, 32, 40],
  [9, 24, 1100],
  [5, 4, 1],
] as const;
/** So large that form NT turns b first. */
const LARGE = [4, 2048, 4096] as const;

/** Mean 10, so that sums grow: rounding shows. */
function values(length: number, seed: string): Float32Array {
  const random = new Random(seed, 'gpu/matmul');
  return Float32Array.from({ length }, () => 10 + random.normal());
}

/** The largest error of one product, as a share of the bound. */
async function shareOfBound(device: GpuDevice, form: MatmulForm, m: number, n: number, k: number): Promise<number> {
  const a = values(m * k, 'a');
  const b = values(k * n, 'b');
  const [exact, sizes] = [new Float64Array(m * n), new Float64Array(m * n)];
  const reference = referenceKernels({ precision: 'float64' });
  const method = `matmul${form}` as const;
  reference[method](exact, Float64Array.from(a), Float64Array.from(b), m, n, k, false);
  reference[method](sizes, Float64Array.from(a, Math.abs), Float64Array.from(b, Math.abs), m, n, k, false);
  const left = form === 'TN' ? await device.upload(a, k, m) : await device.upload(a, m, k);
  const right = form === 'NT' ? await device.upload(b, n, k) : await device.upload(b, k, n);
  const product = await matmul(device, form, left, right);
  assert.equal([product.rows, product.cols], [m, n]);
  const found = await device.read(product);
  device.free(left, right, product);
  let most = 0;
  exact.forEach((value, i) => {
    most = Math.max(most, Math.abs(found[i]! - value) / (matmulBound(k) * sizes[i]!));
  });
  return most;
}

for (const device of devices) {
  for (const form of FORMS) {
    test(`${device.report.backend}: matmul ${form} is within its bound of float64`, async () => {
      for (const [m, n, k] of SIZES) {
        const share = await shareOfBound(device, form, m, n, k);
        assert.ok(share <= 1, `${m} x ${n} x ${k}: ${share} of the bound`);
      }
    });
  }

  test(`${device.report.backend}: a large product with b transposed is exact where float32 is`, async () => {
    const [m, n, k] = LARGE;
    assert.ok(turnsFirst(m, n, k));
    const ones = new Float32Array(m * k).fill(0.5);
    const rows = Float32Array.from({ length: n * k }, (_, i) => Math.floor(i / k) % 7);
    const a = await device.upload(ones, m, k);
    const b = await device.upload(rows, n, k);
    const found = await device.read(await matmul(device, 'NT', a, b, 'test'));
    found.forEach((value, i) => {
      assert.is(value, ((i % n) % 7) * 0.5 * k);
    });
    device.free(a, b);
  });

  test(`${device.report.backend}: matmul refuses matrices that do not fit`, async () => {
    const a = await device.upload(values(6, 'a'), 2, 3);
    await rejects(
      async () => matmul(device, 'NN', a, a),
      'GPU matmul NN: expected matrices that fit, got 2 x 3 and 2 x 3',
    );
  });
}

test.after(async () => {
  for (const device of devices) await device.close();
});
test.run();
