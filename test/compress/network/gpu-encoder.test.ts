import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { trainCatalyst } from '../../../src/compress/catalyst/train-catalyst.ts';
import { trainCnt } from '../../../src/compress/cnt/training/train-cnt.ts';
import { trainVae } from '../../../src/compress/vae/train-vae.ts';
import { generateManifold } from '../../../src/data/manifold.ts';
import { firstRows } from '../../../src/tensor/matrix.ts';
import { gpuDevices } from '../../support/gpu-devices.ts';
import { rejects } from '../../support/rejects.ts';
import { assertSame } from '../../support/same.ts';

const { base } = generateManifold({ rows: 130, queries: 0, dim: 16, seed: 1 });
const CHOICES = { factor: 2, batch: 16, samples: 32, evaluations: 1 } as const;
const networks = [
  await trainCnt(base, { ...CHOICES, variant: 'released-code' }),
  await trainVae(base, { ...CHOICES, hidden: 12 }),
  await trainCatalyst(base, { ...CHOICES, hidden: 12 }),
];
const devices = await gpuDevices();

for (const device of devices) {
  test(`${device.report.backend}: every network compresses as on the CPU, within 1e-5 of the largest value`, async () => {
    for (const network of networks) {
      const expected = network.encode(base).data;
      const found = (await network.encodeOnGpu(device, base)).data;
      assert.is(found.length, expected.length);
      const largest = Math.max(...expected.map(Math.abs));
      const worst = Math.max(...expected.map((value, i) => Math.abs(value - found[i]!)));
      assert.ok(worst <= 1e-5 * largest, `${network.method}: ${worst / largest}`);
    }
  });
}

test('fewer rows than before pass through the same encoder; no rows give no rows', async () => {
  const [device] = devices;
  const [network] = networks;
  const all = (await network!.encodeOnGpu(device!, base)).data;
  const compiled = device!.compiled;
  const few = await network!.encodeOnGpu(device!, firstRows(base, 3));
  assert.is(device!.compiled, compiled);
  assertSame(few.data, all.slice(0, 3 * few.cols));
  assert.is((await network!.encodeOnGpu(device!, firstRows(base, 0))).rows, 0);
});

test('rows that do not fit are refused as on the CPU', async () => {
  const x = { rows: 1, cols: 3, data: new Float32Array(3) };
  await rejects(() => networks[0]!.encodeOnGpu(devices[0]!, x), 'CntCompressor.encode: expected 16 columns, got 3.');
});

test.after(async () => {
  for (const device of devices) await device.close();
});
test.run();
