import { type BackendChoice, createKernels } from '../../kernels/backend.ts';
import { createMatrix, type Matrix, requireFinite } from '../tensor/matrix.ts';
import { Random } from '../tensor/random.ts';
import { sampleRows } from './k-means-start.ts';
import { nearestOrthonormal, randomOrthonormal } from './procrustes.ts';
import { type ProductQuantizer, requireParts } from './product.ts';
import { rotateRows } from './rotation.ts';
import { type ProductOptions, trainProduct } from './train-product.ts';

export interface RotationOptions extends Omit<ProductOptions, 'iterations' | 'start' | 'pointsPerCentroid'> {
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
 * @returns (d, d), orthonormal
 * @throws {RangeError} if m does not divide d, there are fewer than 2^bits points, a value is not finite, or an option is out of range
 * @throws the signal's reason, when it aborts
 */
export async function trainRotation(points: Matrix, options: RotationOptions): Promise<Matrix> {
  const { m, bits = 8, rounds = ROUNDS, seed = 1, backend = 'auto', profile, onProgress, signal } = options;
  const where = 'trainRotation';
  const dim = points.cols;
  requireParts(where, dim, m, bits);
  requireFinite(points, where);
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    throw new RangeError(`${where}: expected rounds to be a whole number from 1, got ${rounds}.`);
  }
  const sample = centered(sampleRows(points, MOST_POINTS, new Random(seed, 'opq/sample')));
  let rotation = toMatrix(randomOrthonormal(dim, dim, new Random(seed, 'opq/start')), dim);
  let quantizer: ProductQuantizer | undefined;
  for (let round = 0; round < rounds; round++) {
    const rotated = rotateRows(sample, rotation, backend);
    quantizer = await trainProduct(rotated, {
      ...{ m, bits, seed: `${seed}/opq`, backend, pointsPerCentroid: MOST_POINTS },
      ...(profile ? { profile } : {}),
      ...(signal ? { signal } : {}),
      ...(quantizer ? { start: quantizer, iterations: NEXT_ITERATIONS } : { iterations: FIRST_ITERATIONS }),
    });
    const reproduced = quantizer.decode(quantizer.encode(rotated, { backend }));
    rotation = toMatrix(nearestOrthonormal(correlation(reproduced, sample, backend), dim, dim), dim);
    onProgress?.(round + 1, rounds);
  }
  return rotation;
}

/** Columns with their means, taken in float64, subtracted. */
function centered(x: Matrix): Matrix {
  const { rows, cols, data } = x;
  const means = new Float64Array(cols);
  for (let i = 0; i < rows * cols; i++) means[i % cols]! += data[i]!;
  const shifted = createMatrix(rows, cols);
  for (let i = 0; i < rows * cols; i++) shifted.data[i] = data[i]! - means[i % cols]! / rows;
  return shifted;
}

/** yᵀ x (d, d): blocks of rows in float32, their sums in float64, in the order of the rows. */
function correlation(y: Matrix, x: Matrix, backend: BackendChoice): Float64Array {
  const { rows, cols } = x;
  const block = Math.min(BLOCK_ROWS, rows);
  const kernels = createKernels({ backend, bytes: 4 * (2 * block * cols + cols * cols) + 256 });
  const left = kernels.floats(block * cols);
  const right = kernels.floats(block * cols);
  const product = kernels.floats(cols * cols);
  const sums = new Float64Array(cols * cols);
  for (let first = 0; first < rows; first += block) {
    const count = Math.min(block, rows - first);
    left.set(y.data.subarray(first * cols, (first + count) * cols));
    right.set(x.data.subarray(first * cols, (first + count) * cols));
    kernels.matmulTN(product, left, right, cols, cols, count, false);
    for (let i = 0; i < sums.length; i++) sums[i]! += product[i]!;
  }
  return sums;
}

function toMatrix(values: Float64Array, dim: number): Matrix {
  return createMatrix(dim, dim, Float32Array.from(values));
}
