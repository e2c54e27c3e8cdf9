import type { BackendChoice } from '../../kernels/backend.ts';
import type { GpuDevice } from '../../kernels/gpu/device.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { type Archive, requireInteger } from '../tensor/named-arrays.ts';
import { ExactSearch } from '../tensor/nearest/exact-search.ts';
import { type GpuNearestOptions, nearestOnGpu } from '../tensor/nearest/nearest-on-gpu.ts';
import { type Neighbors, noNeighbors } from '../tensor/nearest/neighbors.ts';
import { requireFiniteVectors, type Vectors } from '../tensor/vectors/vectors.ts';
import { requireVectors, vectorsArray } from '../tensor/vectors/vectors-array.ts';
import { requireQueries, type SearchResult } from './search/search-result.ts';

const WHERE = 'Flat index';

export interface FlatSearchOptions {
  /** Pairs of query and row compared so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Exact search: every query is compared with every row. */
export class FlatIndex {
  readonly kind = 'flat';
  readonly #base: Vectors;
  readonly #search: ExactSearch;

  /**
   * @param threads that search together
   * @throws {RangeError} if a value is not finite
   */
  constructor(base: Vectors, backend: BackendChoice = 'auto', threads = 1) {
    requireFiniteVectors(base, 'FlatIndex');
    this.#base = base;
    this.#search = new ExactSearch(base, { backend, threads });
  }

  get rows(): number {
    return this.#base.rows;
  }

  /** Numbers a vector. */
  get dim(): number {
    return this.#base.cols;
  }

  /**
   * The nearest k rows of each query.
   *
   * @param queries (queries, dim)
   * @throws {RangeError} if k is no positive whole number, or the queries have another width or values that are not finite
   */
  search(queries: Matrix, k: number, options: FlatSearchOptions = {}): SearchResult {
    requireQueries(queries, k, this.dim, 'FlatIndex.search');
    const width = Math.min(k, this.rows);
    if (width === 0 || queries.rows === 0) return noneFound(queries, k);
    return filledUp(this.#search.search(queries, width, options.onProgress), k);
  }

  /**
   * `search` with the distances on a GPU: the same ids and distances.
   *
   * @throws {RangeError} as `search`
   */
  async searchOn(
    device: GpuDevice,
    queries: Matrix,
    k: number,
    options: GpuNearestOptions = {},
  ): Promise<SearchResult> {
    requireQueries(queries, k, this.dim, 'FlatIndex.searchOn');
    const width = Math.min(k, this.rows);
    if (width === 0 || queries.rows === 0) return noneFound(queries, k);
    return filledUp(await nearestOnGpu(device, this.#base, queries, width, options), k);
  }

  /** Everything needed to search again. */
  toArchive(): Archive {
    const { rows, cols } = this.#base;
    return { kind: 'flat', parameters: { rows, dim: cols }, arrays: new Map([['vectors', vectorsArray(this.#base)]]) };
  }

  /**
   * The index that `toArchive` gave.
   *
   * @throws {RangeError} at the first thing that does not fit, in one line
   */
  static fromArchive(archive: Archive, backend: BackendChoice = 'auto', threads = 1): FlatIndex {
    if (archive.kind !== 'flat') throw new RangeError(`${WHERE}: expected kind flat, got ${archive.kind}.`);
    const rows = requireInteger(archive.parameters, 'rows', 0, 2 ** 31 - 1, WHERE);
    const dim = requireInteger(archive.parameters, 'dim', 1, 2 ** 31 - 1, WHERE);
    return new FlatIndex(requireVectors(archive.arrays, 'vectors', rows, dim, WHERE), backend, threads);
  }
}

function noneFound({ rows }: Matrix, k: number): SearchResult {
  return { ...noNeighbors(rows, k), counts: { distances: 0, multiplyAdds: 0, hops: 0 } };
}

/** What was found, as lists of k, with nothing in the places for which there are no rows. */
function filledUp({ ids, distances, counts }: Neighbors, k: number): SearchResult {
  const { rows, cols: width } = ids;
  if (width === k) return { ids, distances, counts: { ...counts, hops: 0 } };
  const answers = noNeighbors(rows, k);
  for (let query = 0; query < rows; query++) {
    answers.ids.data.set(ids.data.subarray(query * width, (query + 1) * width), query * k);
    answers.distances.data.set(distances.data.subarray(query * width, (query + 1) * width), query * k);
  }
  return { ...answers, counts: { ...counts, hops: 0 } };
}
