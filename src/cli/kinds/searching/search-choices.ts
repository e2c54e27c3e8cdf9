import type { OptionValues } from '../../arguments/options.ts';
import { DEFAULT_EF, type SEARCH_OPTIONS } from '../options.ts';

/** What a user gave of the options that only some kinds take. */
export type GivenSearch = OptionValues<typeof SEARCH_OPTIONS> & {
  /** Whether the index brings vectors to length 1. */
  readonly normalize?: boolean;
};

/** How an index is searched; what does not belong to its kind is absent. */
export interface SearchChoices {
  readonly ef?: number | undefined;
  readonly nprobe?: number | undefined;
  readonly rerank?: number | undefined;
}

/** Of a graph that is walked over compressed vectors, where it is ranked anew. */
export function walkChoices(_: unknown, { ef, rerank }: GivenSearch, k: number): SearchChoices {
  return { ef: ef ?? Math.max(DEFAULT_EF, k, rerank ?? k), rerank };
}

/** Of a graph that keeps nothing to rank anew by. @throws {RangeError} if it is to */
export function graphChoices(index: unknown, given: GivenSearch, k: number, path: string): SearchChoices {
  return { ...walkChoices(index, given, k), ...plainChoices(index, given, k, path) };
}

/** Of an index that takes no options. @throws {RangeError} if it is to rank anew: it keeps nothing to do so by */
export function plainChoices(_: unknown, { rerank }: GivenSearch, __: number, path: string): SearchChoices {
  if (rerank === undefined) return {};
  throw new RangeError(`${path}: expected an index built with --keep-vectors to re-rank, got one without.`);
}

/** Of codes. @throws {RangeError} if full vectors are asked for that the index has not kept */
export function codeChoices(
  index: { statistics(): { readonly keepsVectors: boolean } },
  { rerank }: GivenSearch,
  _: number,
  path: string,
): SearchChoices {
  if (rerank === undefined || index.statistics().keepsVectors) return { rerank };
  throw new RangeError(`${path}: expected an index built with --keep-vectors to re-rank, got codes alone.`);
}
