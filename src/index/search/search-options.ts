import { type Matrix, requireShape } from '../../tensor/matrix.ts';
import { requireOptions } from '../../tensor/options.ts';
import { requireInRange } from '../../tensor/range.ts';
import { requireWhole } from '../../tensor/whole-number.ts';

/** Answers of one search, k for each query: what one array holds on every engine. */
const MOST_ANSWERS = 2 ** 29;

/** How an index is searched; each kind of index takes what belongs to it. */
export interface SearchOptions {
  /** Of graphs: candidates kept during the search; k if not given, raised to k. More find more and take longer. */
  readonly ef?: number | undefined;
  /** Of inverted lists: lists visited for each query, those of the nearest centroids; all if not given. */
  readonly nprobe?: number | undefined;
  /**
   * Where codes are searched and full vectors are kept: how many of the nearest by their codes, at least k, are ranked anew by full
   * vectors; if not given, the order of the codes remains, and a graph is searched over its full vectors.
   */
  readonly rerank?: number | undefined;
  /**
   * Of graphs: threads that search, 1 if not given, at most as many as the index was made for. Other indexes use those that they were
   * made for. What is found does not depend on it.
   */
  readonly threads?: number | undefined;
  /** Of graphs: return the points that each query expanded; one thread searches then. */
  readonly trace?: boolean | undefined;
  /** Queries answered so far, and all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a graph over points takes. */
export type GraphSearchOptions = Pick<SearchOptions, 'ef' | 'threads' | 'trace' | 'onProgress' | 'signal'>;

/** What every search takes. */
const COMMON = ['threads', 'onProgress', 'signal'] as const;

/**
 * Checks that a search is asked for nothing that its kind of index does not do.
 *
 * @param own what it takes beside what all take
 * @throws {TypeError} if the options are no object
 * @throws {RangeError} naming an option that is given and not among them
 */
export function requireSearchOptions<O extends object>(
  where: string,
  options: O,
  own: readonly (keyof O & string)[],
): void {
  requireOptions<O & SearchOptions>(where, options, [...COMMON, ...own]);
}

/**
 * Checks the arguments that every search has.
 *
 * @param where begins the message
 * @throws {RangeError} if k is no positive whole number, or the queries have another width or values that are not finite
 */
export function requireQueries(queries: Matrix, k: number, dim: number, where: string): void {
  requireShape(queries, where);
  requireWhole(where, 'k', k, 1);
  requireWhole(where, 'k x queries', k * queries.rows, 0, MOST_ANSWERS);
  requireWidth(queries, dim, where);
  requireInRange(queries, where);
}

/** @throws {RangeError} if the queries have another width */
export function requireWidth({ cols }: Matrix, dim: number, where: string): void {
  if (cols !== dim) throw new RangeError(`${where}: expected queries of ${dim} columns, got ${cols}.`);
}

/** @throws {RangeError} if it is no whole number from k on */
export function requireRerank(where: string, rerank: number, k: number): void {
  if (Number.isSafeInteger(rerank) && rerank >= k) return;
  throw new RangeError(`${where}: expected rerank to be a whole number from k = ${k}, got ${rerank}.`);
}
