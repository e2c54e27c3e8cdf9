import { type Computing, computingOf } from '../../../kernels/backend.ts';
import type { GpuDevice } from '../../../kernels/gpu/device.ts';
import { GpuAssignment } from '../../quantize/k-means/gpu-assignment.ts';
import { kMeans } from '../../quantize/k-means/k-means.ts';
import { kMeansOnGpu } from '../../quantize/k-means/k-means-on-gpu.ts';
import { sampleRows } from '../../quantize/k-means/k-means-start.ts';
import { NearestCentroids } from '../../quantize/k-means/nearest-centroids.ts';
import { GpuProductEncoder } from '../../quantize/product/gpu-product-encoder.ts';
import { trainRotation } from '../../quantize/product/opq.ts';
import { packCodes } from '../../quantize/product/packed-codes.ts';
import { ProductEncoder } from '../../quantize/product/product-encoder.ts';
import { type ProductQuantizer, requireParts } from '../../quantize/product/product-quantizer.ts';
import { rotateRows } from '../../quantize/product/rotation.ts';
import { CODE_OPTIONS, type ProductOptions, trainProduct } from '../../quantize/product/train-product.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { requireOptions } from '../../tensor/options.ts';
import { Random } from '../../tensor/random/random.ts';
import { mapParts, requireBase, rowBlocks, type Vectors } from '../../tensor/vectors/vectors.ts';

export interface IvfAdcOptions extends Omit<ProductOptions, 'onProgress' | 'start'> {
  readonly base: Vectors;
  /** Inverted lists, from 1. */
  readonly nlist: number;
  /** Rotate the vectors first so that the parts of a residual lose less (OPQ). */
  readonly opq?: boolean;
  /** Keep the vectors, to re-rank by exact distances. */
  readonly keepVectors?: boolean;
  readonly onProgress?: (step: 'rotation' | 'training' | 'encoding', done: number, total: number) => void;
}

/** Coarse centroids, and the rows of each, list after list. */
export interface IvfLists {
  /** (nlist, dim). */
  readonly centroids: Matrix;
  /** (nlist + 1): list l holds places starts[l] to starts[l + 1] - 1. */
  readonly starts: Int32Array;
  /** (rows): the row at each place, ascending within a list. */
  readonly ids: Int32Array;
  /** (rows, codeBytes): the packed code of the residual of the row at each place. */
  readonly codes: Uint8Array;
}

/** Rounds of k-means for the coarse centroids, as in faiss. */
const COARSE_ITERATIONS = 10;
const POINTS_PER_CENTROID = 256;
const BLOCK_ROWS = 1024;
/** Enough that a launch is worth its cost. */
const GPU_BLOCK_ROWS = 16_384;

/** What is learned from the base, and the base coded by it. */
export interface BuiltLists {
  /** (dim, dim), applied to rows and queries before all else. */
  readonly rotation: Matrix | undefined;
  readonly quantizer: ProductQuantizer;
  readonly lists: IvfLists;
}

/**
 * Learns a rotation, if one is asked for, the coarse centroids from the rotated base, and from the residuals of a sample the codebooks;
 * then encodes all residuals.
 *
 * Source: Jégou, Douze & Schmid 2011, section IV-B; the sizes of samples and the rounds are those of faiss 1.7.3, as is a rotation that
 * is learned from vectors and not from residuals (`OPQ16,IVF8,PQ16`).
 */
export async function buildLists(options: IvfAdcOptions): Promise<BuiltLists> {
  const where = 'IvfAdcIndex.build';
  requireOptions(where, options, [...CODE_OPTIONS, 'base', 'nlist', 'opq', 'keepVectors']);
  const { base, nlist, opq = false, m, bits = 8, onProgress } = options;
  requireBase(base, where);
  requireParts(where, base.cols, m, bits);
  if (!Number.isSafeInteger(nlist) || nlist < 1 || nlist > base.rows) {
    throw new RangeError(`${where}: expected nlist from 1 to ${base.rows} (the rows), got ${nlist}.`);
  }
  if (!opq) return { rotation: undefined, ...(await codeInLists(base, options)) };
  const progress = (done: number, total: number) => onProgress?.('rotation', done, total);
  const rotation = await trainRotation(base, { ...options, onProgress: progress });
  const rotated = mapParts(base, (part) => rotateRows(part, rotation, options));
  return { rotation, ...(await codeInLists(rotated, options)) };
}

/** @param base the rows as they are coded: rotated, if they are to be */
async function codeInLists(base: Vectors, options: IvfAdcOptions): Promise<Omit<BuiltLists, 'rotation'>> {
  const { nlist, m, bits = 8, profile = 'canonical', seed = 1, onProgress, signal } = options;
  const { pointsPerCentroid = POINTS_PER_CENTROID, gpu } = options;
  const computing = computingOf(options);
  const dim = base.cols;
  const coarse = { k: nlist, iterations: COARSE_ITERATIONS, profile, seed: `${seed}/coarse`, ...computing };
  const { centroids } = gpu ? await kMeansOnGpu(gpu, base, coarse) : kMeans(base, coarse);
  const random = profile === 'faiss' ? 'faiss' : new Random(seed, 'ivf-adc/sample');
  const sample = sampleRows(base, 2 ** bits * pointsPerCentroid, random);
  const residuals = createMatrix(sample.rows, dim);
  for await (const { first, block } of eachResidual(sample, centroids, computing, gpu)) {
    residuals.data.set(block.data, first * dim);
  }
  const quantizer = await trainProduct(residuals, {
    ...options,
    onProgress: (done, total) => onProgress?.('training', done, total),
  });

  const listOf = new Int32Array(base.rows);
  const numbers = new Uint8Array(base.rows * m);
  const encoder = gpu
    ? new GpuProductEncoder(gpu, quantizer, base.rows)
    : new ProductEncoder(quantizer, base.rows, computing);
  for await (const { first, block, nearest } of eachResidual(base, centroids, computing, gpu)) {
    listOf.set(nearest, first);
    await encoder.encode(block, 0, block.rows, numbers, first);
    onProgress?.('encoding', first + block.rows, base.rows);
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
  }
  encoder.close();
  const { starts, ids } = sortIntoLists(listOf, nlist);
  const ordered = new Uint8Array(numbers.length);
  ids.forEach((id, place) => {
    ordered.set(numbers.subarray(id * m, (id + 1) * m), place * m);
  });
  return { quantizer, lists: { centroids, starts, ids, codes: packCodes(ordered, base.rows, m, bits) } };
}

interface ResidualBlock {
  readonly first: number;
  /** Rows first, first + 1, … minus their nearest centroids. */
  readonly block: Matrix;
  /** Which centroids those are. */
  readonly nearest: Int32Array;
}

/** Block after block; a block lasts until the next one. */
async function* eachResidual(
  x: Vectors,
  centroids: Matrix,
  computing: Computing,
  gpu: GpuDevice | undefined,
): AsyncGenerator<ResidualBlock> {
  const { rows, cols: dim } = x;
  const capacity = Math.min(rows, gpu ? GPU_BLOCK_ROWS : BLOCK_ROWS * (computing.threads ?? 1));
  const search = new NearestCentroids(capacity, dim, centroids.rows, computing);
  const assignment = gpu && new GpuAssignment(gpu, search, centroids.rows);
  const residuals = new Float32Array(capacity * dim);
  for (const { first, matrix } of rowBlocks(x, 0, rows, capacity)) {
    const { rows: count, data } = matrix;
    search.load(matrix, 0, count);
    if (assignment) {
      await assignment.load(count);
      await assignment.findIds(centroids.data);
    } else search.find(centroids.data);
    for (let row = 0; row < count; row++) {
      const centroid = search.ids[row]! * dim;
      const from = row * dim;
      for (let i = 0; i < dim; i++) residuals[from + i] = data[from + i]! - centroids.data[centroid + i]!;
    }
    const block = createMatrix(count, dim, residuals.subarray(0, count * dim));
    yield { first, block, nearest: search.ids.subarray(0, count) };
  }
  search.close();
}

/** The rows of each list, ascending, list after list. */
function sortIntoLists(listOf: Int32Array, nlist: number): { starts: Int32Array; ids: Int32Array } {
  const starts = new Int32Array(nlist + 1);
  for (const list of listOf) starts[list + 1]!++;
  for (let list = 0; list < nlist; list++) starts[list + 1]! += starts[list]!;
  const next = starts.slice();
  const ids = new Int32Array(listOf.length);
  for (let row = 0; row < listOf.length; row++) ids[next[listOf[row]!]!++] = row;
  return { starts, ids };
}
