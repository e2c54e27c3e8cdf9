import type { BackendChoice } from '../../kernels/backend.ts';
import type { Archive } from '../tensor/named-arrays.ts';
import { INDEX_KINDS, kindOfIndex, type SearchIndex } from './kinds.ts';

/**
 * The index that an archive holds, after checking all of it.
 *
 * @param threads the most that may search together
 * @throws {RangeError} if there is no index of that kind, or something in it does not fit; one line
 *
 * @example
 * ```ts
 * import { decodeArchive, encodeArchive, FlatIndex, generateManifold, loadIndex } from 'cnt-ann';
 *
 * const { base } = generateManifold({ rows: 100, queries: 1, dim: 16, seed: 1 });
 * const bytes = encodeArchive(new FlatIndex(base).toArchive()); // what an index's file holds
 * console.log(loadIndex(decodeArchive(bytes)).kind); // flat
 * ```
 *
 * @category Index and search
 */
export function loadIndex(archive: Archive, backend: BackendChoice = 'auto', threads = 1): SearchIndex {
  const kind = kindOfIndex(archive.kind);
  if (kind) return kind.load(archive, backend, threads);
  const kinds = Object.keys(INDEX_KINDS).join(', ');
  throw new RangeError(`loadIndex: expected an index of kind ${kinds}, got ${archive.kind}.`);
}
