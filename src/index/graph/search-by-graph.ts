import type { BackendChoice } from '../../../kernels/backend.ts';
import { workSince } from '../../../kernels/operands.ts';
import { requireThreads } from '../../../kernels/threads/require-threads.ts';
import { type Matrix, viewRows } from '../../tensor/matrix.ts';
import { noNeighbors } from '../../tensor/nearest/neighbors.ts';
import { attachSource, type SharedSource, shareSource } from '../../tensor/vectors/shared-source.ts';
import type { VectorSource } from '../../tensor/vectors/vector-set.ts';
import { requireWhole } from '../../tensor/whole-number.ts';
import { encodeQueries, type QueryEncoder } from '../search/query-encoder.ts';
import { idsOf, type QuerySource, rerank as rankAnew } from '../search/rerank.ts';
import { requireQueries, requireRerank, type SearchOptions } from '../search/search-options.ts';
import type { SearchResult } from '../search/search-result.ts';
import { type SearchBlock, searchInChunks, searchTask, sharedMatrix } from '../search/search-task.ts';
import { GraphSearcher, type SharedSearcher } from './graph-searcher.ts';

/** Full vectors, which rank anew what a walk over codes finds, and what makes of queries what the codes are compared with. */
export interface Refinement {
  readonly full: VectorSource;
  readonly encoder: QueryEncoder;
  readonly backend: BackendChoice;
}

interface Choices {
  readonly ef: number;
  readonly trace?: boolean;
  /** All queries, compressed, and how many of what the walk finds are ranked anew. */
  readonly walk?: { readonly queries: Matrix; readonly rerank: number } | undefined;
}

interface SharedGraphSearch extends Choices {
  readonly searcher: SharedSearcher;
  readonly full: SharedSource | undefined;
}

export const graphSearchTask = searchTask<SharedGraphSearch>(({ searcher, full, ...choices }, slot) =>
  blockSearch(GraphSearcher.attach(searcher, slot), full && attachSource(full, slot), choices),
);

function blockSearch(searcher: GraphSearcher, full: QuerySource | undefined, choices: Choices): SearchBlock {
  const { ef, trace, walk } = choices;
  if (!full || !walk) return (queries, k) => searcher.search(queries, k, ef, trace);
  return (queries, k, first) => walkAndRerank(searcher, full, queries, k, { ef, first, ...walk });
}

/**
 * The approximately nearest k rows of each query.
 *
 * @param where begins messages
 * @param searcher of a graph over full vectors, or over codes, which `refinement` turns to full vectors
 * @param most threads that the index was made for
 * @throws {RangeError} if an option is out of its range, or the queries do not fit
 * @throws the signal's reason, when it aborts
 */
export async function searchByGraph(
  where: string,
  { searcher, most, refinement }: { searcher: GraphSearcher; most: number; refinement?: Refinement | undefined },
  queries: Matrix,
  k: number,
  options: SearchOptions,
): Promise<SearchResult> {
  const { ef = k, rerank = k, trace = false, threads: asked = 1 } = options;
  const { points } = searcher;
  const full = refinement?.full;
  requireQueries(queries, k, (full ?? points).dim, where);
  requireWhole(where, 'ef', ef, 1);
  requireRerank(where, rerank, k);
  requireThreads(asked);
  requireAtMost(where, most, asked);
  const threads = trace ? 1 : asked;
  const walk = refinement && {
    queries: await encodeQueries(where, refinement.encoder, queries, {
      backend: refinement.backend,
      threads,
      signal: options.signal,
    }),
    rerank,
  };
  const index = {
    search: blockSearch(searcher, full, { ef, trace, walk }),
    counts: () => ({
      distances: points.counts.distances + (full?.counts.distances ?? 0),
      multiplyAdds: points.counts.multiplyAdds + (full?.counts.multiplyAdds ?? 0),
    }),
    others: {
      task: graphSearchTask,
      share: () => ({
        searcher: searcher.share(),
        full: full && shareSource(full),
        ef,
        walk: walk && { ...walk, queries: sharedMatrix(walk.queries) },
      }),
    },
  };
  return searchInChunks(index, queries, k, { ...options, threads });
}

/** @param first the place of the first of these queries among all */
function walkAndRerank(
  searcher: GraphSearcher,
  full: QuerySource,
  queries: Matrix,
  k: number,
  { ef, first, rerank, queries: compressed }: { ef: number; first: number; rerank: number; queries: Matrix },
): SearchResult {
  const survivors = Math.min(rerank, Math.max(ef, k));
  const { ids, counts } = searcher.search(viewRows(compressed, first, queries.rows), survivors, ef);
  const before = { ...full.counts };
  const answers = noNeighbors(queries.rows, k);
  rankAnew(answers, full, queries, { first: 0, count: queries.rows }, (query) => idsOf(ids, query));
  const { distances, multiplyAdds } = workSince(before, full.counts);
  const { distances: walkDistances, hops } = counts;
  return { ...answers, counts: { distances, walkDistances, hops, multiplyAdds: counts.multiplyAdds + multiplyAdds } };
}

function requireAtMost(where: string, most: number, threads: number): void {
  if (threads <= most) return;
  throw new RangeError(
    `${where}: expected at most ${most} threads, as many as the index was made for, got ${threads}.`,
  );
}
