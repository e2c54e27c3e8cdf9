import { type Computing, createKernels } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Counts, Floats } from '../../../kernels/operands.ts';
import type { ProductCodes } from '../../../kernels/product-search/kernel.ts';
import type { ProductQuantizer } from '../../quantize/product/product-quantizer.ts';
import { bytesNeeded } from '../../tensor/bytes-needed.ts';
import { MOST_QUERIES, QueryHeaps } from '../search/query-heaps.ts';

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
  readonly heaps: QueryHeaps;
  /** (lists, dim). */
  readonly origins: Floats;
  /** 0, 1, 2, … */
  readonly #allQueries: Int32Array;
  readonly #product: Omit<ProductCodes, 'first' | 'count'>;

  /** @param takeMore takes what the caller will take of `kernels` */
  constructor(
    quantizer: ProductQuantizer,
    listed: ListedCodes,
    computing: Computing,
    takeMore: (kernels: Kernels) => void = () => {},
  ) {
    const { numbers, ids, origins } = listed;
    const { m, dim, centroids, codebooks } = quantizer;
    const rows = numbers.length / m;
    const take = (kernels: Kernels) => ({
      heaps: new QueryHeaps(kernels, rows, dim),
      origins: kernels.floats(origins.length),
      codes: kernels.bytes(numbers.length),
      codebooks: kernels.floats(codebooks.length),
      ids: ids && kernels.ints(ids.length),
      allQueries: kernels.ints(MOST_QUERIES),
    });
    const bytes = bytesNeeded((kernels) => {
      take(kernels);
      takeMore(kernels);
    });
    this.rows = rows;
    this.dim = dim;
    this.kernels = createKernels({ ...computing, bytes });
    const own = take(this.kernels);
    own.origins.set(origins);
    own.codes.set(numbers);
    own.codebooks.set(codebooks);
    if (ids) own.ids!.set(ids);
    for (let i = 0; i < MOST_QUERIES; i++) own.allQueries[i] = i;
    this.heaps = own.heaps;
    this.origins = own.origins;
    this.#allQueries = own.allQueries;
    this.#product = { codes: own.codes, ids: own.ids, codebooks: own.codebooks, m, centroids, dim };
  }

  get counts(): Readonly<Counts> {
    return this.kernels.counts;
  }

  /** Offers all codes, which lie in one list, to the heaps of all queries. */
  offerEverything(count: number, width: number): void {
    this.offer(this.#allQueries, count, 0, 0, this.rows, width);
  }

  /** Offers the codes at places `begin` to end - 1, which are those of `list`, to the heaps of some of the queries. */
  offer(queryIds: Int32Array, count: number, list: number, begin: number, end: number, width: number): void {
    const { heaps, dim } = this;
    const product = { ...this.#product, first: begin, count: end - begin };
    const origin = this.origins.subarray(list * dim, (list + 1) * dim);
    const { distances, ids, queries } = heaps;
    this.kernels.offerProductCodes(distances, ids, width, queries, queryIds, count, origin, product);
  }
}
