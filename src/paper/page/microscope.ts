import type { BackendChoice } from '../../../kernels/backend.ts';
import { intersectionAt } from '../../eval/recall.ts';
import { kernelsFor } from '../../tensor/bytes-needed.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { nearest } from '../../tensor/nearest/nearest.ts';
import type { Ids } from '../../tensor/nearest/neighbors.ts';
import { Random } from '../../tensor/random/random.ts';
import { requireInRange } from '../../tensor/range.ts';
import { type Described, list, number, record, text, tuple } from '../experiment/json-form.ts';

/** What a method made of the base and of the queries. */
export interface CompressedVersion {
  readonly name: string;
  readonly base: Matrix;
  readonly query: Matrix;
}

export interface MicroscopeOptions {
  readonly seed: number | string;
  readonly backend?: BackendChoice;
  /** How many of the queries, from the first on; 200 unless given. */
  readonly queries?: number;
  /** Pairs of a query and a base row sampled, of neighbors and of random rows each; 4000 unless given. */
  readonly pairs?: number;
}

/** Distances of one kind of pairs, not squared, before and after compression. */
const pairDistances = record({
  /** (original, compressed times `scale` of the reading) */
  points: list(tuple(number, number)),
  /** Mean of |compressed - original| / original over pairs that are not at distance 0. */
  error: number,
  /** Mean of (compressed - original) / original over the same: above 0 where compression stretches. */
  stretch: number,
});

export const microscopeReading = record({
  name: text,
  /** Compressed distances are multiplied by this, so that the mean distance of near pairs is the original one. */
  scale: number,
  /** A query and one of its ten true nearest. */
  near: pairDistances,
  /** A query and a random base row. */
  far: pairDistances,
  /** (k, share of the true k nearest that are among the k nearest after compression) */
  overlap: list(tuple(number, number)),
  /** |place after compression - true place| of the ten true nearest of each query, ascending. */
  displacements: list(number),
});

/** What one method keeps of the neighborhood of the queries. */
export type MicroscopeReading = Described<typeof microscopeReading>;

const QUERIES = 200;
const PAIRS = 4000;
/** Neighbors whose distances and places are compared. */
const NEAR = 10;
const OVERLAPS = [1, 2, 5, 10, 20, 50, 100] as const;
/** Rows of the base compared at once: a few megabytes. */
const BLOCK_ROWS = 4096;

/**
 * How compression changes distances and ranks around the queries, which no method was trained on: what the paper claims to preserve.
 *
 * A search sees only the order of distances, so each method may measure in its own unit: one factor a method makes near pairs equal on average,
 * and what then remains is error. Ties go to the smaller id. The same inputs and seed give the same figures.
 *
 * Source: the paper, "INRP loss" ("keep their distances in projected space", "down weighting others"). Departs: it shows no such figures.
 *
 * @param truth of the queries in the original space, nearest first: as many columns as overlaps are wanted up to, at least 10
 * @throws {RangeError} if shapes do not fit each other, or a value is not finite
 */
export function microscope(
  original: { readonly base: Matrix; readonly query: Matrix },
  truth: Ids,
  versions: readonly CompressedVersion[],
  { seed, backend = 'auto', queries = QUERIES, pairs = PAIRS }: MicroscopeOptions,
): MicroscopeReading[] {
  const count = Math.min(queries, original.query.rows);
  if (truth.rows !== original.query.rows || truth.cols < NEAR) {
    throw new RangeError(
      `microscope: expected ${original.query.rows} x ${NEAR} true neighbors or more, got ${truth.rows} x ${truth.cols}.`,
    );
  }
  const near = sampledPairs(new Random(seed, 'microscope/near'), count, pairs, NEAR).map(
    ([query, rank]) => [query, truth.data[query * truth.cols + rank]!] as const,
  );
  const far = sampledPairs(new Random(seed, 'microscope/far'), count, pairs, original.base.rows);
  const samples = {
    near: { ids: near, distances: distancesOf(original, near) },
    far: { ids: far, distances: distancesOf(original, far) },
  };
  const wanted = { rows: count, cols: truth.cols, data: truth.data.subarray(0, count * truth.cols) };
  return versions.map((version) => reading(original, version, wanted, samples, backend));
}

type Pair = readonly [query: number, row: number];

interface Sample {
  readonly ids: readonly Pair[];
  readonly distances: Float64Array;
}

function sampledPairs(random: Random, queries: number, pairs: number, rows: number): Pair[] {
  return Array.from({ length: pairs }, () => [random.below(queries), random.below(rows)] as const);
}

function reading(
  original: { readonly base: Matrix; readonly query: Matrix },
  version: CompressedVersion,
  truth: Ids,
  samples: { readonly near: Sample; readonly far: Sample },
  backend: BackendChoice,
): MicroscopeReading {
  const { name, base } = version;
  const where = `microscope: ${name}`;
  if (base.rows !== original.base.rows || version.query.rows !== original.query.rows) {
    throw new RangeError(
      `${where}: expected ${original.base.rows} rows and ${original.query.rows} queries, got ${base.rows} and ${version.query.rows}.`,
    );
  }
  requireInRange(base, where);
  requireInRange(version.query, where);
  const query = createMatrix(truth.rows, base.cols, version.query.data.subarray(0, truth.rows * base.cols));
  const nearDistances = distancesOf(version, samples.near.ids);
  const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
  const compressedTotal = total(nearDistances);
  // A method that maps all near pairs onto one point has no unit of its own.
  const scale = compressedTotal > 0 ? total(samples.near.distances) / compressedTotal : 1;
  const depth = Math.min(truth.cols, base.rows);
  const found = nearest(base, query, depth, { backend }).ids;
  return {
    name,
    scale,
    near: compared(samples.near.distances, nearDistances, scale),
    far: compared(samples.far.distances, distancesOf(version, samples.far.ids), scale),
    overlap: OVERLAPS.filter((k) => k <= depth).map((k) => [k, intersectionAt(found, truth, k)] as const),
    displacements: [...displacementsOf(base, query, truth, backend)],
  };
}

function compared(original: Float64Array, compressed: Float64Array, scale: number): MicroscopeReading['near'] {
  const points = Array.from(original, (distance, i) => [distance, scale * compressed[i]!] as const);
  let [error, stretch, counted] = [0, 0, 0];
  for (const [before, after] of points) {
    if (before === 0) continue;
    error += Math.abs(after - before) / before;
    stretch += (after - before) / before;
    counted++;
  }
  return { points, error: counted === 0 ? 0 : error / counted, stretch: counted === 0 ? 0 : stretch / counted };
}

/** Distances, not squared, in float64. */
function distancesOf(
  { base, query }: { readonly base: Matrix; readonly query: Matrix },
  pairs: readonly Pair[],
): Float64Array {
  const dim = base.cols;
  return Float64Array.from(pairs, ([q, row]) => {
    let sum = 0;
    for (let c = 0; c < dim; c++) {
      const difference = query.data[q * dim + c]! - base.data[row * dim + c]!;
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  });
}

/**
 * How far the ten true nearest of each query are from their places when all rows are ranked by (compressed distance, id).
 *
 * @returns |place - true place|, ascending, (queries * 10)
 */
function displacementsOf(base: Matrix, query: Matrix, truth: Ids, backend: BackendChoice): Int32Array {
  const dim = base.cols;
  const blockRows = Math.min(BLOCK_ROWS, base.rows);
  const [kernels, { queries, rows, distances, near }] = kernelsFor({ backend }, ({ floats }) => ({
    queries: floats(query.rows * dim),
    rows: floats(blockRows * dim),
    distances: floats(query.rows * blockRows),
    near: floats(NEAR * dim),
  }));
  queries.set(query.data);
  const neighborIds = new Int32Array(query.rows * NEAR);
  const neighborDistances = new Float32Array(query.rows * NEAR);
  for (let q = 0; q < query.rows; q++) {
    for (let r = 0; r < NEAR; r++) {
      const id = truth.data[q * truth.cols + r]!;
      neighborIds[q * NEAR + r] = id;
      near.set(base.data.subarray(id * dim, (id + 1) * dim), r * dim);
    }
    // A distance does not depend on the block in which it is computed, so that these compare exactly with those below.
    kernels.squaredDistanceMatrix(distances, queries, q, 1, near, 0, NEAR, dim);
    for (let r = 0; r < NEAR; r++) neighborDistances[q * NEAR + r] = distances[r]!;
  }
  const places = new Int32Array(query.rows * NEAR);
  for (let first = 0; first < base.rows; first += blockRows) {
    const count = Math.min(blockRows, base.rows - first);
    rows.set(base.data.subarray(first * dim, (first + count) * dim));
    kernels.squaredDistanceMatrix(distances, queries, 0, query.rows, rows, 0, count, dim);
    for (let i = 0; i < places.length; i++) {
      const start = Math.floor(i / NEAR) * count;
      places[i]! += rowsBefore(distances, start, count, first, neighborDistances[i]!, neighborIds[i]!);
    }
  }
  return places.map((place, i) => Math.abs(place - (i % NEAR))).sort();
}

/** Rows of a block that come before a neighbor in the order (distance, id). */
function rowsBefore(
  distances: ArrayLike<number>,
  start: number,
  count: number,
  firstId: number,
  distance: number,
  id: number,
): number {
  let before = 0;
  for (let j = 0; j < count; j++) {
    const other = distances[start + j]!;
    if (other < distance || (other === distance && firstId + j < id)) before++;
  }
  return before;
}

/**
 * The value below which a share of an ascending list lies: nearest rank.
 *
 * @throws {RangeError} if the list is empty
 */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  if (ascending.length === 0) throw new RangeError('quantile: expected at least one value, got none.');
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)]!;
}
