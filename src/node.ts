/**
 * All of `cnt-ann`, and the files of vectors, ids, models and indexes.
 *
 * @module
 */

export { openNodeGpu } from '../kernels/gpu/opening/node.ts';
export * from './index.ts';
export { type Placement, type ReadArchiveOptions, readArchive, writeArchive } from './io/container/archive-file.ts';
export { readModel, writeModel } from './io/container/safetensors-file.ts';
export { type Dataset, findDataset, type GroundtruthFile, readGroundtruth } from './io/dataset.ts';
export {
  type ArchiveDescription,
  type ArrayDescription,
  type Described,
  type DescribeOptions,
  describeFile,
  type FileDescription,
  type IdsDescription,
  type ModelDescription,
  type Summary,
  type VectorStatistics,
  type VectorsDescription,
} from './io/describe-file.ts';
export { digestArrays, digestFile, digestIds, digestMatrix } from './io/digest.ts';
export { writeAtomically } from './io/file/atomic-file.ts';
export { removePendingFiles } from './io/file/temporary-file.ts';
export { contentOf, type FileContent } from './io/file-content.ts';
export { ID_FORMATS, type IdFile, openIds, readIds, writeIds } from './io/ids.ts';
export { readOwnIds } from './io/own-ids.ts';
export type { FileElement } from './io/table/element.ts';
export type { TableFormat } from './io/table/layout.ts';
export {
  type LoadVectorsOptions,
  loadVectors,
  openVectors,
  readVectors,
  VECTOR_FORMATS,
  type VectorFile,
  writeVectors,
} from './io/vectors.ts';
