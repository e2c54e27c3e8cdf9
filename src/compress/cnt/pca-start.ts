import type { ParameterSet } from '../../autodiff/parameters.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { Random } from '../../tensor/random/random.ts';
import { type CntConfig, requireCntConfig, skipAdditions } from './cnt-config.ts';

/**
 * Start `pca-rotated`: changes freshly initialized parameters so that the network begins as PCA, up to a rotation. What
 * stages add to the compression token is all of z: A = R V / (how often A's output is added), B = identity, and the
 * batch-norm gains of cp, of each attention's output and of each MLP's second layer are 0. V holds the first d
 * principal directions, R is a random rotation, which spreads the variance over the coordinates; distances, and so the
 * loss, do not notice it.
 *
 * Departs: the paper starts at random and trains 2400 epochs of a million rows; this start buys in minutes what that
 * buys in GPU days.
 *
 * @param directions (at least d, dIn) orthonormal rows, of the input up to one shift and one scale for all coordinates
 * @throws {RangeError} if `directions` does not fit, or A's output is never added (one stage, skip `between-stages`)
 */
export function startCntAtPca(parameters: ParameterSet, config: CntConfig, directions: Matrix, random: Random): void {
  requireCntConfig(config, 'startCntAtPca');
  const { dIn, dOut: d, stages } = config;
  requireDirections('startCntAtPca', directions, d, dIn);
  const additions = skipAdditions(config);
  if (additions === 0)
    throw new RangeError('startCntAtPca: expected at least 2 stages with skip between-stages, got 1.');

  const rotation = randomRotation(d, random); // (d, d)
  const a = parameters.get('A.weight').value; // (d, dIn)
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < dIn; j++) {
      let sum = 0;
      for (let k = 0; k < d; k++) sum += rotation[i * d + k]! * directions.data[k * dIn + j]!;
      a[i * dIn + j] = sum / additions;
    }
  }
  const b = parameters.get('B.weight').value; // (d, d)
  b.fill(0);
  for (let i = 0; i < d; i++) b[i * d + i] = 1;
  parameters.get('cp_bn.weight').value.fill(0);
  for (let stage = 0; stage < stages.length; stage++) {
    for (let block = 0; block < stages[stage]!; block++) {
      parameters.get(`attn.${stage}.${block}.out_bn.weight`).value.fill(0);
      parameters.get(`mlp.${stage}.${block}.bn2.weight`).value.fill(0);
    }
  }
}

/** @throws {RangeError} unless `directions` has at least dOut rows of dIn numbers */
export function requireDirections(where: string, directions: Matrix, dOut: number, dIn: number): void {
  if (directions.rows >= dOut && directions.cols === dIn) return;
  const got = `${directions.rows} x ${directions.cols}`;
  throw new RangeError(`${where}: expected at least ${dOut} directions of ${dIn} numbers, got ${got}.`);
}

/**
 * A random orthogonal matrix, uniform over all of them.
 *
 * Source: the rows of a Gaussian matrix made orthonormal by modified Gram-Schmidt, run twice for orthogonality to
 * rounding.
 *
 * @returns (n, n)
 */
function randomRotation(n: number, random: Random): Float64Array {
  const q = new Float64Array(n * n);
  for (let i = 0; i < q.length; i++) q[i] = random.normal();
  for (let i = 0; i < n; i++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const projection = rowProduct(q, i, j, n);
        for (let k = 0; k < n; k++) q[i * n + k]! -= projection * q[j * n + k]!;
      }
    }
    const length = Math.sqrt(rowProduct(q, i, i, n));
    for (let k = 0; k < n; k++) q[i * n + k]! /= length;
  }
  return q;
}

/** Inner product of rows i and j of a (n, n). */
function rowProduct(a: Float64Array, i: number, j: number, n: number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += a[i * n + k]! * a[j * n + k]!;
  return sum;
}
