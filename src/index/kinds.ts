import type { BackendChoice } from '../../kernels/backend.ts';
import type { Archive } from '../tensor/named-arrays.ts';
import { IvfAdcIndex } from './codes/ivf-adc.ts';
import { PqIndex } from './codes/pq-index.ts';
import { Sq8Index } from './codes/sq8-index.ts';
import { FlatIndex } from './flat-index.ts';
import { GraphIndex } from './graph/graph-index.ts';
import { NSG_DEFAULTS, NsgIndex } from './graph/nsg-index.ts';
import { Sq8GraphIndex } from './graph/sq8-graph-index.ts';
import { LinkAndCodeIndex } from './link-and-code/link-and-code.ts';
import { LINK_AND_CODE_LINKS } from './link-and-code/link-and-code-build.ts';
import { INVERTED_LISTS, LAYERED_GRAPH, LINKED_CODES, NSG_GRAPH, type Structure } from './structure.ts';

/**
 * Any index; `kind` says which.
 *
 * @category Index and search
 */
export type SearchIndex =
  | FlatIndex
  | GraphIndex
  | NsgIndex
  | IvfAdcIndex
  | PqIndex
  | Sq8Index
  | Sq8GraphIndex
  | LinkAndCodeIndex;

/** What is to be known of a kind of index beside its class. */
export interface KindOfIndex {
  /** The index that an archive holds. @throws {RangeError} at the first thing that does not fit */
  readonly load: (archive: Archive, backend: BackendChoice, threads: number) => SearchIndex;
  /** How to read its graph or its lists without vectors and codes, where it has any. */
  readonly structure?: Structure;
  /** What it is built with where nothing else is asked for; `bytes` are those of a code. */
  readonly defaults: Readonly<Record<string, number | string>>;
}

const HNSW = { M: 48, efConstruction: 512, profile: 'canonical' } as const;
const CODES = { bytes: 32, profile: 'canonical' } as const;

/** The one list of all kinds of index: to add one, add its class, its line here, and its commands in `src/cli/kinds`. */
export const INDEX_KINDS = {
  flat: { load: FlatIndex.fromArchive, defaults: {} },
  hnsw: { load: GraphIndex.fromArchive, structure: LAYERED_GRAPH, defaults: HNSW },
  nsg: {
    load: NsgIndex.fromArchive,
    structure: NSG_GRAPH,
    defaults: NSG_DEFAULTS,
  },
  ivfpq: { load: IvfAdcIndex.fromArchive, structure: INVERTED_LISTS, defaults: { ...CODES, nlist: 8 } },
  pq: { load: PqIndex.fromArchive, defaults: CODES },
  sq8: { load: Sq8Index.fromArchive, defaults: { range: 'dimension' } },
  'hnsw-sq8': {
    load: Sq8GraphIndex.fromArchive,
    structure: LAYERED_GRAPH,
    defaults: { ...HNSW, range: 'dimension' },
  },
  lc: {
    load: LinkAndCodeIndex.fromArchive,
    structure: LINKED_CODES,
    defaults: { ...CODES, ...LINK_AND_CODE_LINKS },
  },
} as const satisfies Readonly<Record<string, KindOfIndex>>;

export type IndexKind = keyof typeof INDEX_KINDS;

/** The kind of this name, if there is one. */
export function kindOfIndex(name: string): KindOfIndex | undefined {
  return Object.hasOwn(INDEX_KINDS, name) ? INDEX_KINDS[name as IndexKind] : undefined;
}
