import type { Computing } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import { type Floats, workSince } from '../../../kernels/operands.ts';
import { NO_ID } from '../../../kernels/top-k/reference.ts';
import { Yielder } from '../../workers/event-loop.ts';
import { kernelsFor } from '../bytes-needed.ts';
import type { Matrix } from '../matrix.ts';
import { LARGEST_VALUE } from '../range.ts';
import { type Part, requireVectorsInRange, rowBlocks, type Vectors } from '../vectors/vectors.ts';
import { type Neighbors, noNeighbors } from './neighbors.ts';

/** A block of base rows stays in a processor's caches. */
const BASE_BYTES = 1 << 19;
const MOST_BASE_ROWS = 1024;
/** The base is read once for each block of queries. */
const QUERY_BYTES = 1 << 23;
/** The most that the lists of neighbors of a block of queries take, if one list does not take more. */
const LIST_BYTES = 1 << 24;

export type ExactSearchOptions = Computing;

/** How a long search is watched and ended. */
export interface WatchOptions {
  /** Pairs of query and base row compared so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Memory of the kernels for one block of queries and one of base rows. */
interface Room {
  readonly kernels: Kernels;
  readonly k: number;
  readonly queryRows: number;
  readonly baseRows: number;
  readonly queries: Floats;
  /** While one block is compared, the next one comes into the other: reading rows takes as long as comparing them with some 10 queries. */
  readonly base: readonly [Floats, Floats];
  /** (queryRows, k). */
  readonly distances: Floats;
  readonly ids: Int32Array;
}

/**
 * Compares queries with every row of a base.
 *
 * Base rows pass through a memory of fixed size in blocks, so that a base of any size needs no second copy. A distance does not
 * depend on the block in which it is computed, and the order (distance, id) is total, so neither does the result.
 *
 * @category Exact neighbors and recall
 */
export class ExactSearch {
  readonly #base: Vectors;
  readonly #options: ExactSearchOptions;
  readonly #where: string | undefined;
  /** Made by the first search, made anew by one that needs more; absent while one is under way. */
  #room: Room | undefined;

  /**
   * @param base kept, not copied
   * @param where begins the message of the RangeError that a search throws at a value out of range; without it, there must be none
   */
  constructor(base: Vectors, options: ExactSearchOptions = {}, where?: string) {
    this.#base = base;
    this.#options = options;
    this.#where = where;
  }

  /**
   * @param queries (m, d), in range
   * @param k from 1 to the rows of the base
   * @param onProgress pairs of query and base row compared so far, and in all
   */
  search(queries: Matrix, k: number, onProgress?: (done: number, total: number) => void): Neighbors {
    const steps = this.steps(queries, k);
    let step = steps.next();
    for (; !step.done; step = steps.next()) onProgress?.(step.value, queries.rows * this.#base.rows);
    return step.value;
  }

  /**
   * The same search, which yields to the event loop.
   *
   * @throws the signal's reason, when it aborts
   */
  async searchYielding(queries: Matrix, k: number, { onProgress, signal }: WatchOptions = {}): Promise<Neighbors> {
    const pairs = queries.rows * this.#base.rows;
    const counts = { distances: 0, multiplyAdds: 0 };
    const yielder = new Yielder(() => counts, signal);
    const steps = this.steps(queries, k);
    try {
      for (;;) {
        const step = steps.next();
        if (step.done) return step.value;
        counts.multiplyAdds = step.value * queries.cols;
        onProgress?.(step.value, pairs);
        if (yielder.due) await yielder.yield();
      }
    } finally {
      steps.return(undefined as never);
    }
  }

  /** The same search, with a pause after each block of the base that tells how many pairs were compared so far. */
  *steps(queries: Matrix, k: number): Generator<number, Neighbors> {
    const room = this.#takeRoom(queries.rows, k);
    try {
      return yield* this.#stepsIn(room, queries, k);
    } finally {
      this.#room?.kernels.close();
      this.#room = room;
    }
  }

  *#stepsIn(room: Room, queries: Matrix, k: number): Generator<number, Neighbors> {
    const base = this.#base;
    const { kernels, queryRows, baseRows } = room;
    const before = { ...kernels.counts };
    const { ids, distances } = noNeighbors(queries.rows, k);
    for (let first = 0; first < queries.rows; first += queryRows) {
      const count = Math.min(queryRows, queries.rows - first);
      loadQueries(room, queries, first, count, k);
      const blocks = rowBlocks(base, 0, base.rows, baseRows);
      let block = blocks.next();
      if (!block.done) load(room.base[0], block.value.matrix);
      for (let turn = 0; !block.done; turn = 1 - turn) {
        const { first: row, matrix } = block.value;
        if (first === 0) this.#requireInRange(room, turn, matrix);
        block = blocks.next();
        const next = block.done ? undefined : block.value.matrix;
        offerBlock(room, { count, k }, turn, { first: row, matrix }, next);
        yield first * base.rows + count * (row + matrix.rows);
      }
      kernels.sortTops(room.distances, room.ids, count, k);
      ids.data.set(room.ids.subarray(0, count * k), first * k);
      distances.data.set(room.distances.subarray(0, count * k), first * k);
    }
    return { ids, distances, counts: workSince(before, kernels.counts) };
  }

  /** Leaves the memory; the next search takes some anew. */
  close(): void {
    this.#room?.kernels.close();
    this.#room = undefined;
  }

  /** Checks rows not checked before; while they are in the cache this costs 0.08 ns a value. */
  #requireInRange({ kernels, base }: Room, turn: number, { rows, cols }: Matrix): void {
    if (this.#where === undefined || kernels.allWithin(base[turn]!, rows * cols, LARGEST_VALUE)) return;
    requireVectorsInRange(this.#base, this.#where);
  }

  /** The room of one search: another that begins before this one ends takes its own. */
  #takeRoom(queries: number, k: number): Room {
    const { cols: dim, rows } = this.#base;
    const most = Math.max(1, Math.floor(LIST_BYTES / (8 * k)));
    const queryRows = Math.min(queries, most, rowsIn(QUERY_BYTES, dim));
    const present = this.#room;
    this.#room = undefined;
    if (present && present.queryRows >= queryRows && present.k >= k) return present;
    const baseRows = Math.min(rows, MOST_BASE_ROWS, rowsIn(BASE_BYTES, dim));
    present?.kernels.close();
    const [kernels, arrays] = kernelsFor(this.#options, (kernels) => ({
      queries: kernels.floats(queryRows * dim),
      base: [kernels.floats(baseRows * dim), kernels.floats(baseRows * dim)] as const,
      distances: kernels.floats(queryRows * k),
      ids: kernels.ints(queryRows * k),
    }));
    return { kernels, k, queryRows, baseRows, ...arrays };
  }
}

function loadQueries(room: Room, queries: Matrix, first: number, count: number, k: number): void {
  const dim = queries.cols;
  room.queries.set(queries.data.subarray(first * dim, (first + count) * dim));
  room.distances.fill(Number.POSITIVE_INFINITY, 0, count * k);
  room.ids.fill(NO_ID, 0, count * k);
}

/** Compares the block that lies in `base[turn]`, and loads the next one meanwhile. */
function offerBlock(
  { kernels, queries, base, distances, ids }: Room,
  { count, k }: { readonly count: number; readonly k: number },
  turn: number,
  { first, matrix }: Part,
  next: Matrix | undefined,
): void {
  const { rows, cols } = matrix;
  kernels.offerRows(distances, ids, k, queries, count, base[turn]!, rows, first, cols, () => {
    if (next) load(base[1 - turn]!, next);
  });
}

function load(target: Floats, { rows, cols, data }: Matrix): void {
  target.set(data.subarray(0, rows * cols));
}

function rowsIn(bytes: number, dim: number): number {
  return Math.max(1, Math.floor(bytes / (4 * dim)));
}
