import type { BackendChoice } from '../../kernels/backend.ts';
import type { Archive } from '../tensor/named-arrays.ts';
import { IvfAdcIndex } from './codes/ivf-adc.ts';
import { PqIndex } from './codes/pq-index.ts';
import { Sq8Index } from './codes/sq8-index.ts';
import { FlatIndex } from './flat-index.ts';
import { GraphIndex } from './graph/graph-index.ts';
import { NsgIndex } from './graph/nsg-index.ts';
import { Sq8GraphIndex } from './graph/sq8-graph-index.ts';
import { LinkAndCodeIndex } from './link-and-code/link-and-code.ts';

/** Any index; `kind` says which. */
export type SearchIndex =
  | FlatIndex
  | GraphIndex
  | NsgIndex
  | PqIndex
  | IvfAdcIndex
  | Sq8Index
  | Sq8GraphIndex
  | LinkAndCodeIndex;

const kinds: Readonly<Record<string, (archive: Archive, backend: BackendChoice, threads: number) => SearchIndex>> = {
  flat: FlatIndex.fromArchive,
  hnsw: GraphIndex.fromArchive,
  nsg: NsgIndex.fromArchive,
  pq: PqIndex.fromArchive,
  ivfpq: IvfAdcIndex.fromArchive,
  sq8: Sq8Index.fromArchive,
  'hnsw-sq8': Sq8GraphIndex.fromArchive,
  lc: LinkAndCodeIndex.fromArchive,
};

/**
 * The index that an archive holds, after checking all of it.
 *
 * @param threads the most that may search together
 * @throws {RangeError} if there is no index of that kind, or something in it does not fit; one line
 */
export function loadIndex(archive: Archive, backend: BackendChoice = 'auto', threads = 1): SearchIndex {
  const load = Object.hasOwn(kinds, archive.kind) ? kinds[archive.kind] : undefined;
  if (load) return load(archive, backend, threads);
  throw new RangeError(`loadIndex: expected an index of kind ${Object.keys(kinds).join(', ')}, got ${archive.kind}.`);
}
