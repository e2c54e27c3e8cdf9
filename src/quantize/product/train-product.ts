import { type Computing, computingOf } from '../../../kernels/backend.ts';
import type { GpuDevice } from '../../../kernels/gpu/device.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { requireOptions } from '../../tensor/options.ts';
import { Random } from '../../tensor/random/random.ts';
import { requireVectorsInRange, type Vectors } from '../../tensor/vectors/vectors.ts';
import { yieldToEventLoop } from '../../workers/event-loop.ts';
import { type KMeansOptions, type KMeansProfile, kMeans } from '../k-means/k-means.ts';
import { kMeansOnGpu } from '../k-means/k-means-on-gpu.ts';
import { sampleRows } from '../k-means/k-means-start.ts';
import { ProductQuantizer, requireParts } from './product-quantizer.ts';

export interface ProductOptions extends Computing {
  /** Parts of a vector; divides the dimensions. */
  readonly m: number;
  /** Bits of a part's code, from 1 to 8; 8 if not given. */
  readonly bits?: number;
  /** Rounds of k-means for each part; 25 if not given. */
  readonly iterations?: number;
  /** Rules of k-means, `canonical` if not given; `faiss` gives the codebooks of faiss 1.7.3. */
  readonly profile?: KMeansProfile;
  /** 1 if not given; faiss has a seed of its own. */
  readonly seed?: number | string;
  /** Learn from a random sample of this many points a centroid where there are more; 256 if not given. */
  readonly pointsPerCentroid?: number;
  /** Begin with the codebooks of this quantizer. */
  readonly start?: ProductQuantizer;
  /** Finds the nearest centroids here; the result is the same. */
  readonly gpu?: GpuDevice;
  /** Parts trained so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What all who code vectors in parts are asked. */
export const CODE_OPTIONS = [
  'm',
  'bits',
  'iterations',
  'profile',
  'seed',
  'pointsPerCentroid',
  'gpu',
  'backend',
  'threads',
  'onProgress',
  'signal',
] as const satisfies readonly (keyof ProductOptions)[];

const POINTS_PER_CENTROID = 256;

/**
 * Learns the codebook of each part by k-means over that part of the points, all from the same sample.
 *
 * Source: Jégou, Douze & Schmid 2011, section II-B.
 *
 * @param points (n, d), n at least 2^bits
 * @throws {RangeError} if m does not divide d, there are too few points, a value is not finite, or an option is out of range
 * @throws the signal's reason, when it aborts
 *
 * @category Quantizers
 */
export async function trainProduct(points: Vectors, options: ProductOptions): Promise<ProductQuantizer> {
  const where = 'trainProduct';
  requireOptions(where, options);
  requireVectorsInRange(points, where);
  const { m, bits = 8, profile = 'canonical', seed = 1, start, onProgress, signal } = options;
  const { pointsPerCentroid = POINTS_PER_CENTROID, iterations, gpu } = options;
  requireParts(where, points.cols, m, bits);
  const k = 2 ** bits;
  if (points.rows < k) throw new RangeError(`${where}: expected at least ${k} points, got ${points.rows}.`);
  if (start && (start.dim !== points.cols || start.m !== m || start.bits !== bits)) {
    const got = `${start.dim} dimensions, m ${start.m} and ${start.bits} bits`;
    throw new RangeError(
      `${where}: expected a start of ${points.cols} dimensions, m ${m} and ${bits} bits, got ${got}.`,
    );
  }
  const random = profile === 'faiss' ? 'faiss' : new Random(seed, 'product/sample');
  const sample = sampleRows(points, k * pointsPerCentroid, random);
  const partDim = points.cols / m;
  const length = k * partDim;
  const codebooks = new Float32Array(m * length);
  for (let s = 0; s < m; s++) {
    await yieldToEventLoop();
    signal?.throwIfAborted();
    const part = columns(sample, s * partDim, partDim);
    const choices: KMeansOptions = {
      ...computingOf(options),
      k,
      profile,
      pointsPerCentroid,
      seed: `${seed}/product/${s}`,
      ...(iterations === undefined ? {} : { iterations }),
      ...(start ? { start: createMatrix(k, partDim, start.codebooks.subarray(s * length, (s + 1) * length)) } : {}),
    };
    const { centroids } = gpu ? await kMeansOnGpu(gpu, part, choices) : kMeans(part, choices);
    codebooks.set(centroids.data, s * length);
    onProgress?.(s + 1, m);
  }
  return new ProductQuantizer(points.cols, m, bits, codebooks);
}

function columns(matrix: Matrix, first: number, count: number): Matrix {
  const part = createMatrix(matrix.rows, count);
  for (let row = 0; row < matrix.rows; row++) {
    const from = row * matrix.cols + first;
    for (let j = 0; j < count; j++) part.data[row * count + j] = matrix.data[from + j]!;
  }
  return part;
}
