import type { Computing } from '../../../kernels/backend.ts';
import { type Counts, workSince } from '../../../kernels/operands.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { noNeighbors } from '../../tensor/nearest/neighbors.ts';
import { vectorSource } from '../../tensor/vectors/split-vector-set.ts';
import type { VectorSource } from '../../tensor/vectors/vector-set.ts';
import type { Vectors } from '../../tensor/vectors/vectors.ts';
import { Yielder } from '../../workers/event-loop.ts';
import type { QueryHeaps } from './query-heaps.ts';
import { type Answers, rerank as rankAnew } from './rerank.ts';
import { requireQueries, requireRerank, type SearchOptions } from './search-options.ts';
import { requireFiniteDistances, type SearchResult } from './search-result.ts';

/** What a search over all codes takes. */
export type CodeSearchOptions = Pick<SearchOptions, 'rerank' | 'onProgress' | 'signal'>;

/** Multiply-adds between two looks at the signal: a second at most, but for bases of which one query takes longer. */
const BLOCK_WORK = 2e9;
/** Fewer queries a block would read the codes too often. */
const LEAST_BLOCK = 50;

/** What a search over codes needs of an index. */
export interface ScannedCodes {
  readonly rows: number;
  readonly dim: number;
  /** The vectors, where they are kept. */
  readonly vectors: VectorSource | undefined;
  /** Work so far, without that on `vectors`. */
  readonly counts: Readonly<Counts>;
  readonly heaps: QueryHeaps;
  /** The most queries of one call of `scan`. */
  readonly most?: number;
  /** About how many multiply-adds a query takes. */
  readonly work: number;
  /**
   * Fills and sorts the heaps of queries first to first + count - 1.
   *
   * @returns how many codes they were compared with
   */
  scan(first: number, count: number, width: number): number;
}

/**
 * The nearest k rows of each query by their codes, or by exact distances among the nearest `rerank` by their codes.
 *
 * Source: faiss 1.7.3 `IndexRefineFlat` (re-ranking).
 *
 * @throws {RangeError} if k or rerank is out of range, there are no vectors to re-rank with, or the queries do not fit
 * @throws the signal's reason, when it aborts
 */
export async function searchCodes(
  where: string,
  index: ScannedCodes,
  queries: Matrix,
  k: number,
  { rerank, onProgress, signal }: CodeSearchOptions,
): Promise<SearchResult> {
  const { dim, vectors, heaps } = index;
  requireQueries(queries, k, dim, where);
  if (rerank !== undefined) {
    if (!vectors)
      throw new RangeError(`${where}: expected an index that keeps its vectors to re-rank, got codes alone.`);
    requireRerank(where, rerank, k);
  }
  const answers = noNeighbors(queries.rows, k);
  const width = Math.min(rerank ?? k, index.rows);
  const counts = { distances: 0, multiplyAdds: 0, hops: 0, codes: 0 };
  const yielder = new Yielder(() => counts, signal);
  const few = Math.max(LEAST_BLOCK, Math.floor(BLOCK_WORK / Math.max(1, index.work)));
  const block = Math.min(few, index.most ?? queries.rows, heaps.blockRows(Math.max(1, width)));
  for (let first = 0; width > 0 && first < queries.rows; first += block) {
    const count = Math.min(block, queries.rows - first);
    const before = workOf(index);
    const codes = index.scan(first, count, width);
    if (rerank !== undefined && vectors) {
      rankAnew(answers, vectors, queries, { first, count }, (query) => heaps.sorted(query, width));
    } else copyLists(answers, heaps, { first, count, width });
    const work = workSince(before, workOf(index));
    counts.distances += work.distances - codes;
    counts.multiplyAdds += work.multiplyAdds;
    counts.codes += codes;
    onProgress?.(first + count, queries.rows);
    if (yielder.due) await yielder.yield();
  }
  return requireFiniteDistances({ ...answers, counts });
}

/** Queries `first` to first + count - 1: lists of `width`, of which the first k are answers. */
interface Block {
  readonly first: number;
  readonly count: number;
  readonly width: number;
}

function copyLists({ ids, distances }: Answers, heaps: QueryHeaps, { first, count, width }: Block): void {
  for (let query = 0; query < count; query++) {
    const found = heaps.sorted(query, width);
    const from = query * width;
    ids.data.set(found, (first + query) * ids.cols);
    distances.data.set(heaps.distances.subarray(from, from + found.length), (first + query) * ids.cols);
  }
}

/** The vectors that an index keeps for re-ranking. */
export function keptVectors(base: Vectors | undefined, { backend = 'auto' }: Computing): VectorSource | undefined {
  return base && vectorSource(base, { backend });
}

function workOf({ counts, vectors }: ScannedCodes): Counts {
  return {
    distances: counts.distances + (vectors?.counts.distances ?? 0),
    multiplyAdds: counts.multiplyAdds + (vectors?.counts.multiplyAdds ?? 0),
  };
}
