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
  /** Distances to compressed vectors or their codes, where answers are ranked anew by full ones; `distances` then has only those of re-ranking. */
  readonly walkDistances?: number;
}

/**
 * Ids of one's own, one for each row of an index, no two of them the same: whole numbers of 64 bits, or texts of one line.
 *
 * @category Index and search
 */
export type OwnIds = BigInt64Array | readonly string[];

/** What a search returns: approximate `Neighbors`. */
export interface SearchResult extends Neighbors {
  /** Work of the whole search. */
  readonly counts: SearchCounts;
  /** Of an index that was given ids: the id of each of its rows, so that `ownIds[ids.data[i]]` is that of an answer; not copied. */
  readonly ownIds?: OwnIds;
  /** One for each query, where they were asked for. */
  readonly traces?: readonly SearchTrace[];
}

/**
 * The last look before answers leave an index: a distance that is no number, or infinite, can only come from an archive whose numbers are
 * sound one by one and not together.
 *
 * @throws {RangeError} naming the first such answer
 */
export function requireFiniteDistances<R extends Neighbors>(result: R): R {
  const { ids, distances } = result;
  const at = distances.data.findIndex((distance) => !Number.isFinite(distance));
  if (at < 0) return result;
  const [query, row, distance] = [Math.floor(at / ids.cols), ids.data[at], distances.data[at]];
  throw new RangeError(
    `search: expected finite distances, got ${distance} of query ${query} from row ${row}: the index holds numbers whose squares exceed float32; build it anew.`,
  );
}
