import { type BackendChoice, type Computing, computingOf } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import { trainRotation } from '../../quantize/product/opq.ts';
import { unpackCodes } from '../../quantize/product/packed-codes.ts';
import { ProductQuantizer } from '../../quantize/product/product-quantizer.ts';
import { rotateRows } from '../../quantize/product/rotation.ts';
import { CODE_OPTIONS, type ProductOptions, trainProduct } from '../../quantize/product/train-product.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { Archive } from '../../tensor/named-arrays.ts';
import { requireOptions } from '../../tensor/options.ts';
import type { VectorSource } from '../../tensor/vectors/vector-set.ts';
import { mapParts, partsOf, requireBase, type Vectors } from '../../tensor/vectors/vectors.ts';
import { type CodeSearchOptions, keptVectors, searchCodes } from '../search/code-search.ts';
import { Held } from '../search/held.ts';
import { requireSearchOptions } from '../search/search-options.ts';
import type { SearchResult } from '../search/search-result.ts';
import { optionalMatrix, optionalVectors, requirePackedCodes, requireSizes, withKept } from './code-archive.ts';
import { ProductScan } from './product-scan.ts';

export interface PqIndexOptions extends Omit<ProductOptions, 'onProgress' | 'start'> {
  readonly base: Vectors;
  /** Rotate the vectors first so that their parts lose less (OPQ). */
  readonly opq?: boolean;
  /** Keep the vectors, to re-rank by exact distances. */
  readonly keepVectors?: boolean;
  readonly onProgress?: (step: 'rotation' | 'training' | 'encoding', done: number, total: number) => void;
}

/** What an index of product codes holds. */
export interface PqStatistics {
  readonly rows: number;
  readonly m: number;
  readonly bits: number;
  /** Of one packed code. */
  readonly codeBytes: number;
  /** Codes, codebooks and rotation, and the lists of an index that has some, without kept vectors. */
  readonly bytes: number;
  readonly rotated: boolean;
  readonly keepsVectors: boolean;
}

const WHERE = 'PQ index';

/**
 * Product codes of all rows; a query is compared with all of them by its distance table.
 *
 * Source: Jégou, Douze & Schmid 2011, section III-A (exhaustive search with ADC).
 *
 * @example
 * ```ts
 * import { generateManifold, nearest, PqIndex, recallAt } from 'cnt-ann';
 *
 * const { base, query } = generateManifold({ rows: 1000, queries: 100, dim: 32, seed: 1 });
 * const index = await PqIndex.build({ base, m: 8 }); // 8 bytes instead of 128
 * const found = await index.search(query, 10);
 * const truth = nearest(base, query, 1).ids;
 * console.log([1, 5, 10].map((R) => recallAt(found.ids, truth, R)).join(' ')); // 0.59 1 1
 * ```
 *
 * @category Index and search
 */
export class PqIndex {
  readonly kind = 'pq';
  readonly #held: Held<{
    readonly codes: ProductScan;
    readonly packed: Uint8Array;
    readonly vectors: VectorSource | undefined;
  }>;
  readonly quantizer: ProductQuantizer;
  /** (dim, dim), applied to rows and queries before all else. */
  readonly rotation: Matrix | undefined;
  /** (rows, codeBytes). */
  readonly #computing: Computing;

  private constructor(
    quantizer: ProductQuantizer,
    rotation: Matrix | undefined,
    packed: Uint8Array,
    vectors: Vectors | undefined,
    computing: Computing,
  ) {
    const { m, bits, codeBytes, dim } = quantizer;
    const numbers = unpackCodes(packed, packed.length / codeBytes, m, bits);
    this.quantizer = quantizer;
    this.rotation = rotation;
    const codes = new ProductScan(quantizer, { numbers, origins: new Float32Array(dim) }, computing);
    this.#held = new Held('PqIndex', { codes, packed, vectors: keptVectors(vectors, computing) });
    this.#computing = computing;
  }

  /**
   * Learns the codebooks from the base and encodes it.
   *
   * @throws {RangeError} if m does not divide the dimensions, there are fewer than 2^bits rows, a value is not finite, or an option
   * is out of range
   * @throws the signal's reason, when it aborts
   */
  static async build(options: PqIndexOptions): Promise<PqIndex> {
    requireOptions('PqIndex.build', options, [...CODE_OPTIONS, 'base', 'opq', 'keepVectors']);
    const { base, opq = false, keepVectors = false, onProgress, ...training } = options;
    const { gpu } = training;
    requireBase(base, 'PqIndex.build');
    const rotation = opq
      ? await trainRotation(base, { ...training, onProgress: (done, total) => onProgress?.('rotation', done, total) })
      : undefined;
    const coded = rotation ? mapParts(base, (part) => rotateRows(part, rotation, training)) : base;
    const quantizer = await trainProduct(coded, {
      ...training,
      onProgress: (done, total) => onProgress?.('training', done, total),
    });
    const packed = new Uint8Array(base.rows * quantizer.codeBytes);
    for (const { first, matrix } of partsOf(coded)) {
      const progress = (done: number) => onProgress?.('encoding', first + done, base.rows);
      const encoding = { ...computingOf(training), onProgress: progress };
      const codes = gpu ? await quantizer.encodeOnGpu(gpu, matrix, encoding) : quantizer.encode(matrix, encoding);
      packed.set(codes, first * quantizer.codeBytes);
    }
    return new PqIndex(quantizer, rotation, packed, keepVectors ? base : undefined, computingOf(training));
  }

  get #codes(): ProductScan {
    return this.#held.parts.codes;
  }

  get #packed(): Uint8Array {
    return this.#held.parts.packed;
  }

  get #vectors(): VectorSource | undefined {
    return this.#held.parts.vectors;
  }

  get rows(): number {
    return this.#codes.rows;
  }

  /** Numbers a vector. */
  get dim(): number {
    return this.quantizer.dim;
  }

  /** What really runs. */
  get backend(): Kernels['backend'] {
    return this.#codes.kernels.backend;
  }

  /**
   * The nearest k rows of each query by their codes, or by exact distances among the nearest `rerank` by their codes.
   *
   * @param queries (queries, dim)
   * @throws {RangeError} if k or rerank is out of range, or the queries have another width or values that are not finite
   * @throws the signal's reason, when it aborts
   */
  async search(queries: Matrix, k: number, options: CodeSearchOptions = {}): Promise<SearchResult> {
    const where = 'PqIndex.search';
    requireSearchOptions(where, options, ['rerank']);
    const { heaps, counts } = this.#codes;
    const { dim, rows } = this;
    let turned = queries;
    const scan = (first: number, count: number, width: number): number => {
      if (first === 0 && this.rotation) turned = rotateRows(queries, this.rotation, this.#computing);
      heaps.begin(turned, first, count, width);
      this.#codes.offerEverything(count, width);
      heaps.sort(count, width);
      return count * rows;
    };
    const work = rows * this.quantizer.m;
    const scanned = { rows, dim, vectors: this.#vectors, counts, heaps, work, scan };
    return searchCodes(where, scanned, queries, k, options);
  }

  /** What the index holds. */
  statistics(): PqStatistics {
    const { m, bits, codeBytes, codebooks } = this.quantizer;
    const bytes = this.#packed.length + 4 * (codebooks.length + (this.rotation?.data.length ?? 0));
    return {
      rows: this.rows,
      m,
      bits,
      codeBytes,
      bytes,
      rotated: this.rotation !== undefined,
      keepsVectors: this.#vectors !== undefined,
    };
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
    const { rows, dim, rotation } = this;
    const { arrays, parameters } = this.quantizer.toArrays();
    const codes = { shape: [rows, this.quantizer.codeBytes], data: this.#packed };
    return {
      kind: 'pq',
      parameters: { rows, dim, ...parameters },
      arrays: withKept([...arrays, ['codes', codes]], { rotation, vectors: this.#vectors }),
    };
  }

  /**
   * The index that `toArchive` gave.
   *
   * @param threads that search together
   * @throws {RangeError} at the first thing that does not fit, in one line
   */
  static fromArchive(archive: Archive, backend: BackendChoice = 'auto', threads = 1): PqIndex {
    const { rows, dim } = requireSizes(archive, 'pq', WHERE);
    const { arrays, parameters } = archive;
    const quantizer = ProductQuantizer.fromArrays(arrays, parameters, dim, WHERE);
    const packed = requirePackedCodes(arrays, rows, quantizer, WHERE);
    const rotation = optionalMatrix(arrays, 'rotation', dim, dim, WHERE);
    const vectors = optionalVectors(arrays, 'vectors', rows, dim, WHERE);
    return new PqIndex(quantizer, rotation, packed, vectors, { backend, threads });
  }
}
