/**
 * Compression Network with Transformer for approximate nearest neighbor search. Everything here runs in Node and in browsers;
 * `cnt-ann/node` adds files.
 *
 * @module
 */

export type { AdamwRates } from '../kernels/adamw/kernel.ts';
export type { AttentionShape } from '../kernels/attention/kernel.ts';
export {
  attachKernels,
  type BackendChoice,
  type Computing,
  createKernels,
  referenceKernels,
  simdSupported,
} from '../kernels/backend.ts';
export type { GpuCall, GpuDevice, GpuMatrix } from '../kernels/gpu/device.ts';
export type { GpuKernel, GpuSample } from '../kernels/gpu/gpu-kernel.ts';
export { type GpuOptions, openGpu } from '../kernels/gpu/opening/open.ts';
export type { GpuReport } from '../kernels/gpu/report.ts';
export type { LayerWalk, WalkStart } from '../kernels/graph-walk/kernel.ts';
export type { Kernels } from '../kernels/kernels.ts';
export type { Counts, Floats } from '../kernels/operands.ts';
export type { ProductCodes } from '../kernels/product-search/kernel.ts';
export type { Precision } from '../kernels/reference.ts';
export type { Operand, SharedKernels, SharedView } from '../kernels/shared.ts';
export type { WasmMemory, WasmModule } from '../kernels/wasm/webassembly.ts';
export type { CatalystConfig } from './compress/catalyst/catalyst.ts';
export { CatalystCompressor } from './compress/catalyst/catalyst-compressor.ts';
export type { CatalystChoices } from './compress/catalyst/catalyst-settings.ts';
export { type CatalystTrainingOptions, trainCatalyst } from './compress/catalyst/train-catalyst.ts';
export { CntCompressor, type CntModel } from './compress/cnt/cnt-compressor.ts';
export { type CntConfig, type CntVariant, cntConfig } from './compress/cnt/cnt-config.ts';
export type { InrpNetwork } from './compress/cnt/inrp-network.ts';
export type { CntChoices, NetworkSwitches } from './compress/cnt/training/cnt-settings.ts';
export type { TrainingPreset, TrainingStart } from './compress/cnt/training/presets.ts';
export { type CntTrainingOptions, trainCnt } from './compress/cnt/training/train-cnt.ts';
export { distinctCodes } from './compress/collapse.ts';
export type { Compressor, EncodeOptions } from './compress/compressor.ts';
export { loadCompressor } from './compress/load-compressor.ts';
export type { Network, NetworkFamily, NetworkKind, NetworkSizes } from './compress/network/network.ts';
export { NetworkCompressor, type NetworkModel } from './compress/network/network-compressor.ts';
export type { Standardization } from './compress/network/standardization.ts';
export { NormalizingCompressor, trainNormalized } from './compress/normalizing-compressor.ts';
export { PcaCompressor, type PcaOptions, trainPca } from './compress/projection/pca.ts';
export { SrpCompressor, sparseProjection } from './compress/projection/sparse-projection.ts';
export type { Evaluation, ProbeRecall } from './compress/training/evaluation.ts';
export type { HistoryPoint } from './compress/training/history.ts';
export type { CommonChoices } from './compress/training/settings.ts';
export type { HeldOutLoss, PreparationReport } from './compress/training/trainee.ts';
export type { RunOptions, TrainingReport } from './compress/training/training-loop.ts';
export { trainVae, type VaeTrainingOptions } from './compress/vae/train-vae.ts';
export type { VaeConfig } from './compress/vae/vae.ts';
export { VaeCompressor } from './compress/vae/vae-compressor.ts';
export type { VaeChoices } from './compress/vae/vae-settings.ts';
export { generateManifold, type ManifoldOptions } from './data/manifold.ts';
export { type ComparedDistances, compareDistances } from './eval/compared-distances.ts';
export { intersectionAt, recallAt } from './eval/recall.ts';
export { Adjacency, type AdjacencyArrays, LayeredGraph, type SharedGraph } from './graph/adjacency.ts';
export { buildHnsw, type Hnsw, type HnswOptions } from './graph/hnsw/build.ts';
export type { HnswCheckpoints } from './graph/hnsw/checkpoint.ts';
export { HNSW_PROFILES, type HnswProfileName } from './graph/hnsw/profile.ts';
export type { KnnGraph } from './graph/knn/knn-graph.ts';
export { type NnDescentOptions, nnDescent } from './graph/knn/nn-descent.ts';
export { buildNsg, type Nsg, type NsgOptions, type QueriedSource } from './graph/nsg/build.ts';
export { NSG_PROFILES, type NsgProfileName } from './graph/nsg/profile.ts';
export type { SearchTrace } from './graph/search.ts';
export { type GraphStatistics, graphStatistics } from './graph/statistics.ts';
export { IvfAdcIndex, type IvfSearchOptions, type IvfStatistics } from './index/codes/ivf-adc.ts';
export type { IvfAdcOptions } from './index/codes/ivf-build.ts';
export type { ListStatistics } from './index/codes/list-statistics.ts';
export { PqIndex, type PqIndexOptions, type PqStatistics } from './index/codes/pq-index.ts';
export { Sq8Index, type Sq8IndexOptions, type Sq8Statistics } from './index/codes/sq8-index.ts';
export { FlatIndex, type FlatSearchOptions } from './index/flat-index.ts';
export { type ExactKnnOptions, exactKnnGraph } from './index/graph/exact-knn-graph.ts';
export type { GraphParameters } from './index/graph/graph-archive.ts';
export { GraphIndex, type GraphIndexOptions } from './index/graph/graph-index.ts';
export type { NeighborGraph, NsgParameters } from './index/graph/nsg-archive.ts';
export { type NsgBuildCounts, NsgIndex, type NsgIndexOptions, type NsgPhase } from './index/graph/nsg-index.ts';
export { Sq8GraphIndex, type Sq8GraphOptions, type Sq8GraphStatistics } from './index/graph/sq8-graph-index.ts';
export type { SearchIndex } from './index/kinds.ts';
export {
  type LinkAndCodeBytes,
  LinkAndCodeIndex,
  type LinkAndCodeSearchOptions,
  type LinkAndCodeStatistics,
  type ReconstructionErrors,
} from './index/link-and-code/link-and-code.ts';
export type { LinkAndCodeOptions, LinkAndCodeStep } from './index/link-and-code/link-and-code-build.ts';
export type { CodeSearchOptions } from './index/search/code-search.ts';
export { type Probe, type ProbedIndex, type ProbeOptions, probeIndex } from './index/search/probe.ts';
export type { QueryEncoder } from './index/search/query-encoder.ts';
export type { GraphSearchOptions, SearchOptions } from './index/search/search-options.ts';
export type { OwnIds, SearchCounts, SearchResult } from './index/search/search-result.ts';
export { decodeArchive, encodeArchive } from './io/container/archive.ts';
export { decodeSafetensors, encodeSafetensors } from './io/container/safetensors.ts';
export { FileError } from './io/file/file-error.ts';
export { loadIndex } from './pipeline/load-index.ts';
export { PipelineIndex, type PipelineIndexOptions, type PipelineSearchOptions } from './pipeline/pipeline-index.ts';
export {
  K_MEANS_PROFILES,
  type KMeansOptions,
  type KMeansProfile,
  type KMeansResult,
  kMeans,
} from './quantize/k-means/k-means.ts';
export { kMeansOnGpu } from './quantize/k-means/k-means-on-gpu.ts';
export { type RotationOptions, trainRotation } from './quantize/product/opq.ts';
export { DistanceTable, type ProductEncodeOptions, ProductQuantizer } from './quantize/product/product-quantizer.ts';
export { type ProductOptions, trainProduct } from './quantize/product/train-product.ts';
export type { Basis } from './quantize/regression/neighbor-basis.ts';
export { RegressionCodebook, type RegressionEncodeOptions } from './quantize/regression/regression-codebook.ts';
export { SCALAR_RANGES, ScalarQuantizer, type ScalarRange } from './quantize/scalar/scalar-quantizer.ts';
export { symmetricEigen } from './tensor/algebra/eigen.ts';
export { createMatrix, firstRows, type KernelMemory, type Matrix } from './tensor/matrix.ts';
export type {
  Archive,
  ElementArray,
  ElementArrays,
  ElementType,
  JsonObject,
  JsonValue,
  NamedArray,
  NamedArrays,
} from './tensor/named-arrays.ts';
export { ExactSearch, type ExactSearchOptions, type WatchOptions } from './tensor/nearest/exact-search.ts';
export { type NearestOptions, nearest } from './tensor/nearest/nearest.ts';
export { type GpuNearestOptions, type GpuNeighbors, nearestOnGpu } from './tensor/nearest/nearest-on-gpu.ts';
export type { Ids, Neighbors } from './tensor/nearest/neighbors.ts';
export { TopK } from './tensor/nearest/top-k.ts';
export { Random, type RandomState } from './tensor/random/random.ts';
export { LARGEST_VALUE, LEAST_DIFFERENCE, requireFinite, requireInRange } from './tensor/range.ts';
export { unitRows } from './tensor/unit-rows.ts';
export type { DistanceSource } from './tensor/vectors/distance-source.ts';
export { SplitVectorSet, vectorSource } from './tensor/vectors/split-vector-set.ts';
export {
  type SharedVectorSet,
  VectorSet,
  type VectorSetOptions,
  type VectorSource,
  type WalkedSource,
} from './tensor/vectors/vector-set.ts';
export { createVectorStore, type VectorStoreOptions } from './tensor/vectors/vector-store.ts';
export { type Part, partsOf, type SplitMatrix, type Vectors } from './tensor/vectors/vectors.ts';
export { placeVectors } from './tensor/vectors/vectors-array.ts';
