import type { BackendChoice } from '../../../kernels/backend.ts';
import type { Counts } from '../../../kernels/operands.ts';
import { requireThreads } from '../../../kernels/threads/require-threads.ts';
import type { LayeredGraph } from '../../graph/adjacency.ts';
import { buildHnsw, type HnswOptions } from '../../graph/hnsw/build.ts';
import { hnswProfiles } from '../../graph/hnsw/profile.ts';
import { type GraphStatistics, graphStatistics } from '../../graph/statistics.ts';
import { type ScalarCodeSet, scalarCodeSet } from '../../quantize/scalar/scalar-code-set.ts';
import { SCALAR_RANGES, ScalarQuantizer, type ScalarRange } from '../../quantize/scalar/scalar-quantizer.ts';
import { createMatrix, type Matrix, requireFinite } from '../../tensor/matrix.ts';
import { type Archive, requireArray, requireChoice } from '../../tensor/named-arrays.ts';
import { VectorSet } from '../../tensor/vectors/vector-set.ts';
import { vectorsArray } from '../../tensor/vectors/vectors-array.ts';
import { inSharedMemory } from '../../workers/shared-memory.ts';
import { requireMatrixArray, requireSizes } from '../codes/code-archive.ts';
import type { SearchResult } from '../search/search-result.ts';
import { representatives } from './copies.ts';
import { type GraphParameters, graphEntries, readGraph, type SavedGraph } from './graph-archive.ts';
import { type Engine, graphRoom } from './graph-room.ts';
import {
  hnswSearchTask,
  searchGraphByThreads,
  sq8GraphSearchTask,
  type ThreadedGraphSearchOptions,
} from './graph-search-tasks.ts';
import { GraphSearcher, type GraphSearchOptions } from './graph-searcher.ts';

export interface Sq8GraphOptions extends Omit<HnswOptions, 'representatives' | 'threads'> {
  /** The vectors that are coded; the graph is built on their codes. Often compressed vectors. */
  readonly graphBase: Matrix;
  /** Search over these full vectors, row for row those of `graphBase`; over the codes if not given. */
  readonly base?: Matrix;
  /** `dimension` if not given; `uniform` builds fastest. */
  readonly range?: ScalarRange;
  readonly backend?: BackendChoice;
  /** The most threads that may search together, 1 if not given. One builds. */
  readonly threads?: number;
}

export interface Sq8GraphStatistics extends GraphStatistics {
  readonly range: ScalarRange;
  /** What is searched. */
  readonly over: 'codes' | 'vectors';
}

const WHERE = 'HNSW-SQ8 index';

/** What is searched: codes with their quantizer, or vectors. */
type Searched =
  | { readonly over: 'codes'; readonly quantizer: ScalarQuantizer; readonly codes: Uint8Array }
  | { readonly over: 'vectors'; readonly base: Matrix; readonly range: ScalarRange };

/**
 * An HNSW graph built on SQ8 codes, and searched over these codes or over full vectors.
 *
 * Source: the paper, Table 3; faiss 1.7.3 `IndexHNSWSQ`, where candidates are measured from the vector as it was, and neighbors
 * compared with each other by their codes.
 * Departs: with a `uniform` range both are whole-number distances of codes.
 */
export class Sq8GraphIndex {
  readonly kind = 'hnsw-sq8';
  readonly graph: LayeredGraph;
  readonly parameters: GraphParameters;
  /** Work of building the graph; absent when it was loaded. */
  readonly buildCounts: Counts | undefined;
  readonly #searched: Searched;
  readonly #source: VectorSet | ScalarCodeSet;
  readonly #threads: number;
  readonly #found: Int32Array | undefined;
  readonly #searcher: GraphSearcher;

  private constructor(
    { graph, parameters, found }: SavedGraph,
    searched: Searched,
    { backend, threads }: Engine,
    buildCounts?: Counts,
  ) {
    const room = graphRoom(graph.size, parameters.M, { backend, threads });
    this.graph = graph;
    this.parameters = parameters;
    this.buildCounts = buildCounts;
    this.#searched = searched;
    this.#source =
      searched.over === 'codes'
        ? scalarCodeSet(searched.quantizer, searched.codes, room)
        : new VectorSet(searched.base, room);
    this.#threads = threads;
    this.#found = found;
    this.#searcher = new GraphSearcher(graph, this.#source, found);
  }

  /**
   * Learns the ranges of `graphBase`, and builds the graph on its codes.
   *
   * @throws {RangeError} if the matrices have different numbers of rows or none, a value is not finite, or an option is out of range
   * @throws the signal's reason, when it aborts
   */
  static async build(options: Sq8GraphOptions): Promise<Sq8GraphIndex> {
    const { graphBase, base, range = 'dimension', backend = 'auto', threads = 1, ...hnsw } = options;
    requireThreads(threads);
    const where = 'Sq8GraphIndex.build';
    if (base && base.rows !== graphBase.rows) {
      throw new RangeError(`${where}: expected a graph base of ${base.rows} rows, got ${graphBase.rows}.`);
    }
    if (base) requireFinite(base, where);
    const quantizer = ScalarQuantizer.train(graphBase, range);
    const codes = quantizer.encode(graphBase, { backend, threads });
    const { M, efConstruction, profile = 'canonical', seed = 1 } = hnsw;
    const { extendCandidates = false, keepPrunedConnections = false } = hnsw;
    const found = hnswProfiles[profile]?.collapsesCopies ? equalCodes(codes, quantizer.dim) : undefined;
    const { batch } = graphRoom(graphBase.rows, M, { backend, threads });
    const source = scalarCodeSet(quantizer, codes, { backend, batch, originals: graphBase });
    const { graph, counts } = await buildHnsw(source, found ? { ...hnsw, representatives: found } : hnsw);
    const flags = { extendCandidates, keepPrunedConnections };
    const parameters = { M, efConstruction, profile, seed, ...flags, graphDim: graphBase.cols };
    const searched: Searched = base ? { over: 'vectors', base, range } : { over: 'codes', quantizer, codes };
    return new Sq8GraphIndex({ graph, parameters, found }, searched, { backend, threads }, counts);
  }

  get rows(): number {
    return this.graph.size;
  }

  /** Numbers a query. */
  get dim(): number {
    return this.#source.dim;
  }

  /** What really runs. */
  get backend(): VectorSet['backend'] {
    return this.#source.backend;
  }

  /**
   * The approximately nearest k rows of each query, by codes or by full vectors, as it was built.
   *
   * @param queries (queries, dim)
   * @throws {RangeError} if k or ef is no positive whole number, or the queries have another width or values that are not finite
   */
  search(queries: Matrix, k: number, options: GraphSearchOptions): SearchResult {
    return this.#searcher.search('Sq8GraphIndex.search', queries, k, options);
  }

  /**
   * The same answers and counts as `search`, from several threads.
   *
   * @throws {RangeError} also if there are to be more threads than the index was made for
   * @throws the signal's reason, when it aborts
   */
  searchByThreads(queries: Matrix, k: number, options: ThreadedGraphSearchOptions): Promise<SearchResult> {
    const where = 'Sq8GraphIndex.searchByThreads';
    const source = this.#source;
    const index = { searcher: this.#searcher, source, most: this.#threads };
    const shared = () => ({
      graph: this.graph.share(),
      representatives: this.#found && inSharedMemory(this.#found),
      links: this.#searcher.shareLinks(),
    });
    if (source instanceof VectorSet) {
      const share = () => ({ ...shared(), source: source.share() });
      return searchGraphByThreads(where, hnswSearchTask, index, share, queries, k, options);
    }
    const share = () => ({ ...shared(), source: source.share() });
    return searchGraphByThreads(where, sq8GraphSearchTask, index, share, queries, k, options);
  }

  /** What the graph looks like. */
  statistics(): Sq8GraphStatistics {
    const searched = this.#searched;
    const range = searched.over === 'codes' ? searched.quantizer.range : searched.range;
    return { ...graphStatistics(this.graph), range, over: searched.over };
  }

  /** Everything needed to search again; codes that only built the graph are not kept. */
  toArchive(): Archive {
    const searched = this.#searched;
    const { arrays, parameters } = graphEntries(this.graph, this.parameters, this.#found);
    const sizes = { rows: this.rows, dim: this.dim, over: searched.over };
    if (searched.over === 'vectors') {
      arrays.set('vectors', vectorsArray(searched.base));
      return { kind: this.kind, parameters: { ...sizes, range: searched.range, ...parameters }, arrays };
    }
    const quantizer = searched.quantizer.toArrays();
    for (const [name, array] of quantizer.arrays) arrays.set(name, array);
    arrays.set('codes', { shape: [this.rows, this.dim], data: searched.codes });
    return { kind: this.kind, parameters: { ...sizes, ...quantizer.parameters, ...parameters }, arrays };
  }

  /**
   * The index that `toArchive` gave.
   *
   * @param threads the most that may search together
   * @throws {RangeError} at the first thing that does not fit, in one line
   */
  static fromArchive(archive: Archive, backend: BackendChoice = 'auto', threads = 1): Sq8GraphIndex {
    requireThreads(threads);
    const engine = { backend, threads };
    const { rows, dim } = requireSizes(archive, 'hnsw-sq8', WHERE);
    const { arrays, parameters } = archive;
    const over = requireChoice(parameters, 'over', ['codes', 'vectors'], WHERE);
    const saved = readGraph(arrays, parameters, rows, WHERE);
    if (over === 'vectors') {
      const range = requireChoice(parameters, 'range', SCALAR_RANGES, WHERE);
      const base = requireMatrixArray(arrays, 'vectors', rows, dim, WHERE);
      return new Sq8GraphIndex(saved, { over, base, range }, engine);
    }
    const quantizer = ScalarQuantizer.fromArrays(arrays, parameters, dim, WHERE);
    const codes = requireArray(arrays, 'codes', 'uint8', [rows, dim], WHERE).data;
    return new Sq8GraphIndex(saved, { over, quantizer, codes }, engine);
  }
}

/** Which rows have the same code. */
function equalCodes(codes: Uint8Array, dim: number): Int32Array | undefined {
  return representatives(createMatrix(codes.length / dim, dim, Float32Array.from(codes)));
}
