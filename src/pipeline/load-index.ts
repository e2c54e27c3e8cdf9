import type { BackendChoice } from '../../kernels/backend.ts';
import type { SearchIndex } from '../index/kinds.ts';
import { loadBareIndex } from '../index/load-bare-index.ts';
import { type Archive, requireArrays } from '../tensor/named-arrays.ts';
import { PIPELINE_KIND } from './pipeline-archive.ts';
import { PipelineIndex } from './pipeline-index.ts';

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
export function loadIndex(archive: Archive, backend: BackendChoice = 'auto', threads = 1): SearchIndex | PipelineIndex {
  requireArrays(archive, 'an archive', 'loadIndex');
  const load = archive.kind === PIPELINE_KIND ? PipelineIndex.fromArchive : loadBareIndex;
  return load(archive, backend, threads);
}
