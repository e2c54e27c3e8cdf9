/**
 * A training step of CNT at the shapes of Deep1M and GIST1M: seconds, GFLOP/s (multiply-adds of matrix products, attention and
 * pair distances, times 2, over the whole CPU time of the step: a loaded machine stretches the clock on the wall, not this one), and
 * where the time goes, kernel by kernel.
 *
 *     node --import tsx bench/pipeline/train.ts [--backend auto] [--seconds 5] [--shape deep]
 */
import { type BackendChoice, createKernels } from '../../kernels/backend.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { cntSettings } from '../../src/compress/cnt/training/cnt-settings.ts';
import { CntTraining } from '../../src/compress/cnt/training/cnt-training.ts';
import { epochOrder, splitRows } from '../../src/compress/training/split.ts';
import { bytesNeeded } from '../../src/tensor/bytes-needed.ts';
import { createMatrix } from '../../src/tensor/matrix.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { benchArguments } from '../arguments.ts';
import { machine } from '../kernels/measure.ts';

const SHAPES = [
  { name: 'deep 256 -> 64', dIn: 256, batch: 256, projections: 4 },
  { name: 'deep 256 -> 64', dIn: 256, batch: 1024, projections: 12 },
  { name: 'gist 960 -> 240', dIn: 960, batch: 256, projections: 4 },
  { name: 'gist 960 -> 240', dIn: 960, batch: 1024, projections: 12 },
];
const KEPT = 12;

interface Share {
  seconds: number;
  calls: number;
  multiplyAdds: number;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** The same kernels, each method timed while `shares` is collecting. */
function timed(kernels: Kernels, shares: Map<string, Share>): Kernels {
  const wrapped: Record<string, unknown> = { ...kernels };
  for (const [name, method] of Object.entries(kernels)) {
    if (typeof method !== 'function' || name === 'floats' || name === 'ints') continue;
    const call = method as (...operands: unknown[]) => unknown;
    wrapped[name] = (...operands: unknown[]) => {
      const share = shares.get(name) ?? { seconds: 0, calls: 0, multiplyAdds: 0 };
      const before = kernels.counts.multiplyAdds;
      const begin = cpuSeconds();
      const result = call(...operands);
      share.seconds += cpuSeconds() - begin;
      share.calls++;
      share.multiplyAdds += kernels.counts.multiplyAdds - before;
      shares.set(name, share);
      return result;
    };
  }
  return wrapped as unknown as Kernels;
}

function sumOf(shares: readonly Share[], of: (share: Share) => number): number {
  return shares.reduce((sum, share) => sum + of(share), 0);
}

function bench(shape: (typeof SHAPES)[number], backend: BackendChoice, seconds: number): void {
  const { dIn, batch, projections } = shape;
  const random = new Random(1, 'bench');
  const base = createMatrix(
    3 * batch,
    dIn,
    Float32Array.from({ length: 3 * batch * dIn }, () => random.normal()),
  );
  const settings = cntSettings(base, { batch, projections, samples: 1, start: 'random' });
  const shares = new Map<string, Share>();
  const build = (kernels: Kernels) => new CntTraining(kernels, settings, 2);
  const bytes = bytesNeeded(build);
  const kernels = createKernels({ backend, bytes });
  const model = build(timed(kernels, shares));
  model.parameters.initialize(1);
  const ids = epochOrder(splitRows(base.rows, 1).training, 1, 0);
  const step = () => model.step(base, ids, 0, 1e-4);

  step();
  step();
  shares.clear();
  kernels.counts.multiplyAdds = 0;
  const times: number[] = [];
  const begin = cpuSeconds();
  while (times.length < 3 || cpuSeconds() - begin < seconds) {
    const before = cpuSeconds();
    step();
    times.push(cpuSeconds() - before);
  }
  const total = times.reduce((sum, time) => sum + time, 0);
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1]!;
  const work = (2 * kernels.counts.multiplyAdds) / times.length;
  console.log(
    `\n${shape.name}, batch ${batch}, n = ${projections}, ${kernels.backend}, ${(bytes / 2 ** 20).toFixed(0)} MiB`,
  );
  console.log(
    `  step ${(median * 1000).toFixed(1)} ms (median of ${times.length}, fastest ${(times[0]! * 1000).toFixed(1)}), ` +
      `${(work / 1e9).toFixed(2)} GFLOP, ${(work / median / 1e9).toFixed(1)} GFLOP/s`,
  );
  const sorted = [...shares].sort((a, b) => b[1].seconds - a[1].seconds);
  let inKernels = 0;
  for (const [, share] of sorted) inKernels += share.seconds;
  for (const [name, share] of sorted.slice(0, KEPT)) {
    const rate = share.multiplyAdds > 0 ? `${((2 * share.multiplyAdds) / share.seconds / 1e9).toFixed(1)} GFLOP/s` : '';
    const line = `${((100 * share.seconds) / total).toFixed(1).padStart(5)} %  ${name.padEnd(22)}`;
    console.log(`  ${line} ${((1000 * share.seconds) / times.length).toFixed(2).padStart(8)} ms  ${rate}`);
  }
  console.log(`  ${((100 * (total - inKernels)) / total).toFixed(1).padStart(5)} %  outside kernels`);
  const products = sorted.filter(([name]) => name.startsWith('matmul')).map(([, share]) => share);
  const own = sumOf(products, ({ multiplyAdds }) => 2 * multiplyAdds) / sumOf(products, ({ seconds }) => seconds) / 1e9;
  const rate = work / median / 1e9;
  console.log(
    `  the step runs at ${((100 * rate) / own).toFixed(0)} % of its matrix products' own ${own.toFixed(1)} GFLOP/s`,
  );
}

const { values } = benchArguments([], { backend: 'auto', seconds: '5', shape: '' });
console.log(machine());
for (const shape of SHAPES) {
  if (shape.name.startsWith(values.shape)) bench(shape, values.backend as BackendChoice, Number(values.seconds));
}
