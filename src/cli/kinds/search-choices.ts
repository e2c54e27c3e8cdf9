import type { OptionValues } from '../arguments/options.ts';
import { DEFAULT_EF, type SEARCH_OPTIONS } from './options.ts';

/** What a user gave of the options that only some kinds take. */
export type GivenSearch = OptionValues<typeof SEARCH_OPTIONS>;

/** How an index is searched; what does not belong to its kind is absent. */
export interface SearchChoices {
  readonly ef?: number | undefined;
  readonly nprobe?: number | undefined;
  readonly rerank?: number | undefined;
}

/** Of a graph. */
export function graphChoices(_: unknown, { ef, rerank }: GivenSearch, k: number): SearchChoices {
  return { ef: ef ?? Math.max(DEFAULT_EF, k, rerank ?? k), rerank };
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
