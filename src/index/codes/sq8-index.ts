import { type BackendChoice, type Computing, computingOf } from '../../../kernels/backend.ts';
import { type ScalarCodeSet, scalarCodeSet } from '../../quantize/scalar/scalar-code-set.ts';
import { ScalarQuantizer, type ScalarRange } from '../../quantize/scalar/scalar-quantizer.ts';
import { bytesNeeded } from '../../tensor/bytes-needed.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { type Archive, requireArray } from '../../tensor/named-arrays.ts';
import { requireOptions } from '../../tensor/options.ts';
import type { VectorSource } from '../../tensor/vectors/vector-set.ts';
import type { Vectors } from '../../tensor/vectors/vectors.ts';
import { type CodeSearchOptions, keptVectors, searchCodes } from '../search/code-search.ts';
import { Held } from '../search/held.ts';
import { QueryHeaps } from '../search/query-heaps.ts';
import { requireSearchOptions } from '../search/search-options.ts';
import type { SearchResult } from '../search/search-result.ts';
import { optionalVectors, requireSizes, withKept } from './code-archive.ts';

export interface Sq8IndexOptions extends Computing {
  readonly base: Vectors;
  /** `dimension` if not given. */
  readonly range?: ScalarRange;
  /** Keep the vectors, to re-rank by exact distances. */
  readonly keepVectors?: boolean;
}

export interface Sq8Statistics {
  readonly rows: number;
  readonly range: ScalarRange;
  /** Of one code. */
  readonly codeBytes: number;
  /** Codes and ranges, without kept vectors. */
  readonly bytes: number;
  /** The smallest and the largest range of a dimension. */
  readonly spans: { readonly min: number; readonly max: number };
  readonly keepsVectors: boolean;
}

const WHERE = 'SQ8 index';

/** Codes that all queries of a block are compared with before the next ones: they stay in a processor's caches. */
const SCAN_BYTES = 2 ** 19;

/**
 * One byte a dimension; a query is compared with all rows.
 *
 * @category Index and search
 */
export class Sq8Index {
  readonly kind = 'sq8';
  readonly #held: Held<{
    readonly codes: ScalarCodeSet;
    readonly heaps: QueryHeaps;
    readonly vectors: VectorSource | undefined;
  }>;
  readonly quantizer: ScalarQuantizer;

  private constructor(
    quantizer: ScalarQuantizer,
    codes: Uint8Array,
    vectors: Vectors | undefined,
    computing: Computing,
  ) {
    this.quantizer = quantizer;
    const { dim } = quantizer;
    const rows = codes.length / dim;
    const batch = Math.max(1, Math.floor(SCAN_BYTES / dim));
    const spare = bytesNeeded((kernels) => new QueryHeaps(kernels, rows, dim));
    const set = scalarCodeSet(quantizer, codes, { ...computing, batch, spare });
    const heaps = new QueryHeaps(set.kernels, rows, dim);
    this.#held = new Held('Sq8Index', { codes: set, heaps, vectors: keptVectors(vectors, computing) });
  }

  /**
   * Learns the ranges from the base and encodes it.
   *
   * @throws {RangeError} if there are no rows, a value is not finite, or a range exceeds float32
   */
  static build(options: Sq8IndexOptions): Sq8Index {
    requireOptions('Sq8Index.build', options, ['base', 'range', 'keepVectors', 'backend', 'threads']);
    const { base, range = 'dimension', keepVectors = false } = options;
    const quantizer = ScalarQuantizer.train(base, range);
    const computing = computingOf(options);
    return new Sq8Index(quantizer, quantizer.encode(base, computing), keepVectors ? base : undefined, computing);
  }

  get #codes(): ScalarCodeSet {
    return this.#held.parts.codes;
  }

  get #heaps(): QueryHeaps {
    return this.#held.parts.heaps;
  }

  get #vectors(): VectorSource | undefined {
    return this.#held.parts.vectors;
  }

  get rows(): number {
    return this.#codes.size;
  }

  /** Numbers a vector. */
  get dim(): number {
    return this.quantizer.dim;
  }

  /** What really runs. */
  get backend(): ScalarCodeSet['backend'] {
    return this.#codes.backend;
  }

  /**
   * The nearest k rows of each query by their codes, or by exact distances among the nearest `rerank` by their codes.
   *
   * @param queries (queries, dim)
   * @throws {RangeError} if k or rerank is out of range, or the queries have another width or values that are not finite
   * @throws the signal's reason, when it aborts
   */
  async search(queries: Matrix, k: number, options: CodeSearchOptions = {}): Promise<SearchResult> {
    requireSearchOptions('Sq8Index.search', options, ['rerank']);
    const heaps = this.#heaps;
    const { counts } = this.#codes;
    const { dim, rows } = this;
    const scan = (first: number, count: number, width: number): number => {
      heaps.empty(count, width);
      this.#offerAll(queries, first, count, width);
      heaps.sort(count, width);
      return count * rows;
    };
    const scanned = { rows, dim, vectors: this.#vectors, counts, heaps, work: rows * dim, scan };
    return searchCodes('Sq8Index.search', scanned, queries, k, options);
  }

  #offerAll(queries: Matrix, first: number, count: number, width: number): void {
    const codes = this.#codes;
    const { distances, ids } = this.#heaps;
    const { length: batch } = codes.distances;
    for (let row = 0; row < this.rows; row += batch) {
      const rows = Math.min(batch, this.rows - row);
      for (let query = 0; query < count; query++) {
        codes.setQuery(queries.data, (first + query) * this.dim);
        codes.scan(row, rows);
        codes.kernels.offerDistances(distances, ids, query, width, codes.distances, undefined, row, rows);
      }
    }
  }

  /** What the index holds. */
  statistics(): Sq8Statistics {
    const { range, spans, dim } = this.quantizer;
    const bytes = this.rows * dim + 8 * dim;
    const least = spans.reduce((a, b) => Math.min(a, b));
    const most = spans.reduce((a, b) => Math.max(a, b));
    const keepsVectors = this.#vectors !== undefined;
    return { rows: this.rows, range, codeBytes: dim, bytes, spans: { min: least, max: most }, keepsVectors };
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
    const { rows, dim } = this;
    const { arrays, parameters } = this.quantizer.toArrays();
    const codes = { shape: [rows, dim], data: this.#codes.codes };
    return {
      kind: 'sq8',
      parameters: { rows, dim, ...parameters },
      arrays: withKept([...arrays, ['codes', codes]], { vectors: this.#vectors }),
    };
  }

  /**
   * The index that `toArchive` gave.
   *
   * @param threads that search together
   * @throws {RangeError} at the first thing that does not fit, in one line
   */
  static fromArchive(archive: Archive, backend: BackendChoice = 'auto', threads = 1): Sq8Index {
    const { rows, dim } = requireSizes(archive, 'sq8', WHERE);
    const { arrays, parameters } = archive;
    const quantizer = ScalarQuantizer.fromArrays(arrays, parameters, dim, WHERE);
    const codes = requireArray(arrays, 'codes', 'uint8', [rows, dim], WHERE).data;
    const vectors = optionalVectors(arrays, 'vectors', rows, dim, WHERE);
    return new Sq8Index(quantizer, codes, vectors, { backend, threads });
  }
}
