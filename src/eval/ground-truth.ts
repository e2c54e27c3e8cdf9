import type { BackendChoice } from '../../kernels/backend.ts';
import { createMatrix, type Matrix } from '../tensor/matrix.ts';
import { nearest } from '../tensor/nearest/nearest.ts';
import type { Ids } from '../tensor/nearest/neighbors.ts';
import { placeOfRow, type Vectors } from '../tensor/vectors/vectors.ts';

/** Queries that are looked at: a truth that is wrong as a whole shows in each. */
const QUERIES = 10;

/** Published truths were made in float32, or by |x|² + |y|² - 2xy: neighbors this near to each other may have changed places. */
const SLACK = { ofDistance: 1e-4, ofNorms: 2e-6 };

/**
 * Checks a ground truth against its vectors by a few queries: ids must be rows of the base, distances must not fall along a row, and the
 * first must be the nearest of all.
 *
 * @param base (rows, d)
 * @param queries (queries, d)
 * @param truth nearest first; -1 may stand at the end of a row
 * @param where begins the message: the path of the truth
 * @throws {RangeError} saying what is wrong: ids that count from 1, neighbors by another metric, rows of other queries or of a part of the base
 */
export function requireGroundTruth(
  base: Vectors,
  queries: Matrix,
  truth: Ids,
  where: string,
  backend: BackendChoice = 'auto',
): void {
  requireIds(truth, base.rows, where);
  const count = Math.min(QUERIES, truth.rows);
  const sample = Array.from({ length: count }, (_, i) => Math.floor((i * (truth.rows - 1)) / Math.max(1, count - 1)));
  const chosen = createMatrix(count, queries.cols);
  for (const [i, query] of sample.entries()) {
    chosen.data.set(queries.data.subarray(query * queries.cols, (query + 1) * queries.cols), i * queries.cols);
  }
  const first = nearest(base, chosen, 1, { backend }).ids.data;
  const looks = sample.map((query, i) => new Look(base, queries, truth, query, first[i]!));
  const wrong = looks.find((look) => look.fault !== undefined);
  if (!wrong) return;
  const reason = reasonOf(looks, truth);
  throw new RangeError(
    `${where}: expected the nearest neighbors of each query, got ${reason} (${wrong.fault}); cnt truth makes one that fits.`,
  );
}

/** @throws {RangeError} if a number is no row of the base */
function requireIds({ data, cols }: Ids, rows: number, where: string): void {
  const wrong = data.findIndex(
    (id, i) => id >= rows || (id < 0 && i % cols === 0) || (i % cols > 0 && id >= 0 && data[i - 1]! < 0),
  );
  if (wrong < 0) return;
  const place = `${data[wrong]} at row ${Math.floor(wrong / cols)}, column ${wrong % cols}`;
  throw new RangeError(
    `${where}: expected ids from 0 to ${rows - 1}, got ${place}${idsHint(data, rows)}; cnt truth makes one that fits.`,
  );
}

/** What ids that are no rows of a base may come from, in words that follow the fault. */
function idsHint(ids: Int32Array, rows: number): string {
  const largest = ids.reduce((most, id) => Math.max(most, id), -1);
  if (largest < rows) return '';
  return largest === rows && !ids.includes(0) ? ': they count from 1, subtract 1' : ': of a larger base';
}

/** Half a comparison of two rows: smaller is nearer. */
type Metric = (query: Float32Array, row: Float32Array, at: number) => number;

const squaredEuclidean: Metric = (query, row, at) => {
  let sum = 0;
  for (let j = 0; j < query.length; j++) sum += (query[j]! - row[at + j]!) ** 2;
  return sum;
};
const innerProduct: Metric = (query, row, at) => {
  let sum = 0;
  for (let j = 0; j < query.length; j++) sum -= query[j]! * row[at + j]!;
  return sum;
};
const cosine: Metric = (query, row, at) =>
  innerProduct(query, row, at) / (Math.sqrt(squaredNorm(row, at, query.length)) || 1);
const manhattan: Metric = (query, row, at) => {
  let sum = 0;
  for (let j = 0; j < query.length; j++) sum += Math.abs(query[j]! - row[at + j]!);
  return sum;
};

/** By what a truth was made instead, in words. */
const OTHER_METRICS = {
  'inner product, not by Euclidean distance': innerProduct,
  'cosine, which are by Euclidean distance those of vectors of length 1': cosine,
  'Manhattan distance, not by Euclidean distance': manhattan,
};

function squaredNorm(row: Float32Array, at: number, dim: number): number {
  let sum = 0;
  for (let j = 0; j < dim; j++) sum += row[at + j]! * row[at + j]!;
  return sum;
}

/** The neighbors of a query, without the places that have none. */
function idsOf({ data, cols }: Ids, query: number): Int32Array {
  const row = data.subarray(query * cols, (query + 1) * cols);
  const end = row.indexOf(-1);
  return end < 0 ? row : row.subarray(0, end);
}

/** One query, and what the truth says of it. */
class Look {
  readonly query: number;
  readonly ids: Int32Array;
  /** The nearest of all rows. */
  readonly nearest: number;
  /** What is wrong, in words. */
  readonly fault: string | undefined;
  readonly vector: Float32Array;
  readonly #base: Vectors;

  constructor(base: Vectors, queries: Matrix, truth: Ids, query: number, nearestRow: number) {
    this.#base = base;
    this.query = query;
    this.ids = idsOf(truth, query);
    this.vector = queries.data.subarray(query * queries.cols, (query + 1) * queries.cols);
    this.nearest = nearestRow;
    this.fault = this.#faultOf(this.ids);
  }

  distance(row: number, metric: Metric = squaredEuclidean): number {
    const { data, at } = placeOfRow(this.#base, row);
    return metric(this.vector, data, at);
  }

  /** Whether these ids could be the neighbors of this query. */
  fits(ids: Int32Array): boolean {
    return this.#faultOf(ids) === undefined;
  }

  /** Whether the ids have the best row by a metric first and do not improve after it, float32's slack aside. */
  fitsBy(metric: Metric): boolean {
    const best = this.#least(this.#base.rows, metric);
    const slack = (value: number) => 1e-5 * Math.abs(value);
    const along = Array.from(this.ids, (id) => this.distance(id, metric));
    return (
      along[0]! <= best + slack(best) && along.every((value, i) => i === 0 || value >= along[i - 1]! - slack(value))
    );
  }

  /** Whether the first id is the nearest of so many rows of the base, the first ones. */
  isNearestAmong(rows: number): boolean {
    const first = this.distance(this.ids[0]!);
    return first <= this.#least(rows, squaredEuclidean) + this.#slack(this.ids[0]!, first);
  }

  #least(rows: number, metric: Metric): number {
    let least = Number.POSITIVE_INFINITY;
    for (let row = 0; row < rows; row++) least = Math.min(least, this.distance(row, metric));
    return least;
  }

  #faultOf(ids: Int32Array): string | undefined {
    const { query, nearest: best } = this;
    const least = this.distance(best);
    const first = this.distance(ids[0]!);
    if (first > least + this.#slack(ids[0]!, first)) {
      return `row ${query}: ${ids[0]} is at squared distance ${figure(first)}, ${best} at ${figure(least)}`;
    }
    let before = first;
    for (const [place, id] of ids.entries()) {
      const distance = this.distance(id);
      if (distance < before - this.#slack(id, before)) {
        return `row ${query}: squared distances fall from ${figure(before)} to ${figure(distance)} at column ${place}`;
      }
      before = distance;
    }
    return undefined;
  }

  #slack(row: number, distance: number): number {
    const { data, at } = placeOfRow(this.#base, row);
    const dim = this.vector.length;
    const norms = squaredNorm(this.vector, 0, dim) + squaredNorm(data, at, dim);
    return SLACK.ofDistance * distance + SLACK.ofNorms * norms;
  }
}

function figure(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** What a truth is instead, as far as the queries looked at tell. */
function reasonOf(looks: readonly Look[], truth: Ids): string {
  if (
    looks.every(({ ids }) => ids.every((id) => id > 0)) &&
    looks.every((look) => look.fits(look.ids.map((id) => id - 1)))
  ) {
    return 'ids that count from 1: subtract 1';
  }
  const wrong = looks.filter(({ fault }) => fault !== undefined);
  const few = wrong.slice(0, 3);
  for (const [name, metric] of Object.entries(OTHER_METRICS)) {
    if (few.every((look) => look.fitsBy(metric))) return `those by ${name}`;
  }
  if (wrong.every(({ ids, nearest: best }) => ids.includes(best))) return 'rows that are not sorted by distance';
  if (wrong.every((look) => hasRowFor(truth, look))) return 'rows in another order than the queries';
  const largest = truth.data.reduce((most, id) => Math.max(most, id), 0);
  if (few.every((look) => look.isNearestAmong(largest + 1)))
    return `those among the first rows of the base alone, up to row ${largest}`;
  return 'others: of other vectors, or of the same in another order';
}

/** Whether the truth of another query is that of this one. */
function hasRowFor(truth: Ids, look: Look): boolean {
  for (let row = 0; row < truth.rows; row++) {
    if (row !== look.query && look.fits(idsOf(truth, row))) return true;
  }
  return false;
}
