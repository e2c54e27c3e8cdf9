import type { Counts } from '../../../kernels/operands.ts';
import type { SearchTrace } from '../../graph/search.ts';
import type { Neighbors } from '../../tensor/nearest/neighbors.ts';

export interface SearchCounts extends Counts {
  /** Neighbor lists read. */
  readonly hops: number;
  /**
   * Codes that a query was compared with, where the index compares by tables; `distances` then has only those besides: to coarse centroids,
   * to the centroids of each part (the entries of tables), and of re-ranking.
   */
  readonly codes?: number;
  /** Distances between codes of compressed vectors, where a graph was walked over these; `distances` then has only those of re-ranking. */
  readonly walkDistances?: number;
}

/** What a search returns: approximate `Neighbors`. */
export interface SearchResult extends Neighbors {
  /** Work of the whole search. */
  readonly counts: SearchCounts;
  /** One for each query, where they were asked for. */
  readonly traces?: readonly SearchTrace[];
}
