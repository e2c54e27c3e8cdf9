import type { HnswProfileName } from '../../graph/hnsw/profile.ts';
import type { INDEX_KINDS, IndexKind, SearchIndex } from '../../index/kinds.ts';
import type { Archive } from '../../tensor/named-arrays.ts';
import type { Vectors } from '../../tensor/vectors/vectors.ts';
import type { OptionValues } from '../arguments/options.ts';
import type { ListingRow } from '../output/listing.ts';
import type { Session } from '../session/command.ts';
import type { BUILD_OPTIONS, BuildOption, SearchOption } from './options.ts';
import type { GivenSearch, SearchChoices } from './searching/search-choices.ts';

/** An index as it is saved, and what a person and a program are told of it. */
export interface BuiltIndex {
  readonly index: SearchIndex;
  readonly archive: Archive;
  readonly rows: readonly ListingRow[];
  readonly json: object;
  /** To be called when the index is safely written. */
  readonly afterWriting?: () => Promise<void>;
}

/** What `cnt build` and `cnt search` know of a kind of index. */
export interface KindCommands {
  /** The options of `cnt build` that it takes; any other is refused. */
  readonly buildOptions: readonly BuildOption[];
  readonly searchOptions: readonly SearchOption[];
  /** The profiles that it has, where it takes that option. */
  readonly profiles?: readonly string[];
  /** Whether `cnt build` can use a GPU for it. */
  readonly buildsOnGpu?: true;
  readonly build: Builder<never>;
  /** Whether `cnt search` can use a GPU for it. */
  readonly searchesOnGpu?: true;
  readonly chooseSearch: SearchChooser<never>;
}

/** @param out where the index will be written; checkpoints lie beside it */
type Builder<Choices> = (choices: Choices, session: Session, out: string) => Promise<BuiltIndex>;

/**
 * What was given, and defaults.
 *
 * @param path of the index, for messages
 * @throws {RangeError} if the index has not what is asked of it
 */
type SearchChooser<Index> = (
  index: Index,
  given: GivenSearch,
  k: number,
  path: string,
) => SearchChoices | Promise<SearchChoices>;

/** `ef-construction` as `efConstruction`. */
type CamelCase<S extends string> = S extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : S;

type Values = OptionValues<typeof BUILD_OPTIONS>;

/** A path stands for the vectors that were read from it. */
type Chosen<O extends BuildOption> = (typeof BUILD_OPTIONS)[O]['type'] extends 'path' ? Vectors | undefined : Values[O];

/** The vectors to search among, and the options that a kind takes; an option with a default always has a value. */
type BuildChoices<K extends IndexKind, O extends BuildOption, P> = { readonly base: Vectors; readonly seed: number } & {
  readonly [N in O as CamelCase<N>]: N extends 'profile'
    ? P
    : CamelCase<N> extends keyof (typeof INDEX_KINDS)[K]['defaults']
      ? NonNullable<Chosen<N>>
      : Chosen<N>;
};

/** Checks that a kind builds from the options that it takes, and from no others, and searches its own class. */
export function defineKind<K extends IndexKind, const O extends BuildOption, P extends HnswProfileName>(
  _: K,
  commands: Omit<KindCommands, 'build' | 'buildOptions' | 'profiles' | 'chooseSearch'> & {
    readonly buildOptions: readonly O[];
    readonly profiles?: readonly P[];
    readonly build: Builder<BuildChoices<K, O, P>>;
    readonly chooseSearch: SearchChooser<Extract<SearchIndex, { readonly kind: K }>>;
  },
): KindCommands {
  return commands;
}
