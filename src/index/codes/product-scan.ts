import { type Computing, createKernels } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Counts, Floats } from '../../../kernels/operands.ts';
import type { ProductCodes } from '../../../kernels/product-search/kernel.ts';
import type { ProductQuantizer } from '../../quantize/product/product-quantizer.ts';
import { MOST_QUERIES, TopLists } from '../search/top-lists.ts';

/** Codes in lists, each relative to an origin of its own. */
export interface ListedCodes {
  /** (rows, m), the unpacked codes list after list: one number a byte; copied. */
  readonly numbers: Uint8Array;
  /** The number of the row at each place; without it, the place itself. */
  readonly ids?: Int32Array;
  /** (lists, dim): what was subtracted from the rows of a list. */
  readonly origins: Float32Array;
}

/** Product codes, and queries that are compared with them many at a time. */
export class ProductScan {
  readonly rows: number;
  readonly dim: number;
  readonly kernels: Kernels;
  readonly lists: TopLists;
  /** (lists, dim). */
  readonly origins: Floats;
  /** 0, 1, 2, … */
  readonly #everyone: Int32Array;
  readonly #product: Omit<ProductCodes, 'first' | 'count'>;

  /** @param spare bytes that the caller will take of `kernels` */
  constructor(quantizer: ProductQuantizer, listed: ListedCodes, computing: Computing, spare = 0) {
    const { numbers, ids, origins } = listed;
    const { m, dim, centroids, codebooks } = quantizer;
    const rows = numbers.length / m;
    const own = numbers.length + 4 * (codebooks.length + origins.length + (ids?.length ?? 0) + MOST_QUERIES) + 512;
    const kernels = createKernels({ ...computing, bytes: own + TopLists.bytes(rows, dim) + spare });
    this.rows = rows;
    this.dim = dim;
    this.kernels = kernels;
    this.lists = new TopLists(kernels, rows, dim);
    this.origins = kernels.floats(origins.length);
    this.origins.set(origins);
    const codes = kernels.bytes(numbers.length);
    codes.set(numbers);
    const books = kernels.floats(codebooks.length);
    books.set(codebooks);
    const names = ids && kernels.ints(ids.length);
    if (names) names.set(ids);
    this.#everyone = kernels.ints(MOST_QUERIES);
    for (let i = 0; i < MOST_QUERIES; i++) this.#everyone[i] = i;
    this.#product = { codes, ids: names, codebooks: books, m, centroids, dim };
  }

  get counts(): Readonly<Counts> {
    return this.kernels.counts;
  }

  /** Offers all codes, which lie in one list, to the lists of all queries. */
  offerEverything(count: number, width: number): void {
    this.offer(this.#everyone, count, 0, 0, this.rows, width);
  }

  /** Offers the codes at places `begin` to end - 1, which are those of `list`, to the lists of some of the queries. */
  offer(visitors: Int32Array, count: number, list: number, begin: number, end: number, width: number): void {
    const { lists, dim } = this;
    const product = { ...this.#product, first: begin, count: end - begin };
    const origin = this.origins.subarray(list * dim, (list + 1) * dim);
    const { distances, ids, queries } = lists;
    this.kernels.offerProductCodes(distances, ids, width, queries, visitors, count, origin, product);
  }
}
