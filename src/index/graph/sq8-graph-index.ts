import type { BackendChoice } from '../../../kernels/backend.ts';
import type { Counts } from '../../../kernels/operands.ts';
import { requireThreads } from '../../../kernels/threads/require-threads.ts';
import type { LayeredGraph } from '../../graph/adjacency.ts';
import { HNSW_OPTIONS, type HnswOptions } from '../../graph/hnsw/build.ts';
import { type GraphStatistics, graphStatistics } from '../../graph/statistics.ts';
import { type ScalarCodeSet, scalarCodeSet } from '../../quantize/scalar/scalar-code-set.ts';
import { SCALAR_RANGES, ScalarQuantizer, type ScalarRange } from '../../quantize/scalar/scalar-quantizer.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { type Archive, requireArray, requireChoice } from '../../tensor/named-arrays.ts';
import { requireOptions } from '../../tensor/options.ts';
import { VectorSet } from '../../tensor/vectors/vector-set.ts';
import { requireBase } from '../../tensor/vectors/vectors.ts';
import { vectorsArray } from '../../tensor/vectors/vectors-array.ts';
import { requireMatrixArray, requireSizes } from '../codes/code-archive.ts';
import { Held } from '../search/held.ts';
import { type GraphSearchOptions, requireSearchOptions } from '../search/search-options.ts';
import type { SearchResult } from '../search/search-result.ts';
import { representatives } from './copies.ts';
import { type GraphParameters, graphEntries, readGraph, type SavedGraph } from './graph-archive.ts';
import { buildGraph, type Engine, graphRoom, requireSameRows, requireSearchable } from './graph-building.ts';
import { GraphSearcher } from './graph-searcher.ts';
import { searchByGraph } from './search-by-graph.ts';

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
 *
 * @category Index and search
 */
export class Sq8GraphIndex {
  readonly kind = 'hnsw-sq8';
  readonly #held: Held<{
    readonly searched: Searched;
    readonly source: VectorSet | ScalarCodeSet;
    readonly saved: SavedGraph;
    readonly searcher: GraphSearcher;
    readonly graph: LayeredGraph;
  }>;
  readonly parameters: GraphParameters;
  /** Work of building the graph; absent when it was loaded. */
  readonly buildCounts: Counts | undefined;
  readonly #engine: Engine;

  private constructor(saved: SavedGraph, searched: Searched, engine: Engine, buildCounts?: Counts) {
    const { graph, parameters, representatives } = saved;
    const room = graphRoom(graph.size, parameters.M, engine);
    this.parameters = parameters;
    this.buildCounts = buildCounts;
    const source =
      searched.over === 'codes'
        ? scalarCodeSet(searched.quantizer, searched.codes, room)
        : new VectorSet(searched.base, room);
    this.#engine = engine;
    const searcher = new GraphSearcher({ graph, points: source, representatives });
    this.#held = new Held('Sq8GraphIndex', { graph, searched, source, saved, searcher });
  }

  /**
   * Learns the ranges of `graphBase`, and builds the graph on its codes.
   *
   * @throws {RangeError} if the matrices have different numbers of rows or none, a value is not finite, or an option is out of range
   * @throws the signal's reason, when it aborts
   */
  static async build(options: Sq8GraphOptions): Promise<Sq8GraphIndex> {
    const where = 'Sq8GraphIndex.build';
    requireOptions(where, options, [...HNSW_OPTIONS, 'graphBase', 'base', 'range', 'backend']);
    const { graphBase, base, range = 'dimension', backend = 'auto', threads = 1, ...hnsw } = options;
    requireThreads(threads);
    requireBase(graphBase, where);
    if (base !== undefined) {
      requireBase(base, where);
      requireSameRows('graph', graphBase, base, where);
    }
    const quantizer = ScalarQuantizer.train(graphBase, range);
    const codes = quantizer.encode(graphBase, { backend, threads });
    const { batch } = graphRoom(graphBase.rows, hnsw.M, { backend, threads });
    const source = scalarCodeSet(quantizer, codes, { backend, batch, originals: graphBase });
    const findCopies = () => equalCodes(codes, quantizer.dim);
    const { saved, counts } = await buildGraph(source, hnsw, graphBase.cols, findCopies);
    const searched: Searched = base ? { over: 'vectors', base, range } : { over: 'codes', quantizer, codes };
    return new Sq8GraphIndex(saved, searched, { backend, threads }, counts);
  }

  get #searched(): Searched {
    return this.#held.parts.searched;
  }

  get #source(): VectorSet | ScalarCodeSet {
    return this.#held.parts.source;
  }

  get #saved(): SavedGraph {
    return this.#held.parts.saved;
  }

  get #searcher(): GraphSearcher {
    return this.#held.parts.searcher;
  }

  get graph(): LayeredGraph {
    return this.#held.parts.graph;
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
   * The same graph, searched over these full vectors, row for row.
   *
   * @throws {RangeError} if there is another number of rows, or a value is not finite
   */
  over(base: Matrix): Sq8GraphIndex {
    requireSearchable(base, this.rows, 'Sq8GraphIndex.over');
    const { range } = this.statistics();
    return new Sq8GraphIndex(this.#saved, { over: 'vectors', base, range }, this.#engine, this.buildCounts);
  }

  /**
   * The approximately nearest k rows of each query, by codes or by full vectors, as it was built.
   *
   * @param queries (queries, dim)
   * @throws {RangeError} if k or an option is out of its range, or the queries have another width or values that are not finite
   * @throws the signal's reason, when it aborts
   */
  async search(queries: Matrix, k: number, options: GraphSearchOptions = {}): Promise<SearchResult> {
    requireSearchOptions('Sq8GraphIndex.search', options, ['ef', 'trace']);
    const searched = { searcher: this.#searcher, most: this.#engine.threads };
    return searchByGraph('Sq8GraphIndex.search', searched, queries, k, options);
  }

  /** What the graph looks like. */
  statistics(): Sq8GraphStatistics {
    const searched = this.#searched;
    const range = searched.over === 'codes' ? searched.quantizer.range : searched.range;
    return { ...graphStatistics(this.graph), range, over: searched.over };
  }

  /** Gives back the memory: from here on the index is of no use. Not to be called while a search is under way. */
  close(): void {
    this.#held.close();
  }

  /** `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Everything needed to search again; codes that only built the graph are not kept. */
  toArchive(): Archive {
    const searched = this.#searched;
    const { arrays, parameters } = graphEntries(this.#saved);
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
