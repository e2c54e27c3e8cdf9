import type { BackendChoice } from '../../kernels/backend.ts';
import type { Archive } from '../tensor/named-arrays.ts';
import { INDEX_KINDS, kindOfIndex, type SearchIndex } from './kinds.ts';

/**
 * The index that an archive holds with nothing before or behind it, after checking all of it.
 *
 * @param threads the most that may search together
 * @throws {RangeError} if there is no index of that kind, or something in it does not fit; one line
 */
export function loadBareIndex(archive: Archive, backend: BackendChoice, threads: number): SearchIndex {
  const kind = kindOfIndex(archive.kind);
  if (kind) return kind.load(archive, backend, threads);
  const kinds = Object.keys(INDEX_KINDS).join(', ');
  throw new RangeError(`loadIndex: expected an index of kind ${kinds}, got ${archive.kind}.`);
}
