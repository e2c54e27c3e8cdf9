import { type BackendChoice, type Computing, computingOf } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import { ProductQuantizer } from '../../quantize/product/product-quantizer.ts';
import { rotateRows } from '../../quantize/product/rotation.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { type Archive, type NamedArray, requireArray, requireInteger } from '../../tensor/named-arrays.ts';
import { nearest } from '../../tensor/nearest/nearest.ts';
import type { Ids } from '../../tensor/nearest/neighbors.ts';
import type { VectorSource } from '../../tensor/vectors/vector-set.ts';
import type { Vectors } from '../../tensor/vectors/vectors.ts';
import { type CodeSearchOptions, keptVectors, searchCodes } from '../search/code-search.ts';
import { Held } from '../search/held.ts';
import { requireQueries, requireSearchOptions, type SearchOptions } from '../search/search-options.ts';
import type { SearchResult } from '../search/search-result.ts';
import {
  optionalMatrix,
  optionalVectors,
  requireMatrixArray,
  requirePackedCodes,
  requireSizes,
  withKept,
} from './code-archive.ts';
import { type BuiltLists, buildLists, type IvfAdcOptions, type IvfLists } from './ivf-build.ts';
import { ListProbing } from './list-probing.ts';
import { type ListStatistics, listStatistics, requireStarts } from './list-statistics.ts';
import type { PqStatistics } from './pq-index.ts';

export type IvfSearchOptions = CodeSearchOptions & Pick<SearchOptions, 'nprobe'>;

export type IvfStatistics = ListStatistics & PqStatistics;

const WHERE = 'IVFADC index';
const LARGEST = 2 ** 31 - 1;

/**
 * Inverted lists of the product codes of residuals: a row lies in the list of its nearest coarse centroid, and its code says how it
 * differs from that centroid. A query visits the lists of its nearest centroids, with a distance table for each.
 *
 * Source: Jégou, Douze & Schmid 2011, section IV (IVFADC).
 * Departs: tables are computed for each list visited; the precomputed part of |q - c - y|² = |q - c|² + (|y|² + 2cy) - 2qy rounds
 * otherwise, takes a table for each list, and would save only what tables cost (bench/pipeline/ivf-adc.ts prints it).
 *
 * @category Index and search
 */
export class IvfAdcIndex {
  readonly kind = 'ivfpq';
  readonly #held: Held<{
    readonly lists: IvfLists;
    readonly probing: ListProbing;
    readonly vectors: VectorSource | undefined;
  }>;
  readonly quantizer: ProductQuantizer;
  /** (dim, dim), applied to rows and queries before all else. */
  readonly rotation: Matrix | undefined;
  readonly #computing: Computing;

  private constructor({ rotation, quantizer, lists }: BuiltLists, vectors: Vectors | undefined, computing: Computing) {
    this.quantizer = quantizer;
    this.rotation = rotation;
    const probing = new ListProbing(quantizer, lists, computing);
    this.#held = new Held('IvfAdcIndex', { lists, probing, vectors: keptVectors(vectors, computing) });
    this.#computing = computing;
  }

  /**
   * Learns the coarse centroids, then the codebooks of the residuals, and encodes the base.
   *
   * @throws {RangeError} if m does not divide the dimensions, there are fewer than nlist or 2^bits rows, a value is not finite, or an
   * option is out of range
   * @throws the signal's reason, when it aborts
   */
  static async build(options: IvfAdcOptions): Promise<IvfAdcIndex> {
    const lists = await buildLists(options);
    return new IvfAdcIndex(lists, options.keepVectors ? options.base : undefined, computingOf(options));
  }

  get #lists(): IvfLists {
    return this.#held.parts.lists;
  }

  get #probing(): ListProbing {
    return this.#held.parts.probing;
  }

  get #vectors(): VectorSource | undefined {
    return this.#held.parts.vectors;
  }

  get rows(): number {
    return this.#lists.ids.length;
  }

  /** Numbers a vector. */
  get dim(): number {
    return this.quantizer.dim;
  }

  /** Inverted lists. */
  get nlist(): number {
    return this.#lists.centroids.rows;
  }

  /** What really runs. */
  get backend(): Kernels['backend'] {
    return this.#probing.codes.kernels.backend;
  }

  /**
   * The nearest k rows of each query by their codes, or by exact distances among the nearest `rerank` by their codes.
   *
   * @param queries (queries, dim)
   * @throws {RangeError} if k, nprobe or rerank is out of range, or the queries have another width or values that are not finite
   * @throws the signal's reason, when it aborts
   */
  async search(queries: Matrix, k: number, options: IvfSearchOptions = {}): Promise<SearchResult> {
    const where = 'IvfAdcIndex.search';
    requireSearchOptions(where, options, ['nprobe', 'rerank']);
    const { nprobe = this.nlist } = options;
    if (!Number.isSafeInteger(nprobe) || nprobe < 1 || nprobe > this.nlist) {
      throw new RangeError(`${where}: expected nprobe from 1 to ${this.nlist} (the lists), got ${nprobe}.`);
    }
    const probing = this.#probing;
    const { rows, dim } = this;
    const { heaps, counts } = probing.codes;
    let rotated = queries;
    const scan = (first: number, count: number, width: number) => {
      if (first === 0) rotated = this.#rotate(queries);
      return probing.scan(rotated, first, count, width, nprobe);
    };
    const work = (rows * this.quantizer.m * nprobe) / this.nlist;
    const scanned = { rows, dim, vectors: this.#vectors, counts, heaps, most: probing.blockRows(nprobe), work, scan };
    return searchCodes(where, scanned, queries, k, options);
  }

  /**
   * The share of the true neighbors that lie in the lists visited: no search that visits these lists can find more.
   *
   * @param queries (queries, dim)
   * @param truth the true neighbors of each query
   * @param depth how many of them count, from 1 to all
   * @returns for nprobe = 1, 2, …, nlist
   * @throws {RangeError} if the truth does not fit the queries, or names rows that do not exist
   */
  probedShares(queries: Matrix, truth: Ids, depth: number): Float64Array {
    const where = 'IvfAdcIndex.probedShares';
    requireQueries(queries, 1, this.dim, where);
    const { rows, cols, data } = truth;
    if (rows !== queries.rows) {
      throw new RangeError(`${where}: expected true neighbors of ${queries.rows} queries, got of ${rows}.`);
    }
    if (!Number.isSafeInteger(depth) || depth < 1 || depth > cols) {
      throw new RangeError(`${where}: expected a depth from 1 to ${cols}, got ${depth}.`);
    }
    const listOf = this.#listOfRows();
    const shares = new Float64Array(this.nlist);
    const orders = nearest(this.#lists.centroids, this.#rotate(queries), this.nlist).ids.data;
    for (let query = 0; query < queries.rows; query++) {
      const order = orders.subarray(query * this.nlist, (query + 1) * this.nlist);
      for (let i = query * cols; i < query * cols + depth; i++) {
        const list = listOf[data[i]!];
        if (list === undefined) {
          throw new RangeError(`${where}: expected true neighbors from 0 to ${this.rows - 1}, got ${data[i]}.`);
        }
        shares[order.indexOf(list)]!++;
      }
    }
    let sum = 0;
    return shares.map((share) => (sum += share) / (queries.rows * depth));
  }

  /** What the index holds. */
  statistics(): IvfStatistics {
    const { codes, ids, starts, centroids } = this.#lists;
    const { m, bits, codeBytes, codebooks } = this.quantizer;
    const floats = centroids.data.length + codebooks.length + (this.rotation?.data.length ?? 0);
    const bytes = codes.length + 4 * (ids.length + starts.length + floats);
    const rotated = this.rotation !== undefined;
    const keepsVectors = this.#vectors !== undefined;
    return { rows: this.rows, ...listStatistics(starts), m, bits, codeBytes, bytes, rotated, keepsVectors };
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
    const { rows, dim, nlist, rotation } = this;
    const { centroids, starts, ids, codes } = this.#lists;
    const { arrays, parameters } = this.quantizer.toArrays();
    const own: [string, NamedArray][] = [
      ...arrays,
      ['centroids', { shape: [nlist, dim], data: centroids.data }],
      ['starts', { shape: [nlist + 1], data: starts }],
      ['ids', { shape: [rows], data: ids }],
      ['codes', { shape: [rows, this.quantizer.codeBytes], data: codes }],
    ];
    return {
      kind: 'ivfpq',
      parameters: { rows, dim, nlist, ...parameters },
      arrays: withKept(own, { rotation, vectors: this.#vectors }),
    };
  }

  /**
   * The index that `toArchive` gave.
   *
   * @param threads that search together
   * @throws {RangeError} at the first thing that does not fit, in one line
   */
  static fromArchive(archive: Archive, backend: BackendChoice = 'auto', threads = 1): IvfAdcIndex {
    const { rows, dim } = requireSizes(archive, 'ivfpq', WHERE);
    const { arrays, parameters } = archive;
    const nlist = requireInteger(parameters, 'nlist', 1, LARGEST, WHERE);
    const quantizer = ProductQuantizer.fromArrays(arrays, parameters, dim, WHERE);
    const centroids = requireMatrixArray(arrays, 'centroids', nlist, dim, WHERE);
    const starts = requireArray(arrays, 'starts', 'int32', [nlist + 1], WHERE).data;
    const ids = requireArray(arrays, 'ids', 'int32', [rows], WHERE).data;
    requireStarts(starts, rows);
    requireEachOnce(ids);
    const codes = requirePackedCodes(arrays, rows, quantizer, WHERE);
    const rotation = optionalMatrix(arrays, 'rotation', dim, dim, WHERE);
    const vectors = optionalVectors(arrays, 'vectors', rows, dim, WHERE);
    const lists = { centroids, starts, ids, codes };
    return new IvfAdcIndex({ rotation, quantizer, lists }, vectors, { backend, threads });
  }

  #rotate(queries: Matrix): Matrix {
    return this.rotation ? rotateRows(queries, this.rotation, this.#computing) : queries;
  }

  #listOfRows(): Int32Array {
    const { starts, ids } = this.#lists;
    const listOf = new Int32Array(this.rows);
    for (let list = 0; list < this.nlist; list++) {
      for (let i = starts[list]!; i < starts[list + 1]!; i++) listOf[ids[i]!] = list;
    }
    return listOf;
  }
}

function requireEachOnce(ids: Int32Array): void {
  const met = new Uint8Array(ids.length);
  for (const id of ids) {
    if (met[id] !== 0) throw new RangeError(`${WHERE}: expected each row in one list, got row ${id} again or unknown.`);
    met[id] = 1;
  }
}
