import { type Computing, computingOf } from '../../../kernels/backend.ts';
import { distanceBound, squaredDistances } from '../../../kernels/distance/gpu.ts';
import type { GpuDevice, GpuMatrix } from '../../../kernels/gpu/device.ts';
import { smallestLoss } from '../../../kernels/gpu/rounding.ts';
import { transpose } from '../../../kernels/gpu/transpose.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Floats } from '../../../kernels/operands.ts';
import { smallestRows } from '../../../kernels/top-k/gpu.ts';
import { kernelsFor } from '../bytes-needed.ts';
import type { Matrix } from '../matrix.ts';
import { requireInRange } from '../range.ts';
import { requireBase, rowBlocks, type Vectors } from '../vectors/vectors.ts';
import type { ExactSearchOptions, WatchOptions } from './exact-search.ts';
import { nearest } from './nearest.ts';
import { type Neighbors, noNeighbors } from './neighbors.ts';
import { TopK } from './top-k.ts';

/** Queries that are compared with a block of the base at a time; a multiple of four, which kernels take four at a time. */
const TILE_QUERIES = 4096;
/** Distances on the device at a time: 1 GiB. */
const TILE_DISTANCES = 2 ** 28;
/** Queries on the device at a time, in floats: 512 MiB. */
const GROUP_FLOATS = 2 ** 27;
/** Rows beyond k that the device gives: with a few more, the last is so far away that no other can be among the first k. */
const SPARE = 16;
/** Rows of one launch, and row numbers that a float32 counts exactly, are more. */
const MOST_ROWS = 2 ** 19 - 8;

/** How the CPU computes, which has the last word on each distance. */
export type GpuNearestOptions = ExactSearchOptions & WatchOptions;

export interface GpuNeighbors extends Neighbors {
  /** Queries for which rows were too near to each other for the device, so that the CPU compared them with the whole base. */
  readonly recomputed: number;
}

/**
 * `nearest` with the distances on a GPU, and **the same bits**: the device finds the k rows nearest to each query and some more, the
 * CPU computes the distances of those few again in its own order of sums, and where the device's error bound leaves it open whether
 * another row belongs to them, the CPU searches for that query alone. Only k + 16 rows a query and block of the base are read back.
 *
 * `counts` are those of `nearest`; the distances computed twice are not counted.
 *
 * @param base (n, d)
 * @param queries (m, d)
 * @param k from 1 to n
 * @throws {RangeError} if `k` or the dimensions do not fit, or a value is not finite, or so large that float32 could not hold squares
 * @throws the signal's reason, when it aborts
 *
 * @category Exact neighbors and recall
 */
export async function nearestOnGpu(
  device: GpuDevice,
  base: Vectors,
  queries: Matrix,
  k: number,
  options: GpuNearestOptions = {},
): Promise<GpuNeighbors> {
  requireOperands(base, queries, k);
  const { onProgress, signal } = options;
  const search = new Search(device, queries, k, base.cols, computingOf(options));
  const total = queries.rows * base.rows;
  let done = 0;
  for (const group of groupsOf(queries)) {
    const tiles: Tile[] = [];
    for (const tile of group) tiles.push(await search.upload(tile));
    for (const { first, matrix } of rowBlocks(base, 0, base.rows, search.blockRows(tiles[0]!.columns.cols))) {
      const resident = await device.upload(matrix.data, matrix.rows, matrix.cols);
      for (const tile of tiles) {
        signal?.throwIfAborted();
        await search.compare(tile, resident, matrix, first);
        onProgress?.((done += tile.count * matrix.rows), total);
      }
      device.free(resident);
    }
    device.free(...tiles.map(({ columns }) => columns));
  }
  return search.result(base);
}

/** Some queries on the device, transposed. */
interface Tile {
  readonly first: number;
  readonly count: number;
  /** (d, at least count). */
  readonly columns: GpuMatrix;
}

class Search {
  readonly #device: GpuDevice;
  readonly #queries: Matrix;
  readonly #k: number;
  readonly #dim: number;
  readonly #computing: Computing;
  readonly #tops: readonly TopK[];
  /** For each query, how near a row that the device left out can be at least. */
  readonly #reach: Float64Array;
  readonly #exact: ExactDistances;

  constructor(device: GpuDevice, queries: Matrix, k: number, dim: number, computing: Computing) {
    this.#device = device;
    this.#queries = queries;
    this.#k = k;
    this.#dim = dim;
    this.#computing = computing;
    this.#tops = Array.from({ length: queries.rows }, () => new TopK(k));
    this.#reach = new Float64Array(queries.rows).fill(Number.POSITIVE_INFINITY);
    this.#exact = new ExactDistances(k + SPARE, dim, computing);
  }

  blockRows(columns: number): number {
    const { capacity } = this.#device;
    const most = Math.min(TILE_DISTANCES, capacity);
    return Math.max(1, Math.min(MOST_ROWS, Math.floor(most / columns), Math.floor(capacity / this.#dim)));
  }

  async upload({ first, count, columns }: Slice): Promise<Tile> {
    const dim = this.#dim;
    const values = new Float32Array(columns * dim);
    values.set(this.#queries.data.subarray(first * dim, (first + count) * dim));
    const rows = await this.#device.upload(values, columns, dim);
    const resident = await transpose(this.#device, rows);
    this.#device.free(rows);
    return { first, count, columns: resident };
  }

  /** Offers to each query of the tile the nearest rows of a block of the base. */
  async compare(tile: Tile, resident: GpuMatrix, block: Matrix, firstRow: number): Promise<void> {
    const device = this.#device;
    const columns = tile.columns.cols;
    const taken = Math.min(this.#k + SPARE, block.rows);
    const distances = await squaredDistances(device, resident, tile.columns, 'nearest');
    const found = await smallestRows(device, distances, taken);
    const [rows, values] = [await device.read(found.rows), await device.read(found.values)];
    const ids = new Int32Array(taken);
    for (let i = 0; i < tile.count; i++) {
      const query = tile.first + i;
      for (let rank = 0; rank < taken; rank++) ids[rank] = rows[rank * columns + i]!;
      const exact = this.#exact.of(this.#queries, query, block, ids);
      const top = this.#tops[query]!;
      for (let rank = 0; rank < taken; rank++) top.offer(exact[rank]!, firstRow + ids[rank]!);
      const last = values[(taken - 1) * columns + i]!;
      if (taken < block.rows) this.#reach[query] = Math.min(this.#reach[query]!, last);
    }
  }

  /** Settles what the device left open. */
  result(base: Vectors): GpuNeighbors {
    const k = this.#k;
    const { rows, cols, data } = this.#queries;
    const { ids, distances } = noNeighbors(rows, k);
    const open: number[] = [];
    for (let query = 0; query < rows; query++) {
      const farthest = this.#tops[query]!.worst;
      this.#tops[query]!.sortedInto(ids.data, distances.data, query * k);
      if (!this.#certain(farthest, this.#reach[query]!)) open.push(query);
    }
    if (open.length > 0) {
      const asked = new Float32Array(open.length * cols);
      open.forEach((query, i) => {
        asked.set(data.subarray(query * cols, (query + 1) * cols), i * cols);
      });
      const found = nearest(base, { rows: open.length, cols, data: asked }, k, this.#computing);
      open.forEach((query, i) => {
        ids.data.set(found.ids.data.subarray(i * k, (i + 1) * k), query * k);
        distances.data.set(found.distances.data.subarray(i * k, (i + 1) * k), query * k);
      });
    }
    const pairs = rows * base.rows;
    const counts = { distances: pairs, multiplyAdds: pairs * cols };
    return { ids, distances, counts, recomputed: open.length };
  }

  /** Whether every row that the device gave `reach` or more is farther than `farthest` by the sums of the CPU. */
  #certain(farthest: number, reach: number): boolean {
    const bound = distanceBound(this.#dim);
    const loss = smallestLoss(this.#dim);
    return farthest < ((reach - loss) * (1 - bound)) / (1 + bound) - loss;
  }
}

/** Distances of a few rows as the kernels of the CPU define them. */
class ExactDistances {
  readonly #kernels: Kernels;
  readonly #query: Floats;
  readonly #rows: Floats;
  readonly #distances: Floats;

  constructor(most: number, dim: number, computing: Computing) {
    const [kernels, places] = kernelsFor({ backend: computing.backend }, ({ floats }) => ({
      query: floats(dim),
      rows: floats(most * dim),
      distances: floats(most),
    }));
    this.#kernels = kernels;
    this.#query = places.query;
    this.#rows = places.rows;
    this.#distances = places.distances;
  }

  /** Overwritten by the next call. */
  of(queries: Matrix, query: number, block: Matrix, ids: Int32Array): Floats {
    const dim = queries.cols;
    this.#query.set(queries.data.subarray(query * dim, (query + 1) * dim));
    for (let i = 0; i < ids.length; i++) {
      this.#rows.set(block.data.subarray(ids[i]! * dim, (ids[i]! + 1) * dim), i * dim);
    }
    this.#kernels.squaredDistanceScan(this.#distances, this.#query, 0, this.#rows, 0, ids.length, dim);
    return this.#distances;
  }
}

interface Slice {
  readonly first: number;
  readonly count: number;
  /** Of the tile: one width for all, so that no kernel is compiled for the last one. */
  readonly columns: number;
}

/** Tiles of queries, in groups that fit on the device together. */
function* groupsOf({ rows, cols }: Matrix): Generator<readonly Slice[]> {
  const columns = Math.min(TILE_QUERIES, 4 * Math.ceil(rows / 4));
  const tiles = Math.max(1, Math.floor(GROUP_FLOATS / (columns * cols)));
  for (let group = 0; group < rows; group += tiles * columns) {
    const slices: Slice[] = [];
    for (let first = group; first < Math.min(rows, group + tiles * columns); first += columns) {
      slices.push({ first, count: Math.min(columns, rows - first), columns });
    }
    yield slices;
  }
}

function requireOperands(base: Vectors, queries: Matrix, k: number): void {
  const where = 'nearestOnGpu';
  if (queries.cols !== base.cols) {
    throw new RangeError(`${where}: expected queries of ${base.cols} columns as in the base, got ${queries.cols}.`);
  }
  if (!Number.isSafeInteger(k) || k < 1 || k > base.rows) {
    throw new RangeError(`${where}: expected k from 1 to ${base.rows} (the rows of the base), got ${k}.`);
  }
  requireBase(base, `${where}: base`);
  requireInRange(queries, `${where}: queries`);
}
