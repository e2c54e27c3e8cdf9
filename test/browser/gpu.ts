/**
 * Runs in a browser: the kernels of gpu.js on WebGPU and on WebGL2 against the loops that define them. Reports, for each device,
 * what it is and what went wrong.
 */
import { referenceKernels } from '../../kernels/backend.ts';
import { distanceBound, squaredDistances } from '../../kernels/distance/gpu.ts';
import type { GpuDevice } from '../../kernels/gpu/device.ts';
import { openGpu } from '../../kernels/gpu/opening/open.ts';
import { transpose } from '../../kernels/gpu/transpose.ts';
import { type MatmulForm, matmul, matmulBound } from '../../kernels/matmul/gpu.ts';
import { trainPca } from '../../src/compress/projection/pca.ts';
import { generateManifold } from '../../src/data/manifold.ts';
import { kMeans } from '../../src/quantize/k-means/k-means.ts';
import { kMeansOnGpu } from '../../src/quantize/k-means/k-means-on-gpu.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';
import { nearestOnGpu } from '../../src/tensor/nearest/nearest-on-gpu.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { trainingDifference } from './training.ts';

const [M, N, K] = [12, 20, 33];
const random = new Random(1, 'browser');
const values = (length: number): Float32Array => Float32Array.from({ length }, () => 10 + random.normal());
const [a, b] = [values(M * K), values(K * N)];
const data = generateManifold({ rows: 300, queries: 9, dim: 16, seed: 1 });

/** The largest error as a share of its bound. */
function share(found: Float32Array, exact: Float64Array, bounds: (i: number) => number): number {
  return exact.reduce((most, value, i) => Math.max(most, Math.abs(found[i]! - value) / bounds(i)), 0);
}

async function matmulShare(device: GpuDevice, form: MatmulForm): Promise<number> {
  const [exact, sizes] = [new Float64Array(M * N), new Float64Array(M * N)];
  const reference = referenceKernels({ precision: 'float64' });
  const [x, y] = [Float64Array.from(a), Float64Array.from(b)];
  reference.matmulNN(exact, x, y, M, N, K, false);
  reference.matmulNN(sizes, x.map(Math.abs), y.map(Math.abs), M, N, K, false);
  let [left, right] = [await device.upload(a, M, K), await device.upload(b, K, N)];
  if (form === 'TN') left = await transpose(device, left);
  if (form === 'NT') right = await transpose(device, right);
  const found = await device.read(await matmul(device, form, left, right));
  return share(found, exact, (i) => matmulBound(K) * sizes[i]!);
}

async function distanceShare(device: GpuDevice): Promise<number> {
  const exact = new Float64Array(M * 8);
  const [x, y] = [Float64Array.from(a), Float64Array.from(b.subarray(0, 8 * K))];
  referenceKernels({ precision: 'float64' }).squaredDistanceMatrix(exact, x, 0, M, y, 0, 8, K);
  const queries = await transpose(device, await device.upload(b.slice(0, 8 * K), 8, K));
  const found = await device.read(await squaredDistances(device, await device.upload(a, M, K), queries));
  return share(found, exact, (i) => distanceBound(K) * exact[i]!);
}

async function check(device: GpuDevice): Promise<Record<string, unknown>> {
  const shares: Record<string, number> = { distances: await distanceShare(device) };
  for (const form of ['NN', 'NT', 'TN'] as const) shares[`matmul ${form}`] = await matmulShare(device, form);
  const { base, query } = data;
  const [expected, found] = [nearest(base, query, 5), await nearestOnGpu(device, base, query, 5)];
  const [onCpu, onGpu] = [
    kMeans(base, { k: 8, iterations: 4 }),
    await kMeansOnGpu(device, base, { k: 8, iterations: 4 }),
  ];
  const pca = trainPca(base, { dOut: 4 });
  const [plain, encoded] = [pca.encode(query), await pca.encodeOnGpu(device, query)];
  return {
    report: device.report,
    shares,
    nearest: `${expected.ids}` === `${found.ids}` && `${expected.distances}` === `${found.distances}`,
    recomputed: found.recomputed,
    kMeans: `${onCpu.centroids.data}` === `${onGpu.centroids.data}`,
    // Training changes the shapes of matrices, which WebGL2 ties to its textures.
    training: device.report.backend === 'gpujs-webgpu' ? await trainingDifference(device) : 0,
    pca: encoded.data.every((value, i) => Math.abs(value - plain.data[i]!) < 1e-4),
  };
}

async function attempt(webgl: boolean): Promise<Record<string, unknown>> {
  try {
    const device = await openGpu({ software: true, webgl });
    const result = await check(device);
    await device.close();
    return result;
  } catch (error) {
    return { error: String((error as Error).stack ?? error) };
  }
}

const results = { webgpu: await attempt(false), webgl2: await attempt(true) };
const { fetch } = globalThis as unknown as { fetch(path: string, settings: object): Promise<unknown> };
await fetch('/report', { method: 'POST', body: JSON.stringify(results) });
