/**
 * The GPU through gpu.js: what a launch, an upload and a readback cost, and how fast its kernels are beside the same work on one
 * core of the CPU. Results are checked first. Wall-clock times, medians, since a GPU's work takes no CPU time.
 *
 *     node --import tsx bench/kernels/gpu.ts [most]
 *
 * @param most side of the largest matrix, 4096 if not given; CNT_SOFTWARE_GPU=1 takes a driver without a GPU, for which 256 is much
 */
import { cpus } from 'node:os';
import { createKernels } from '../../kernels/backend.ts';
import type { GpuDevice, GpuMatrix } from '../../kernels/gpu/device.ts';
import { openNodeGpu } from '../../kernels/gpu/opening/node.ts';
import { transpose } from '../../kernels/gpu/transpose.ts';
import { type MatmulForm, matmul, matmulBound } from '../../kernels/matmul/gpu.ts';
import { GpuAssignment } from '../../src/quantize/k-means/gpu-assignment.ts';
import { NearestCentroids } from '../../src/quantize/k-means/nearest-centroids.ts';
import { createMatrix, firstRows, type Matrix } from '../../src/tensor/matrix.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';
import { nearestOnGpu } from '../../src/tensor/nearest/nearest-on-gpu.ts';
import { fill } from './measure.ts';

const most = Number(process.argv[2] ?? 4096);
const SIDES = [256, 512, 1024, 2048, 4096].filter((side) => side <= most);
const CPU_MOST = 1024;
/** Elements of a large product that are checked. */
const CHECKED = 200;
/** Queries of an exact search that the CPU is asked, too. */
const FEW_QUERIES = 200;

const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Milliseconds of one run, the median of several; each waits for the device. */
async function milliseconds(device: GpuDevice, rounds: number, run: () => Promise<unknown>): Promise<number> {
  await run();
  await device.settle();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const begin = now();
    await run();
    await device.settle();
    times.push(now() - begin);
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

function line(name: string, ...columns: readonly string[]): void {
  console.log([name.padEnd(36), ...columns.map((column) => column.padStart(12))].join(' '));
}

async function transfers(device: GpuDevice): Promise<void> {
  const tiny = await device.upload(new Float32Array(64), 8, 8);
  const launch = () => transpose(device, tiny, 'bench');
  const many = await milliseconds(device, 5, async () => {
    for (let i = 0; i < 1000; i++) await launch();
  });
  line('launch, one of 1000', `${(1000 * (many / 1000)).toFixed(1)} µs`);
  line('launch and wait', `${(1000 * (await milliseconds(device, 21, launch))).toFixed(1)} µs`);
  line('readback of 64 floats', `${(1000 * (await milliseconds(device, 21, () => device.read(tiny)))).toFixed(1)} µs`);
  let size = 0;
  const compile = await milliseconds(device, 5, async () => {
    const rows = ++size;
    const fresh = await device.upload(new Float32Array(2 * rows), rows, 2);
    device.free(await transpose(device, fresh), fresh);
  });
  line('kernel for a new shape', `${compile.toFixed(1)} ms`);
  for (const floats of [1e6, 1e7]) {
    const values = new Float32Array(floats);
    fill(values, 1);
    const matrix = await device.upload(values, floats / 1000, 1000);
    const up = await milliseconds(device, 5, () => device.write(matrix, values));
    const down = await milliseconds(device, 5, () => device.read(matrix));
    line(`upload, readback of ${floats / 1e6} M floats`, `${up.toFixed(2)} ms`, `${down.toFixed(2)} ms`);
    device.free(matrix);
  }
}

interface Product {
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** @throws {Error} if one of some elements is farther from float64 than the bound allows */
function requireProduct({ a, b, m, n, k }: Product, found: Float32Array): void {
  for (let check = 0; check < CHECKED; check++) {
    const at = Math.floor((check * (m * n - 1)) / (CHECKED - 1));
    const [i, j] = [Math.floor(at / n), at % n];
    let [exact, size] = [0, 0];
    for (let p = 0; p < k; p++) {
      const product = a[i * k + p]! * b[p * n + j]!;
      exact += product;
      size += Math.abs(product);
    }
    if (Math.abs(found[at]! - exact) <= matmulBound(k) * size) continue;
    throw new Error(`matmul ${m} x ${n} x ${k}: expected ${exact} at ${at}, got ${found[at]}.`);
  }
}

async function products(device: GpuDevice, m: number, n: number, k: number): Promise<void> {
  const product = { a: new Float32Array(m * k), b: new Float32Array(k * n), m, n, k };
  fill(product.a, 1);
  fill(product.b, 2);
  const a = await device.upload(product.a, m, k);
  const b = await device.upload(product.b, k, n);
  const [aT, bT] = [await transpose(device, a), await transpose(device, b)];
  const operands: Record<MatmulForm, readonly [GpuMatrix, GpuMatrix]> = { NN: [a, b], NT: [a, bT], TN: [aT, b] };
  const rates: string[] = [];
  for (const form of ['NN', 'NT', 'TN'] as const) {
    const run = () => matmul(device, form, ...operands[form], 'bench');
    requireProduct(product, await device.read(await run()));
    const repeats = Math.max(1, Math.min(100, Math.round(2e10 / (m * n * k))));
    const time = await milliseconds(device, 5, async () => {
      for (let i = 0; i < repeats; i++) await run();
    });
    rates.push(gflops(product, time / repeats));
  }
  const once = await milliseconds(device, 5, async () => {
    const [x, y] = [await device.upload(product.a, m, k), await device.upload(product.b, k, n)];
    await device.read(await matmul(device, 'NN', x, y, 'bench'));
    device.free(x, y);
  });
  const cpu = m * n * k <= CPU_MOST ** 3 ? gflops(product, cpuMilliseconds(product)) : '';
  line(`${m} x ${n} x ${k}`, ...rates, gflops(product, once), cpu);
  device.free(a, b, aT, bT);
}

const gflops = ({ m, n, k }: Product, time: number): string => ((2 * m * n * k) / time / 1e6).toFixed(1);

function cpuMilliseconds({ a, b, m, n, k }: Product): number {
  const kernels = createKernels({ bytes: 4 * (m * k + k * n + m * n) + 256 });
  const [c, x, y] = [m * n, m * k, k * n].map((length) => kernels.floats(length));
  x!.set(a);
  y!.set(b);
  const times = Array.from({ length: 5 }, () => {
    const begin = now();
    kernels.matmulNN(c!, x!, y!, m, n, k, false);
    return now() - begin;
  });
  return Math.min(...times);
}

/** Points in random places: nothing for an exact search to profit from. */
function points(rows: number, cols: number, seed: number): Matrix {
  const matrix = createMatrix(rows, cols);
  fill(matrix.data, seed);
  return matrix;
}

/** Exact search as a whole: moves, distances, the k nearest, and the CPU's last word; on one thread of the CPU a share of it. */
async function exactSearch(device: GpuDevice, rows: number, queries: number, dim: number, k: number): Promise<void> {
  const base = points(rows, dim, 1);
  const asked = points(queries, dim, 2);
  const few = firstRows(asked, Math.min(queries, FEW_QUERIES));
  let begin = now();
  const expected = nearest(base, few, k);
  const cpu = ((now() - begin) * queries) / few.rows;
  const check = await nearestOnGpu(device, base, few, k);
  if (`${check.ids}` !== `${expected.ids}` || `${check.distances}` !== `${expected.distances}`) {
    throw new Error('exact search: expected the bits of the CPU.');
  }
  let found = await nearestOnGpu(device, base, asked, k);
  begin = now();
  found = await nearestOnGpu(device, base, asked, k);
  const gpu = now() - begin;
  const rate = `${((rows * queries * dim) / gpu / 1e6).toFixed(0)} G/s`;
  const name = `exact ${queries} x ${rows} x ${dim}, k ${k}`;
  line(name, `${gpu.toFixed(0)} ms`, rate, `${found.recomputed} again`, '', `${cpu.toFixed(0)} ms`);
}

/** One round of k-means: the nearest centroid of each point, and its distance. */
async function assignment(device: GpuDevice, rows: number, k: number, dim: number): Promise<void> {
  const all = points(rows, dim, 3);
  const centroids = points(k, dim, 4).data;
  const [onCpu, onGpu] = [new NearestCentroids(rows, dim, k, {}), new NearestCentroids(rows, dim, k, {})];
  onCpu.load(all, 0, rows);
  onGpu.load(all, 0, rows);
  const resident = new GpuAssignment(device, onGpu, k);
  await resident.load(rows);
  await resident.find(centroids);
  let begin = now();
  onCpu.find(centroids);
  const cpu = now() - begin;
  if (`${onCpu.ids}` !== `${onGpu.ids}` || `${onCpu.distances}` !== `${onGpu.distances}`) {
    throw new Error('assignment: expected the bits of the CPU.');
  }
  begin = now();
  await resident.find(centroids);
  const gpu = now() - begin;
  begin = now();
  await resident.findIds(centroids);
  const ids = now() - begin;
  line(
    `assignment ${rows} x ${k} x ${dim}`,
    `${gpu.toFixed(1)} ms`,
    `${ids.toFixed(1)} ms`,
    '',
    '',
    `${cpu.toFixed(0)} ms`,
  );
  resident.close();
}

const device = await openNodeGpu({ software: process.env['CNT_SOFTWARE_GPU'] === '1' });
const { adapter, backend, hardware } = device.report;
console.log(
  `${adapter} (${backend}, ${hardware ? 'hardware' : 'software'}); ${cpus()[0]?.model}, Node ${process.version}\n`,
);
await transfers(device);
console.log();
line('matrix product, GFLOP/s (m x n x k)', 'NN', 'NT', 'TN', 'with moves', 'one CPU core');
for (const side of SIDES) await products(device, side, side, side);
if (most >= 1024) await products(device, 1024, 240, 960);
console.log();
line('as a whole, the bits of the CPU', 'GPU', '', '', '', 'one CPU core');
if (most < 1024) {
  await exactSearch(device, 500, 50, 32, 10);
  await assignment(device, 1000, 16, 32);
} else {
  await exactSearch(device, 50_000, 1000, 256, 100);
  await exactSearch(device, 50_000, 10_000, 256, 100);
  await exactSearch(device, 50_000, 10_000, 960, 100);
  line('(with distances; ids alone)', '', '');
  await assignment(device, 65_536, 256, 8);
  await assignment(device, 65_536, 256, 96);
  await assignment(device, 65_536, 256, 960);
}
await device.close();
