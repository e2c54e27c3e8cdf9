import type { Counts } from '../../../kernels/operands.ts';
import { requireThreads } from '../../../kernels/threads/require-threads.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { withCrew } from '../../workers/crew.ts';
import { Yielder } from '../../workers/event-loop.ts';
import { inSharedMemory } from '../../workers/shared-memory.ts';
import type { Task } from '../../workers/task.ts';
import type { SearchCounts, SearchResult } from './search-result.ts';

/** Queries in one chunk. */
const QUERIES = 16;

/** What a search by several threads takes besides the options of its index. */
export interface ThreadedSearchOptions {
  /** How many threads search, 1 if not given; answers and counts do not depend on it. */
  readonly threads?: number;
  /** Queries begun so far, and all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** An index as one thread sees it. `first` is the place of the first of these queries among all. */
export type SearchBlock = (queries: Matrix, k: number, first: number) => SearchResult;

/** What is searched for, and where the answers go. */
export interface SearchRequest {
  readonly queries: Matrix;
  readonly k: number;
  /** (queries, k). */
  readonly ids: Int32Array;
  readonly distances: Float32Array;
  /** (chunks, WORK.length). */
  readonly work: Float64Array;
}

export interface LocalSearch extends SearchRequest {
  readonly search: SearchBlock;
}

/** The counts of a result, as the columns of `work`; -1 stands for one that is absent. */
const WORK = ['distances', 'multiplyAdds', 'hops', 'codes', 'walkDistances'] as const;

/**
 * The search of one kind of index by several threads.
 *
 * @param kind of the index; the task bears its name
 * @param attach makes, in a worker, the search from what `searchByThreads` was given to share
 */
export function searchTask<Shared>(
  kind: string,
  attach: (shared: Shared, slot: number) => SearchBlock,
): Task<LocalSearch, SearchRequest & { readonly index: Shared }> {
  return {
    name: `search ${kind}`,
    attach: ({ index, ...request }, slot) => ({ ...request, search: attach(index, slot) }),
    steps: (local) => ({ search: (chunk) => searchChunk(local, chunk) }),
    counts: () => ({ distances: 0, multiplyAdds: 0 }), // with the answers
  };
}

function searchChunk({ search, queries, k, ids, distances, work }: LocalSearch, chunk: number): void {
  const first = chunk * QUERIES;
  const rows = Math.min(QUERIES, queries.rows - first);
  const { cols, data } = queries;
  const found = search({ rows, cols, data: data.subarray(first * cols, (first + rows) * cols) }, k, first);
  ids.set(found.ids.data, first * k);
  distances.set(found.distances.data, first * k);
  for (const [column, name] of WORK.entries()) work[chunk * WORK.length + column] = found.counts[name] ?? -1;
}

/** How an index is searched by the caller's own thread, and by others. */
export interface SearchedIndex<Shared> {
  readonly task: ReturnType<typeof searchTask<Shared>>;
  readonly search: SearchBlock;
  /** Work that `search` has done so far. */
  readonly counts: () => Readonly<Counts>;
  /** What workers make theirs from; not asked for with one thread. */
  readonly share: () => Shared;
}

/**
 * Searches for all queries, 16 at a time on whichever thread is free: the same answers and counts as from one thread.
 *
 * @param queries checked by the caller, as all options of `search`
 * @throws {RangeError} if `threads` is no positive whole number
 * @throws the signal's reason, when it aborts
 */
export async function searchByThreads<Shared>(
  { task, search, counts, share }: SearchedIndex<Shared>,
  queries: Matrix,
  k: number,
  { threads = 1, onProgress, signal }: ThreadedSearchOptions,
): Promise<SearchResult> {
  requireThreads(threads);
  const yielder = new Yielder(counts, signal);
  const request = requestFor(queries, k, threads > 1);
  const shared = () => ({ ...request, index: share() });
  await withCrew(task, { ...request, search }, shared, threads, (crew) =>
    crew.run('search', chunksOf(queries), (begun) => {
      if (!yielder.due) return undefined;
      onProgress?.(Math.min(begun * QUERIES, queries.rows), queries.rows);
      return yielder.yield();
    }),
  );
  onProgress?.(queries.rows, queries.rows);
  const { ids, distances, work } = request;
  return {
    ids: { rows: queries.rows, cols: k, data: ids },
    distances: createMatrix(queries.rows, k, distances),
    counts: sumsOf(work),
  };
}

function chunksOf({ rows }: Matrix): number {
  return Math.ceil(rows / QUERIES);
}

function requestFor(queries: Matrix, k: number, shared: boolean): SearchRequest {
  const { rows, cols, data } = queries;
  const ids = new Int32Array(rows * k);
  const distances = new Float32Array(rows * k);
  const work = new Float64Array(chunksOf(queries) * WORK.length);
  if (!shared) return { queries, k, ids, distances, work };
  return {
    queries: { rows, cols, data: inSharedMemory(data.subarray(0, rows * cols)) },
    k,
    ids: inSharedMemory(ids),
    distances: inSharedMemory(distances),
    work: inSharedMemory(work),
  };
}

/** The counts of all chunks together, of those that the index has. */
function sumsOf(work: Float64Array): SearchCounts {
  const sums = WORK.map((_, column) => {
    let sum = 0;
    for (let i = column; i < work.length; i += WORK.length) sum += work[i]!;
    return sum;
  });
  const [distances, multiplyAdds, hops, codes, walkDistances] = sums as [number, number, number, number, number];
  return {
    distances,
    multiplyAdds,
    hops,
    ...(hasColumn(work, 3) && { codes }),
    ...(hasColumn(work, 4) && { walkDistances }),
  };
}

function hasColumn(work: Float64Array, column: number): boolean {
  return work.length > 0 && work[column]! >= 0;
}
