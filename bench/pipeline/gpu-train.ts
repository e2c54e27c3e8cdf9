/**
 * Training of CNT on a GPU beside the CPU: steps and samples a second, an epoch of 50,000 rows (47,500 of them trained on), the losses
 * of both beside each other, and where the time goes on the device. The clock is that on the wall.
 *
 *     node --import tsx bench/pipeline/gpu-train.ts [--shape deep|gist] [--batch 1024] [--threads N] [--rows 50000]
 *
 * Takes about two minutes for all shapes on a GPU of a server. CNT_GPU_SOFTWARE=1 takes a driver without a GPU: with --rows 400 --batch 32.
 */
import { availableParallelism } from 'node:os';
import { createKernels } from '../../kernels/backend.ts';
import type { GpuDevice } from '../../kernels/gpu/device.ts';
import { openNodeGpu } from '../../kernels/gpu/opening/node.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { type CntSettings, cntSettings } from '../../src/compress/cnt/training/cnt-settings.ts';
import { CntTraining } from '../../src/compress/cnt/training/cnt-training.ts';
import { GpuCntTraining, LOSS_INTERVAL } from '../../src/compress/cnt/training/gpu-cnt-training.ts';
import { epochOrder, splitRows } from '../../src/compress/training/split.ts';
import { bytesNeeded } from '../../src/tensor/bytes-needed.ts';
import { createMatrix, type Matrix } from '../../src/tensor/matrix.ts';
import { benchArguments } from '../arguments.ts';
import { machine } from '../kernels/measure.ts';

const SHAPES = [
  { name: 'deep', dIn: 256 },
  { name: 'gist', dIn: 960 },
];
const BATCHES = [256, 1024, 4096];
/** Steps made on both, from the same parameters, to compare their losses; fewer where the CPU takes long. */
const COMPARED_STEPS = 8;
/** Milliseconds that the CPU gets for a shape and batch, but for its first step. */
const CPU_MILLISECONDS = 4000;
const KEPT = 8;

const { values: options } = benchArguments([], {
  shape: '',
  batch: '',
  threads: String(availableParallelism()),
  rows: '50000',
});

/** Clusters, so that the loss falls: each row is one of 64 centers and noise. */
function clusters(rows: number, cols: number): Matrix {
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const centers = Float32Array.from({ length: 64 * cols }, uniform);
  const x = createMatrix(rows, cols);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) x.data[r * cols + c] = centers[(r % 64) * cols + c]! + 0.5 * uniform();
  }
  return x;
}

function cpuModel(settings: CntSettings): CntTraining {
  const build = (kernels: Kernels) => new CntTraining(kernels, settings, 2);
  return build(createKernels({ bytes: bytesNeeded(build), threads: Number(options.threads) }));
}

/** Losses of a few steps, and the milliseconds of one, the first left out where there are others. */
function trainOnCpu(base: Matrix, settings: CntSettings, order: Int32Array): { losses: number[]; step: number } {
  const model = cpuModel(settings);
  model.parameters.initialize(1);
  const losses: number[] = [];
  const times: number[] = [];
  const end = performance.now() + CPU_MILLISECONDS;
  while (losses.length < COMPARED_STEPS && (losses.length === 0 || performance.now() < end)) {
    const begin = performance.now();
    const first = (losses.length % settings.stepsPerEpoch) * settings.batch;
    losses.push(model.step(base, order, first, settings.learningRate));
    times.push(performance.now() - begin);
  }
  const kept = times.length > 1 ? times.slice(1) : times;
  return { losses, step: kept.sort((a, b) => a - b)[kept.length >> 1]! };
}

interface Share {
  calls: number;
  milliseconds: number;
}

/** The same device; while `shares` is given, each launch waits for its end and is counted there. */
function watched(device: GpuDevice, state: { launches: number; shares: Map<string, Share> | undefined }): GpuDevice {
  const run: GpuDevice['run'] = async (kernel, call) => {
    state.launches++;
    if (!state.shares) return device.run(kernel, call);
    const begin = performance.now();
    const result = await device.run(kernel, call);
    await device.settle();
    const share = state.shares.get(kernel.name) ?? { calls: 0, milliseconds: 0 };
    share.calls++;
    share.milliseconds += performance.now() - begin;
    state.shares.set(kernel.name, share);
    return result;
  };
  return new Proxy(device, {
    get: (target, name) => {
      if (name === 'run') return run;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function bench(device: GpuDevice, name: string, base: Matrix, batch: number): Promise<void> {
  const settings = cntSettings(base, { batch, samples: base.rows, start: 'random' });
  const order = epochOrder(splitRows(base.rows, 1).training, 1, 0);
  const { stepsPerEpoch, learningRate } = settings;
  const cpu = trainOnCpu(base, settings, order);

  const state: Parameters<typeof watched>[1] = { launches: 0, shares: undefined };
  const begin = performance.now();
  const model = await GpuCntTraining.create(watched(device, state), base, settings, 2);
  model.parameters.initialize(1);
  model.send();
  await model.fetch();
  const ready = performance.now();
  const step = (count: number) => model.step(base, order, (count % stepsPerEpoch) * batch, learningRate);
  const losses: number[] = [];
  let count = 0;
  while (count < cpu.losses.length || count < 3) losses.push(...(await step(count++)));
  losses.push(...(await model.fetch()));
  const warm = performance.now();
  state.launches = 0;
  for (let i = 0; i < stepsPerEpoch; i++) await step(count++);
  await model.fetch();
  const epoch = performance.now() - warm;

  const worst = Math.max(...cpu.losses.map((loss, i) => Math.abs(loss - losses[i]!) / loss));
  const perSecond = (1000 * stepsPerEpoch) / epoch;
  const { config } = settings.network;
  console.log(
    `\n${name} ${config.dIn} -> ${config.dOut}, batch ${batch}: GPU ${perSecond.toFixed(1)} steps/s, ` +
      `${(perSecond * batch).toFixed(0)} samples/s, epoch of ${stepsPerEpoch} steps ${(epoch / 1000).toFixed(2)} s; ` +
      `CPU ${(1000 / cpu.step).toFixed(2)} steps/s, ${((1000 * batch) / cpu.step).toFixed(0)} samples/s, ` +
      `epoch ${((cpu.step * stepsPerEpoch) / 1000).toFixed(1)} s; ` +
      `ratio ${((cpu.step * stepsPerEpoch) / epoch).toFixed(1)}`,
  );
  console.log(
    `  losses ${losses[0]!.toFixed(5)} .. ${losses[cpu.losses.length - 1]!.toFixed(5)}, at most ${worst.toExponential(1)} ` +
      `(relative) from the CPU's over ${cpu.losses.length} steps; base up in ${((ready - begin) / 1000).toFixed(2)} s, ` +
      `first ${Math.max(cpu.losses.length, 3)} steps (with compiling) ${((warm - ready) / 1000).toFixed(2)} s, ` +
      `${(state.launches / stepsPerEpoch).toFixed(0)} launches a step`,
  );

  state.shares = new Map();
  await step(count++);
  const shares = [...state.shares].sort((a, b) => b[1].milliseconds - a[1].milliseconds);
  const total = shares.reduce((sum, [, share]) => sum + share.milliseconds, 0);
  console.log(`  one step, waiting for each launch: ${total.toFixed(1)} ms`);
  for (const [kernel, { calls, milliseconds }] of shares.slice(0, KEPT)) {
    console.log(`  ${milliseconds.toFixed(2).padStart(9)} ms  ${String(calls).padStart(3)} x ${kernel}`);
  }
}

/** A device of its own for each shape and batch: closing it gives back its memory. */
async function open(): Promise<GpuDevice> {
  return openNodeGpu({ software: process.env['CNT_GPU_SOFTWARE'] === '1' });
}

console.log(
  `${machine().replace(/, one thread.*/, '')}; CPU with ${options.threads} threads; losses read every ${LOSS_INTERVAL} steps`,
);
for (const { name, dIn } of SHAPES) {
  if (!name.startsWith(options.shape)) continue;
  const base = clusters(Number(options.rows), dIn);
  for (const batch of options.batch === '' ? BATCHES : [Number(options.batch)]) {
    const device = await open();
    if (batch === BATCHES[0] || options.batch !== '')
      console.log(`\n${device.report.adapter}, ${device.report.backend}`);
    await bench(device, name, base, batch);
    await device.close();
  }
}
