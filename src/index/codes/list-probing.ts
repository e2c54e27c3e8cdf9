import type { Computing } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { Floats } from '../../../kernels/operands.ts';
import { NO_ID } from '../../../kernels/top-k/reference.ts';
import { unpackCodes } from '../../quantize/product/packed-codes.ts';
import type { ProductQuantizer } from '../../quantize/product/product-quantizer.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { IvfLists } from './ivf-build.ts';
import { ProductScan } from './product-scan.ts';

/** Pairs of a query and a list that are searched together, if one query does not visit more. */
const LEAST_PAIRS = 2 ** 17;

/** Inverted lists where kernels reach them, and queries that visit them: list after list, with all queries that visit it. */
export class ListProbing {
  readonly codes: ProductScan;
  readonly #nlist: number;
  readonly #starts: Int32Array;
  /** Pairs of queries and lists: the nearest centroids of each query, then the queries of each list. */
  readonly #pairs: number;
  readonly #distances: Floats;
  readonly #nearest: Int32Array;
  readonly #queryIds: Int32Array;

  constructor(quantizer: ProductQuantizer, lists: IvfLists, computing: Computing) {
    const { codes, ids, centroids, starts } = lists;
    const numbers = unpackCodes(codes, ids.length, quantizer.m, quantizer.bits);
    this.#nlist = centroids.rows;
    this.#starts = starts;
    this.#pairs = Math.max(LEAST_PAIRS, this.#nlist);
    const origins = centroids.data.subarray(0, centroids.rows * centroids.cols);
    const take = (kernels: Kernels) => ({
      distances: kernels.floats(this.#pairs),
      nearest: kernels.ints(this.#pairs),
      queryIds: kernels.ints(this.#pairs),
    });
    this.codes = new ProductScan(quantizer, { numbers, ids, origins }, computing, take);
    const own = take(this.codes.kernels);
    this.#distances = own.distances;
    this.#nearest = own.nearest;
    this.#queryIds = own.queryIds;
  }

  /** How many queries may visit this many lists at a time. */
  blockRows(nprobe: number): number {
    return Math.floor(this.#pairs / nprobe);
  }

  /** Fills and sorts the heaps of queries first to first + count - 1. @returns how many codes they were compared with */
  scan(queries: Matrix, first: number, count: number, width: number, nprobe: number): number {
    const { codes } = this;
    codes.heaps.begin(queries, first, count, width);
    const ends = this.#visit(count, nprobe);
    let compared = 0;
    for (let list = 0; list < this.#nlist; list++) {
      const from = list === 0 ? 0 : ends[list - 1]!;
      const queryIds = this.#queryIds.subarray(from, ends[list]!);
      const [begin, end] = [this.#starts[list]!, this.#starts[list + 1]!];
      if (queryIds.length === 0 || begin === end) continue;
      codes.offer(queryIds, queryIds.length, list, begin, end, width);
      compared += queryIds.length * (end - begin);
    }
    codes.heaps.sort(count, width);
    return compared;
  }

  /** Writes down who visits each list: the queries that have its centroid among their nearest. @returns where each list ends */
  #visit(count: number, nprobe: number): Int32Array {
    const { kernels, origins, heaps, dim } = this.codes;
    const nlist = this.#nlist;
    const pairs = count * nprobe;
    this.#distances.fill(Number.POSITIVE_INFINITY, 0, pairs);
    this.#nearest.fill(NO_ID, 0, pairs);
    kernels.offerRows(this.#distances, this.#nearest, nprobe, heaps.queries, count, origins, nlist, 0, dim);
    const ends = new Int32Array(nlist + 1);
    for (let i = 0; i < pairs; i++) ends[this.#nearest[i]! + 1]!++;
    for (let list = 0; list < nlist; list++) ends[list + 1]! += ends[list]!;
    for (let i = 0; i < pairs; i++) this.#queryIds[ends[this.#nearest[i]!]!++] = Math.floor(i / nprobe);
    return ends;
  }
}
