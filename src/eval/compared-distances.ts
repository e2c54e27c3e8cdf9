import { squaredDistance } from '../../kernels/distance/reference.ts';
import { createMatrix, type Matrix } from '../tensor/matrix.ts';
import { type Ids, NO_DISTANCE } from '../tensor/nearest/neighbors.ts';
import { requireInRange } from '../tensor/range.ts';
import { placeOfRow, requireVectorsInRange, type Vectors } from '../tensor/vectors/vectors.ts';

/** How far the rows that were found are from their query, and how far the true neighbors. */
export interface ComparedDistances {
  /** As the ids found, squared; `NO_DISTANCE` where there is none. */
  readonly found: Matrix;
  /** As the true ids. */
  readonly truth: Matrix;
}

/**
 * Distances by which `recallAt` and `intersectionAt` count ties as hits: where two rows are equally far, another tool may name either.
 *
 * Source: the distance threshold of ann-benchmarks, without its 1e-3.
 *
 * @param base (rows, d), the vectors that the ids name
 * @param queries (queries, d)
 * @throws {RangeError} if the sizes do not fit, a value is out of range, or an id is no row of the base
 *
 * @example
 * ```ts
 * import { compareDistances, createMatrix, recallAt } from 'cnt-ann';
 *
 * const base = createMatrix(3, 1, Float32Array.of(5, 7, 7));
 * const truth = { rows: 1, cols: 1, data: Int32Array.of(1) };
 * const found = { rows: 1, cols: 1, data: Int32Array.of(2) };
 * const distances = compareDistances(base, createMatrix(1, 1, Float32Array.of(8)), found, truth);
 * console.log(recallAt(found, truth, 1), recallAt(found, truth, 1, distances)); // 0 1
 * ```
 *
 * @category Exact neighbors and recall
 */
export function compareDistances(base: Vectors, queries: Matrix, found: Ids, truth: Ids): ComparedDistances {
  const where = 'compareDistances';
  requireVectorsInRange(base, `${where}: base`);
  requireInRange(queries, `${where}: queries`);
  if (queries.cols !== base.cols) {
    throw new RangeError(`${where}: expected queries of ${base.cols} columns as in the base, got ${queries.cols}.`);
  }
  return {
    found: distancesOf(base, queries, found, `${where}: ids found`),
    truth: distancesOf(base, queries, truth, `${where}: truth`),
  };
}

/** The distances that the kernels define, beside ids. */
function distancesOf(base: Vectors, queries: Matrix, ids: Ids, where: string): Matrix {
  const { rows, cols: k, data } = ids;
  if (rows !== queries.rows) throw new RangeError(`${where}: expected ${queries.rows} rows, one a query, got ${rows}.`);
  const dim = base.cols;
  const distances = createMatrix(rows, k);
  for (let i = 0; i < data.length; i++) {
    const id = data[i]!;
    if (id < 0) {
      distances.data[i] = NO_DISTANCE;
      continue;
    }
    if (id >= base.rows) {
      const place = `row ${Math.floor(i / k)}, column ${i % k}`;
      throw new RangeError(`${where}: expected ids from 0 to ${base.rows - 1}, got ${id} at ${place}.`);
    }
    const row = placeOfRow(base, id);
    const query = Math.floor(i / k) * dim;
    distances.data[i] = squaredDistance(queries.data, query, row.data, row.at, dim, Math.fround);
  }
  return distances;
}
