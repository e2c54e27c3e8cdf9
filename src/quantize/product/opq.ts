import { type Computing, computingOf } from '../../../kernels/backend.ts';
import { kernelsFor } from '../../tensor/bytes-needed.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { requireOptions } from '../../tensor/options.ts';
import { Random } from '../../tensor/random/random.ts';
import { requireVectorsInRange, type Vectors } from '../../tensor/vectors/vectors.ts';
import { requireWhole } from '../../tensor/whole-number.ts';
import { sampleRows } from '../k-means/k-means-start.ts';
import { nearestOrthonormal, randomOrthonormal } from './procrustes.ts';
import { type ProductQuantizer, requireParts } from './product-quantizer.ts';
import { rotateRows } from './rotation.ts';
import { type ProductOptions, trainProduct } from './train-product.ts';

export interface RotationOptions extends Omit<ProductOptions, 'iterations' | 'start' | 'pointsPerCentroid'> {
  /** Dimensions of the rotated points, divisible by m; as many as before if not given. Fewer keep the subspace that codes lose least in. */
  readonly dOut?: number;
  /** Rounds of codebooks, then rotation; 50 if not given. */
  readonly rounds?: number;
  /** Rounds done so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

const ROUNDS = 50;
/** Rounds of k-means the first time, and when it goes on from the codebooks before. */
const FIRST_ITERATIONS = 40;
const NEXT_ITERATIONS = 4;
const MOST_POINTS = 65536;
const BLOCK_ROWS = 1024;

/**
 * OPQ: a rotation after which product quantization loses less. Two steps take turns, neither of which raises the error: codebooks for
 * the rotated points; then the rotation that brings the points nearest to what their codes stand for.
 *
 * Source: Ge, He, Ke & Sun 2013 (the non-parametric solution); rounds and sample as in faiss 1.7.3 `OPQMatrix`.
 * Departs: random start drawn from our own stream; the orthonormal factor by one-sided Jacobi (procrustes.ts). The points are centered
 * for learning and the mean is not kept: distances do not depend on it.
 *
 * @param points (n, d)
 * @returns (dOut, d): orthonormal rows, or orthonormal columns where dOut is larger than d
 * @throws {RangeError} if m does not divide dOut, there are fewer than 2^bits points, a value is not finite, or an option is out of range
 * @throws the signal's reason, when it aborts
 *
 * @category Quantizers
 */
export async function trainRotation(points: Vectors, options: RotationOptions): Promise<Matrix> {
  const where = 'trainRotation';
  requireOptions(where, options);
  requireVectorsInRange(points, where);
  const { m, bits = 8, rounds = ROUNDS, seed = 1, profile, gpu, onProgress, signal } = options;
  const computing = computingOf(options);
  const { dOut = points.cols } = options;
  requireParts(where, dOut, m, bits);
  requireWhole(where, 'rounds', rounds, 1);
  const sample = centered(sampleRows(points, MOST_POINTS, new Random(seed, 'opq/sample')), Math.max(points.cols, dOut));
  const dim = sample.cols;
  let rotation = toMatrix(randomOrthonormal(dOut, dim, new Random(seed, 'opq/start')), dOut);
  let quantizer: ProductQuantizer | undefined;
  for (let round = 0; round < rounds; round++) {
    const rotated = rotateRows(sample, rotation, computing);
    quantizer = await trainProduct(rotated, {
      m,
      bits,
      seed: `${seed}/opq`,
      pointsPerCentroid: MOST_POINTS,
      ...computing,
      ...(profile ? { profile } : {}),
      ...(gpu ? { gpu } : {}),
      ...(signal ? { signal } : {}),
      ...(quantizer ? { start: quantizer, iterations: NEXT_ITERATIONS } : { iterations: FIRST_ITERATIONS }),
    });
    const codes = gpu ? await quantizer.encodeOnGpu(gpu, rotated) : quantizer.encode(rotated, computing);
    const reproduced = quantizer.decode(codes);
    rotation = toMatrix(nearestOrthonormal(correlation(reproduced, sample, computing), dOut, dim), dOut);
    onProgress?.(round + 1, rounds);
  }
  return firstColumns(rotation, points.cols);
}

/** Columns with their means, taken in float64, subtracted, and columns of zeros up to `width`. */
function centered(x: Matrix, width: number): Matrix {
  const { rows, cols, data } = x;
  const means = new Float64Array(cols);
  for (let i = 0; i < rows * cols; i++) means[i % cols]! += data[i]!;
  const shifted = createMatrix(rows, width);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < cols; j++) shifted.data[row * width + j] = data[row * cols + j]! - means[j]! / rows;
  }
  return shifted;
}

function firstColumns(x: Matrix, cols: number): Matrix {
  if (x.cols === cols) return x;
  const first = createMatrix(x.rows, cols);
  for (let row = 0; row < x.rows; row++) first.data.set(x.data.subarray(row * x.cols, row * x.cols + cols), row * cols);
  return first;
}

/** yᵀ x (dOut, d): blocks of rows in float32, their sums in float64, in the order of the rows. */
function correlation(y: Matrix, x: Matrix, computing: Computing): Float64Array {
  const { rows, cols } = x;
  const dOut = y.cols;
  const block = Math.min(BLOCK_ROWS, rows);
  const [kernels, { left, right, product }] = kernelsFor(computing, ({ floats }) => ({
    left: floats(block * dOut),
    right: floats(block * cols),
    product: floats(dOut * cols),
  }));
  const sums = new Float64Array(dOut * cols);
  for (let first = 0; first < rows; first += block) {
    const count = Math.min(block, rows - first);
    left.set(y.data.subarray(first * dOut, (first + count) * dOut));
    right.set(x.data.subarray(first * cols, (first + count) * cols));
    kernels.matmulTN(product, left, right, dOut, cols, count, false);
    for (let i = 0; i < sums.length; i++) sums[i]! += product[i]!;
  }
  kernels.close();
  return sums;
}

function toMatrix(values: Float64Array, rows: number): Matrix {
  return createMatrix(rows, values.length / rows, Float32Array.from(values));
}
