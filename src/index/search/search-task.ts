import type { Counts } from '../../../kernels/operands.ts';
import type { SearchTrace } from '../../graph/search.ts';
import { createMatrix, type Matrix, viewRows } from '../../tensor/matrix.ts';
import { type Ids, noNeighbors } from '../../tensor/nearest/neighbors.ts';
import { withCrew } from '../../workers/crew.ts';
import { Yielder } from '../../workers/event-loop.ts';
import { inSharedMemory } from '../../workers/shared-memory.ts';
import type { Task } from '../../workers/task.ts';
import type { SearchOptions } from './search-options.ts';
import { requireFiniteDistances, type SearchCounts, type SearchResult } from './search-result.ts';

/** Queries in one chunk: few, so that threads end together; more where one thread does all of them. */
const CHUNK = { shared: 16, alone: 64 } as const;

/** An index as one thread sees it. `first` is the place of the first of these queries among all. */
export type SearchBlock = (queries: Matrix, k: number, first: number) => SearchResult;

/** What is searched for, and where the answers go. */
interface SearchRequest {
  readonly queries: Matrix;
  /** Queries in one chunk. */
  readonly chunk: number;
  /** (queries, k). */
  readonly ids: Ids;
  readonly distances: Matrix;
  /** (chunks, WORK.length). */
  readonly work: Float64Array;
}

interface LocalSearch extends SearchRequest {
  readonly search: SearchBlock;
  /** Receives what the search of one thread alone expanded, where it is asked for. */
  readonly traces?: SearchTrace[];
}

/** The counts of a result, as the columns of `work`; -1 stands for one that is absent. */
const WORK = ['distances', 'multiplyAdds', 'hops', 'codes', 'walkDistances'] as const;

/** A search by several threads. */
export type SearchTask<Shared> = Task<LocalSearch, SearchRequest & { readonly index: Shared }>;

/** @param attach makes, in a worker, the search from what `searchInChunks` was given to share */
export function searchTask<Shared>(attach: (shared: Shared, slot: number) => SearchBlock): SearchTask<Shared> {
  return {
    name: 'search',
    attach: ({ index, ...request }, slot) => ({ ...request, search: attach(index, slot) }),
    steps: (local) => ({ search: (chunk) => searchChunk(local, chunk) }),
    counts: () => ({ distances: 0, multiplyAdds: 0 }), // with the answers
  };
}

function searchChunk({ search, ids, distances, work, traces, ...request }: LocalSearch, chunk: number): void {
  const { queries } = request;
  const k = ids.cols;
  const first = chunk * request.chunk;
  const found = search(viewRows(queries, first, Math.min(request.chunk, queries.rows - first)), k, first);
  ids.data.set(found.ids.data, first * k);
  distances.data.set(found.distances.data, first * k);
  if (found.traces) traces?.push(...found.traces);
  for (const [column, name] of WORK.entries()) work[chunk * WORK.length + column] = found.counts[name] ?? -1;
}

/** How an index is searched by the caller's own thread, and by others. */
export interface SearchedIndex<Shared> {
  readonly search: SearchBlock;
  /** Work that `search` has done so far. */
  readonly counts: () => Readonly<Counts>;
  /** The task of workers, and what they make theirs from; without it, one thread searches. */
  readonly others?: { readonly task: SearchTask<Shared>; share(): Shared };
}

const ALONE = searchTask<never>(() => {
  throw new Error('threads: expected one thread for an index that is not shared, got more.');
});

/**
 * Searches for all queries, some at a time on whichever thread is free: the same answers and counts for any number of threads.
 *
 * @param queries checked by the caller, as all options of `search`
 * @throws {RangeError} if `threads` is no positive whole number
 * @throws the signal's reason, when it aborts
 */
export async function searchInChunks<Shared>(
  { search, counts, others }: SearchedIndex<Shared>,
  queries: Matrix,
  k: number,
  { threads = 1, trace = false, onProgress, signal }: SearchOptions,
): Promise<SearchResult> {
  const yielder = new Yielder(counts, signal);
  const chunk = threads > 1 ? CHUNK.shared : CHUNK.alone;
  if (queries.rows <= chunk) {
    // Nobody can help: a crew would take longer than the few microseconds of a query.
    const result = search(queries, k, 0);
    onProgress?.(queries.rows, queries.rows);
    return requireFiniteDistances(result);
  }
  const request = requestFor(queries, k, chunk, threads > 1);
  const traces: SearchTrace[] = [];
  const shared = () => ({ ...request, index: others!.share() });
  await withCrew(others?.task ?? ALONE, { ...request, search, traces }, shared, threads, (crew) =>
    crew.run('search', chunksOf(request), (begun) => {
      if (!yielder.due) return undefined;
      onProgress?.(Math.min(begun * request.chunk, queries.rows), queries.rows);
      return yielder.yield();
    }),
  );
  onProgress?.(queries.rows, queries.rows);
  const { ids, distances, work } = request;
  return requireFiniteDistances({ ids, distances, counts: sumsOf(work), ...(trace && { traces }) });
}

function chunksOf({ queries, chunk }: Pick<SearchRequest, 'queries' | 'chunk'>): number {
  return Math.ceil(queries.rows / chunk);
}

function requestFor(queries: Matrix, k: number, chunk: number, shared: boolean): SearchRequest {
  const { ids, distances } = noNeighbors(queries.rows, k);
  const work = new Float64Array(chunksOf({ queries, chunk }) * WORK.length);
  if (!shared) return { queries, chunk, ids, distances, work };
  return {
    chunk,
    queries: sharedMatrix(queries),
    ids: { ...ids, data: inSharedMemory(ids.data) },
    distances: sharedMatrix(distances),
    work: inSharedMemory(work),
  };
}

/** The same rows where other threads reach them. */
export function sharedMatrix({ rows, cols, data }: Matrix): Matrix {
  return createMatrix(rows, cols, inSharedMemory(data.subarray(0, rows * cols)));
}

/** The counts of all chunks together, of those that the index has. */
function sumsOf(work: Float64Array): SearchCounts {
  const sums: Record<string, number> = { distances: 0, multiplyAdds: 0, hops: 0 };
  for (const [column, name] of WORK.entries()) {
    for (let i = column; i < work.length; i += WORK.length) {
      if (work[i]! >= 0) sums[name] = (sums[name] ?? 0) + work[i]!;
    }
  }
  return sums as unknown as SearchCounts;
}
