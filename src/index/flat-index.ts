import type { BackendChoice, Computing } from '../../kernels/backend.ts';
import type { GpuDevice } from '../../kernels/gpu/device.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { type Archive, requireInteger } from '../tensor/named-arrays.ts';
import { ExactSearch } from '../tensor/nearest/exact-search.ts';
import { nearestOnGpu } from '../tensor/nearest/nearest-on-gpu.ts';
import { type Neighbors, noNeighbors } from '../tensor/nearest/neighbors.ts';
import { requireBase, type Vectors } from '../tensor/vectors/vectors.ts';
import { requireVectors, vectorsArray } from '../tensor/vectors/vectors-array.ts';
import { Held } from './search/held.ts';
import { requireQueries, requireSearchOptions, type SearchOptions } from './search/search-options.ts';
import type { SearchResult } from './search/search-result.ts';

const WHERE = 'Flat index';

export interface FlatSearchOptions extends Pick<SearchOptions, 'onProgress' | 'signal'> {
  /** Computes the distances. */
  readonly gpu?: GpuDevice | undefined;
}

/**
 * Exact search: every query is compared with every row.
 *
 * @category Index and search
 */
export class FlatIndex {
  readonly kind = 'flat';
  readonly #held: Held<{ readonly base: Vectors; readonly search: ExactSearch }>;
  readonly #computing: Computing;

  /**
   * @param base kept, not copied; not to be changed while the index lives
   * @param threads that search together
   * @throws {RangeError} if a value is not finite
   */
  constructor(base: Vectors, backend: BackendChoice = 'auto', threads = 1) {
    requireBase(base, 'FlatIndex');
    this.#computing = { backend, threads };
    this.#held = new Held('FlatIndex', { base, search: new ExactSearch(base, this.#computing) });
  }

  get #base(): Vectors {
    return this.#held.parts.base;
  }

  get #search(): ExactSearch {
    return this.#held.parts.search;
  }

  get rows(): number {
    return this.#base.rows;
  }

  /** Numbers a vector. */
  get dim(): number {
    return this.#base.cols;
  }

  /**
   * The nearest k rows of each query; on a GPU the same ids and distances.
   *
   * @param queries (queries, dim)
   * @throws {RangeError} if k is no positive whole number, or the queries have another width or values that are not finite
   * @throws the signal's reason, when it aborts
   */
  async search(queries: Matrix, k: number, options: FlatSearchOptions = {}): Promise<SearchResult> {
    requireSearchOptions('FlatIndex.search', options, ['gpu']);
    requireQueries(queries, k, this.dim, 'FlatIndex.search');
    const { gpu, onProgress, signal } = options;
    const width = Math.min(k, this.rows);
    if (width === 0 || queries.rows === 0) {
      return { ...noNeighbors(queries.rows, k), counts: { distances: 0, multiplyAdds: 0, hops: 0 } };
    }
    const watch = {
      signal,
      onProgress: (pairs: number) => onProgress?.(Math.floor(pairs / this.rows), queries.rows),
    };
    const found = gpu
      ? await nearestOnGpu(gpu, this.#base, queries, width, { ...this.#computing, ...watch })
      : await this.#search.searchYielding(queries, width, watch);
    return filledUp(found, k);
  }

  /** Gives back the memory: from here on the index is of no use. Not to be called while a search is under way. */
  close(): void {
    this.#held.close();
  }

  /** `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
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
