import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GpuDevice } from '../../../../kernels/gpu/device.ts';
import { openHostGpu } from '../../../../kernels/gpu/opening/open.ts';
import { type CntChoices, cntSettings } from '../../../../src/compress/cnt/training/cnt-settings.ts';
import { GpuCntTraining } from '../../../../src/compress/cnt/training/gpu-cnt-training.ts';
import { type CntTrainingOptions, trainCnt } from '../../../../src/compress/cnt/training/train-cnt.ts';
import { splitRows } from '../../../../src/compress/training/split.ts';
import { generateManifold } from '../../../../src/data/manifold.ts';
import type { Archive } from '../../../../src/tensor/named-arrays.ts';
import { lossesOnBoth } from '../../../browser/training.ts';
import { dawnDevice } from '../../../support/gpu-devices.ts';
import { rejects } from '../../../support/rejects.ts';
import { assertSame } from '../../../support/same.ts';

const { base } = generateManifold({ rows: 200, queries: 0, dim: 16, seed: 1 });
const STEPS = 40;
const CHOICES = { factor: 2, batch: 16, samples: 16 * STEPS, start: 'random' } as const;
/** One stage, one projection: a driver of software takes a millisecond for each of some 150 launches of a step. */
const SMALL = { projections: 1, switches: { stages: [1], heads: [2], skip: 'between-stages' } } as const;

const webasm = await openHostGpu('webasm');
const dawn = await dawnDevice();

/** Losses of the same steps on the CPU and on a device. */
async function lossesOf(device: GpuDevice, choices: CntChoices): Promise<readonly (readonly [number, number])[]> {
  const { expected, found, cpu, gpu } = await lossesOnBoth(device, base, cntSettings(base, { ...CHOICES, ...choices }));
  assert.is(found.length, STEPS);
  assert.equal(gpu.optimizer.scalars, cpu.optimizer.scalars);
  return expected.map((loss, step) => [loss, found[step]!]);
}

async function followsCpu(device: GpuDevice, choices: CntChoices): Promise<void> {
  const losses = await lossesOf(device, choices);
  assert.ok(losses.at(-1)![0] < losses[0]![0], 'the loss falls');
  const worst = Math.max(...losses.map(([cpu, gpu]) => Math.abs(gpu - cpu) / cpu));
  assert.ok(worst < 1e-4, `${worst}`); // 6e-7
}

test("gpujs-webasm: the losses of 40 steps of the released code's network follow the CPU's within 1e-4", async () => {
  await followsCpu(webasm, { variant: 'released-code' });
});

if (dawn) {
  test(`gpujs-webgpu: the losses of 40 steps follow the CPU's within 1e-4`, async () => {
    await followsCpu(dawn, SMALL);
  });
}

test('a base that does not fit goes up batch by batch, with the same losses', async () => {
  const settings = cntSettings(base, { ...CHOICES, ...SMALL });
  const small = new Proxy(webasm, {
    get: (target, name) => {
      if (name === 'capacity') return 1000;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const losses = await Promise.all(
    [webasm, small].map(async (device) => {
      const model = await GpuCntTraining.create(device, base, settings, 8);
      model.parameters.initialize(1);
      model.send();
      await model.step(base, splitRows(base.rows, 1).training, 0, 0.001);
      const known = await model.fetch();
      model.close();
      return known;
    }),
  );
  assert.equal(losses[0], losses[1]);
});

const RUN = { ...CHOICES, ...SMALL, evaluations: 2 } satisfies CntTrainingOptions;

test('trainCnt on a GPU gives the model of the CPU within 1e-3, and a record that names the device', async () => {
  const [cpu, gpu] = [await trainCnt(base, RUN), await trainCnt(base, { ...RUN, gpu: webasm })];
  const [expected, found] = [cpu.encode(base), gpu.encode(base)];
  const largest = Math.max(...expected.data.map(Math.abs));
  const worst = Math.max(...expected.data.map((value, i) => Math.abs(value - found.data[i]!)));
  assert.ok(worst < 1e-3 * largest, `${worst / largest}`);
  const [onCpu, onGpu] = [cpu, gpu].map((model) => model.toNamedArrays().metadata);
  assert.is(onGpu!['training'], onCpu!['training']);
  assert.equal([onCpu!['gpu'], onGpu!['gpu']], [undefined, 'none']);
});

test('a training on a GPU continues from its checkpoint, and on the CPU too: the record still names the device', async () => {
  const stop = new AbortController();
  let checkpoint: Archive | undefined;
  const options: CntTrainingOptions = {
    ...RUN,
    gpu: webasm,
    signal: stop.signal,
    onProgress: ({ step }) => {
      if (step > 20) stop.abort(); // losses are read 16 steps after the evaluation at step 20
    },
    onCheckpoint: (archive) => {
      checkpoint = archive;
    },
  };
  await rejects(() => trainCnt(base, options), 'trainCnt: stopped after 36 of 40 steps.');
  const whole = await trainCnt(base, { ...RUN, gpu: webasm });
  const resumed = await trainCnt(base, { ...RUN, gpu: webasm, resume: checkpoint });
  assertSame(resumed.encode(base).data, whole.encode(base).data);
  const onCpu = await trainCnt(base, { ...RUN, resume: checkpoint });
  assert.is(onCpu.toNamedArrays().metadata['gpu'], 'none');
});

test('a loss that is not finite ends a training on a GPU, with the number of its step', async () => {
  await rejects(
    () => trainCnt(base, { ...RUN, gpu: webasm, learningRate: 1e30, warmUp: 0 }),
    /^trainCnt: expected a finite loss, got loss NaN at step \d+; try a learning rate below 1e\+30\.$/,
  );
});

test.after(async () => {
  await webasm.close();
  await dawn?.close();
});
test.run();
