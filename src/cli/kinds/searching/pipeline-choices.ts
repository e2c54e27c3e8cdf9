import type { SearchIndex } from '../../../index/kinds.ts';
import type { PipelineIndex } from '../../../pipeline/pipeline-index.ts';
import { UsageError } from '../../arguments/usage-error.ts';
import { DEFAULT_EF } from '../options.ts';
import type { GivenSearch, SearchChoices } from './search-choices.ts';

/**
 * How an index with something before or behind it is searched: as the one inside, apart from ranking anew where it keeps original
 * vectors, or its model compresses the queries of a walk.
 *
 * @param choose what the kind inside chooses of what is left to it
 * @throws {UsageError} if a model is given to an index that holds its own
 */
export async function choosePipelineSearch(
  index: PipelineIndex,
  given: GivenSearch,
  path: string,
  choose: (inner: SearchIndex, left: GivenSearch) => SearchChoices | Promise<SearchChoices>,
): Promise<SearchChoices> {
  const { inner, model, normalize } = index;
  if (model && given.model !== undefined) {
    throw new UsageError(
      `--model: expected none, for ${path} holds its ${model.method} model and compresses queries itself, got ${given.model}.`,
    );
  }
  if (!index.ranksAnew) return choose(inner, { ...given, normalize });
  const { rerank } = given;
  const ef = given.ef ?? (rerank === undefined ? undefined : Math.max(DEFAULT_EF, rerank));
  return { ...(await choose(inner, { ...given, ef, rerank: undefined })), rerank };
}
