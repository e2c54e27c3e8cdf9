import type { GpuDevice } from '../../kernels/gpu/device.ts';
import { type CntSettings, cntSettings } from '../../src/compress/cnt/training/cnt-settings.ts';
import { CntTraining } from '../../src/compress/cnt/training/cnt-training.ts';
import { GpuCntTraining } from '../../src/compress/cnt/training/gpu-cnt-training.ts';
import { epochOrder, splitRows } from '../../src/compress/training/split.ts';
import { generateManifold } from '../../src/data/manifold.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';

/** The losses of the same steps on the CPU and on a device, from the same first values. */
export async function lossesOnBoth(device: GpuDevice, base: Matrix, settings: CntSettings) {
  const cpu = CntTraining.create(settings, 8, { backend: 'reference' });
  const gpu = await GpuCntTraining.create(device, base, settings, 8);
  cpu.parameters.initialize(1);
  gpu.parameters.initialize(1);
  gpu.send();
  const { training } = splitRows(base.rows, 1);
  const expected: number[] = [];
  const found: number[] = [];
  for (let step = 0; step < settings.steps; step++) {
    const order = epochOrder(training, 1, step);
    expected.push(cpu.step(base, order, 0, settings.learningRate));
    found.push(...(await gpu.step(base, order, 0, settings.learningRate)));
  }
  found.push(...(await gpu.fetch()));
  gpu.close();
  return { expected, found, cpu, gpu };
}

/** The largest relative difference between the losses of a CPU and of a device, over 40 steps of a small CNT. */
export async function trainingDifference(device: GpuDevice): Promise<number> {
  const { base } = generateManifold({ rows: 200, queries: 0, dim: 16, seed: 1 });
  const settings = cntSettings(base, {
    factor: 2,
    batch: 16,
    samples: 16 * 40,
    start: 'random',
    projections: 1,
    switches: { stages: [1], heads: [2] },
  });
  const { expected, found } = await lossesOnBoth(device, base, settings);
  return Math.max(...expected.map((loss, step) => Math.abs(loss - found[step]!) / loss));
}
