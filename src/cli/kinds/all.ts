import { INDEX_KINDS, type IndexKind, type KindOfIndex, type SearchIndex } from '../../index/kinds.ts';
import type { PipelineIndex } from '../../pipeline/pipeline-index.ts';
import type { Vectors } from '../../tensor/vectors/vectors.ts';
import type { OptionTable } from '../arguments/options.ts';
import { UsageError } from '../arguments/usage-error.ts';
import type { Session } from '../session/command.ts';
import { flat } from './flat.ts';
import { hnsw } from './hnsw.ts';
import { hnswSq8 } from './hnsw-sq8.ts';
import { ivfpq } from './ivfpq.ts';
import type { BuiltIndex, KindCommands } from './kind.ts';
import { lc } from './lc.ts';
import { nsg } from './nsg.ts';
import { pq } from './pq.ts';
import { choosePipelineSearch } from './searching/pipeline-choices.ts';
import type { GivenSearch, SearchChoices } from './searching/search-choices.ts';
import { sq8 } from './sq8.ts';

/** Every kind of index, as the command line builds and searches it. */
const KINDS: Readonly<Record<IndexKind, KindCommands>> = {
  flat,
  hnsw,
  nsg,
  ivfpq,
  pq,
  sq8,
  'hnsw-sq8': hnswSq8,
  lc,
};

export const KIND_NAMES = Object.keys(INDEX_KINDS) as readonly IndexKind[];

type Command = 'build' | 'search';

/** The kinds of which something is true, in the order of the list. */
function kindsThat(predicate: (kind: KindCommands) => boolean): readonly IndexKind[] {
  return KIND_NAMES.filter((kind) => predicate(KINDS[kind]));
}

function kindsTaking(option: string, command: Command): readonly IndexKind[] {
  return kindsThat((kind) => (kind[`${command}Options`] as readonly string[]).includes(option));
}

/** `ef-construction` as `efConstruction`. */
function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** What `cnt build` takes where an option of this name is not given. */
function defaultOf(kind: IndexKind, option: string): number | string | undefined {
  const { defaults }: KindOfIndex = INDEX_KINDS[kind];
  return defaults[camelCase(option)];
}

/** The defaults of an option, "48; lc 32": that of the first kind, and those of kinds that have another. */
function defaultsText(option: string, kinds: readonly IndexKind[]): { whenAbsent?: string } {
  const first = defaultOf(kinds[0]!, option);
  if (first === undefined) return {};
  const others = kinds.filter((kind) => defaultOf(kind, option) !== first);
  return { whenAbsent: [first, ...others.map((kind) => `${kind} ${defaultOf(kind, option)}`)].join('; ') };
}

/** Options that some kinds take, with these kinds and their defaults in the texts: "hnsw, lc: links of a new point". */
export function optionsOfKinds<const T extends OptionTable>(command: Command, options: T): T {
  const described = Object.entries(options).map(([name, option]) => {
    const kinds = kindsTaking(name, command);
    return [name, { ...option, text: `${kinds.join(', ')}: ${option.text}`, ...defaultsText(name, kinds) }];
  });
  return Object.fromEntries(described) as T;
}

/**
 * Refuses an option that would have no effect on an index of this kind.
 *
 * @param options those that some kinds take
 * @param got what there is instead, in words
 * @throws UsageError
 */
export function requireOptionsOfKind(
  command: Command,
  options: OptionTable,
  values: Readonly<Record<string, unknown>>,
  kind: IndexKind,
  got: string,
): void {
  for (const name of Object.keys(options)) {
    if (values[name] === undefined || values[name] === false) continue;
    const kinds = kindsTaking(name, command);
    if (!kinds.includes(kind)) throw new UsageError(`--${name} belongs to ${inWords(kinds)} indexes, got ${got}.`);
  }
}

/** @throws UsageError if a kind does not have this profile, or cannot be built on a GPU that was asked for */
export function requireBuildable(kind: IndexKind, profile: string | undefined, onGpu: boolean): void {
  const { profiles = [], buildsOnGpu = false } = KINDS[kind];
  if (profile !== undefined && !profiles.includes(profile)) {
    throw new UsageError(`--profile: expected ${profiles.join(' | ')} for --index ${kind}, got ${profile}.`);
  }
  if (!onGpu || buildsOnGpu) return;
  const kinds = inWords(kindsThat((other) => other.buildsOnGpu === true));
  throw new UsageError(`--backend gpu builds --index ${kinds}, got --index ${kind}.`);
}

/**
 * Builds an index of any kind.
 *
 * @param given the vectors to search among, the seed, and the values of `BUILD_OPTIONS`, with vectors in place of their paths
 * @param out where the index will be written; checkpoints lie beside it
 * @throws {RangeError} if the vectors do not fit the options
 */
export function buildIndex(
  kind: IndexKind,
  given: Readonly<Record<string, unknown>> & { readonly base: Vectors; readonly seed: number },
  session: Session,
  out: string,
): Promise<BuiltIndex> {
  const { buildOptions, build } = KINDS[kind];
  const { base, seed } = given;
  const chosen = buildOptions.map((name) => [camelCase(name), given[name] ?? defaultOf(kind, name)]);
  const choices = { base, seed, ...Object.fromEntries(chosen) };
  return build(choices as never, session, out);
}

/** Whether a checkpoint lies beside an index of this kind while it is built. */
export function keepsCheckpoint(kind: IndexKind): boolean {
  return kindsTaking('resume', 'build').includes(kind);
}

/** @throws UsageError if a kind cannot be searched on a GPU that was asked for */
export function requireSearchable(kind: IndexKind, onGpu: boolean): void {
  if (!onGpu || searchesOnGpu(kind)) return;
  const kinds = inWords(kindsThat((other) => other.searchesOnGpu === true));
  throw new UsageError(`--backend gpu searches ${kinds} indexes, got one of kind ${kind}.`);
}

export function searchesOnGpu(kind: IndexKind): boolean {
  return KINDS[kind].searchesOnGpu === true;
}

/**
 * How an index is searched: what was given, and defaults. A model that was given is attached to the index.
 *
 * @param path of the index, for messages
 * @throws {RangeError} if the index has not what is asked of it
 */
export async function chooseSearch(
  index: SearchIndex | PipelineIndex,
  given: GivenSearch,
  k: number,
  path: string,
): Promise<SearchChoices> {
  const choose = (inner: SearchIndex, left: GivenSearch) =>
    KINDS[inner.kind].chooseSearch(inner as never, left, k, path);
  return index.kind === 'pipeline' ? choosePipelineSearch(index, given, path, choose) : choose(index, given);
}

function inWords(kinds: readonly IndexKind[]): string {
  return kinds.length === 1 ? kinds[0]! : `${kinds.slice(0, -1).join(', ')} and ${kinds.at(-1)}`;
}
