import type { GpuDevice } from '../../kernels/gpu/device.ts';
import { GpuTrainingModel } from '../../src/compress/cnt/gpu-training-model.ts';
import { trainingSettings } from '../../src/compress/cnt/settings.ts';
import { TrainingModel } from '../../src/compress/cnt/training-model.ts';
import { epochOrder, splitRows } from '../../src/compress/training/split.ts';
import { generateManifold } from '../../src/data/manifold.ts';

const STEPS = 40;

/** The largest relative difference between the losses of a CPU and of a device, over 40 steps of a small CNT. */
export async function trainingDifference(device: GpuDevice): Promise<number> {
  const { base } = generateManifold({ rows: 200, queries: 0, dim: 16, seed: 1 });
  const settings = trainingSettings(base, {
    factor: 2,
    batch: 16,
    samples: 16 * STEPS,
    start: 'random',
    projections: 1,
    switches: { stages: [1], heads: [2] },
  });
  const cpu = TrainingModel.create(settings, 8, { backend: 'reference' });
  const gpu = await GpuTrainingModel.create(device, base, settings, 8);
  cpu.parameters.initialise(1);
  gpu.parameters.initialise(1);
  gpu.send();
  const { training } = splitRows(base.rows, 1);
  const expected: number[] = [];
  const found: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const order = epochOrder(training, 1, step);
    expected.push(cpu.step(base, order, 0, settings.learningRate));
    found.push(...(await gpu.step(base, order, 0, settings.learningRate)));
  }
  found.push(...(await gpu.fetch()));
  gpu.close();
  return Math.max(...expected.map((loss, step) => Math.abs(loss - found[step]!) / loss));
}
