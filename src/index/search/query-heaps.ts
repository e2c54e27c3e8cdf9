import type { Kernels } from '../../../kernels/kernels.ts';
import type { Floats } from '../../../kernels/operands.ts';
import { NO_ID } from '../../../kernels/top-k/reference.ts';
import type { Matrix } from '../../tensor/matrix.ts';

/** Queries that are searched together at most. */
export const MOST_QUERIES = 1024;
/** Room for pairs in the heaps, if one heap does not need more. Memory that is not touched costs nothing. */
const LEAST_PAIRS = 2 ** 18;

/** Queries of a block and the heap of the nearest that each has met, in the memory of the kernels that compare them. */
export class QueryHeaps {
  /** (block, dim). */
  readonly queries: Floats;
  /** (block, width), heaps until `sort`, sorted lists from then on. */
  readonly distances: Floats;
  readonly ids: Int32Array;
  readonly #kernels: Kernels;
  readonly #pairs: number;

  /** @param longest the longest heap that will be asked for */
  constructor(kernels: Kernels, longest: number, dim: number) {
    this.#kernels = kernels;
    this.#pairs = Math.max(LEAST_PAIRS, longest);
    this.queries = kernels.floats(MOST_QUERIES * dim);
    this.distances = kernels.floats(this.#pairs);
    this.ids = kernels.ints(this.#pairs);
  }

  /** How many queries may have heaps of this width at a time. */
  blockRows(width: number): number {
    return Math.min(MOST_QUERIES, Math.floor(this.#pairs / width));
  }

  /** Loads queries and empties their heaps. */
  begin(queries: Matrix, first: number, count: number, width: number): void {
    const { cols, data } = queries;
    this.queries.set(data.subarray(first * cols, (first + count) * cols));
    this.empty(count, width);
  }

  empty(count: number, width: number): void {
    this.distances.fill(Number.POSITIVE_INFINITY, 0, count * width);
    this.ids.fill(NO_ID, 0, count * width);
  }

  /** Each heap becomes a list, nearest first. */
  sort(count: number, width: number): void {
    this.#kernels.sortTops(this.distances, this.ids, count, width);
  }

  /** The ids in the sorted list of a query, nearest first. */
  sorted(query: number, width: number): Int32Array {
    const ids = this.ids.subarray(query * width, (query + 1) * width);
    const end = ids.indexOf(NO_ID);
    return end < 0 ? ids : ids.subarray(0, end);
  }
}
