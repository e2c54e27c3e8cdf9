import type { BackendChoice } from '../../../kernels/backend.ts';
import type { Counts } from '../../../kernels/operands.ts';
import { requireThreads } from '../../../kernels/threads/require-threads.ts';
import type { LayeredGraph } from '../../graph/adjacency.ts';
import { HNSW_OPTIONS, type HnswOptions } from '../../graph/hnsw/build.ts';
import { type GraphStatistics, graphStatistics } from '../../graph/statistics.ts';
import { scalarCodeSet } from '../../quantize/scalar/scalar-code-set.ts';
import { ScalarQuantizer } from '../../quantize/scalar/scalar-quantizer.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { Archive } from '../../tensor/named-arrays.ts';
import { requireOptions } from '../../tensor/options.ts';
import { vectorSource } from '../../tensor/vectors/split-vector-set.ts';
import type { VectorSource } from '../../tensor/vectors/vector-set.ts';
import { requireBase, type Vectors } from '../../tensor/vectors/vectors.ts';
import { Held } from '../search/held.ts';
import type { QueryEncoder } from '../search/query-encoder.ts';
import { type GraphSearchOptions, requireSearchOptions, type SearchOptions } from '../search/search-options.ts';
import type { SearchResult } from '../search/search-result.ts';
import { representatives } from './copies.ts';
import {
  type GraphParameters,
  readGraphArchive,
  type SavedGraph,
  type WalkCodes,
  writeGraphArchive,
} from './graph-archive.ts';
import { buildGraph, type Engine, graphRoom, requireSameRows, requireSearchable } from './graph-building.ts';
import { GraphSearcher } from './graph-searcher.ts';
import { searchByGraph } from './search-by-graph.ts';

export interface GraphIndexOptions extends Omit<HnswOptions, 'representatives' | 'threads'> {
  /** The vectors that are searched. */
  readonly base: Vectors;
  /** The vectors that the graph is built on, row for row those of `base`, usually compressed; `base` if not given. */
  readonly graphBase?: Vectors;
  /**
   * Vectors that a search with `rerank` walks over, row for row those of `base`, usually compressed; one byte of each number is kept.
   * The graph is built on them if `graphBase` is not given.
   */
  readonly walkBase?: Vectors;
  /** What compressed `walkBase`, to compress queries alike: a trained compressor. `attachQueryEncoder` can give it later. */
  readonly queryEncoder?: QueryEncoder;
  readonly backend?: BackendChoice;
  /**
   * Threads that insert a batch together in the batch profile, and the most that may search together; 1 if not given. What is built
   * does not depend on it.
   */
  readonly threads?: number;
}

/**
 * An HNSW graph over vectors. The graph holds links only: it may be built on one matrix (compressed vectors) and searched over
 * another (the full ones), which is the paper's use of compression.
 *
 * Source: the paper, section 4 ("the compressed vectors are only used in building"); Malkov & Yashunin 2018.
 *
 * @example
 * ```ts
 * import { GraphIndex, generateManifold, nearest, recallAt, trainPca } from 'cnt-ann';
 *
 * const { base, query } = generateManifold({ rows: 2000, queries: 100, dim: 32, seed: 1 });
 * const graphBase = trainPca(base, { dOut: 8 }).encode(base);
 * const index = await GraphIndex.build({ base, graphBase, M: 8, efConstruction: 50 }); // built on 8 columns, searched over 32
 * const truth = nearest(base, query, 10).ids;
 * const quick = await index.search(query, 10, { ef: 10 });
 * const thorough = await index.search(query, 10, { ef: 80 });
 * console.log(recallAt(quick.ids, truth, 1), recallAt(thorough.ids, truth, 1)); // 0.97 1
 * ```
 *
 * @category Index and search
 */
export class GraphIndex {
  readonly kind = 'hnsw';
  readonly #held: Held<{
    readonly saved: SavedGraph;
    readonly source: VectorSource;
    readonly searcher: GraphSearcher;
    readonly walk: CodedWalk | undefined;
    readonly graph: LayeredGraph;
  }>;
  readonly parameters: GraphParameters;
  /** Work of building the graph; absent when it was loaded. */
  readonly buildCounts: Counts | undefined;
  readonly #engine: Engine;
  #queryEncoder: QueryEncoder | undefined;

  private constructor(saved: SavedGraph, { source, walk }: SearchedVectors, engine: Engine, buildCounts?: Counts) {
    const { graph, parameters, representatives } = saved;
    this.parameters = parameters;
    this.buildCounts = buildCounts;
    this.#engine = engine;
    const searcher = new GraphSearcher({ graph, points: source, representatives });
    this.#held = new Held('GraphIndex', { saved, source, searcher, walk, graph });
  }

  /**
   * Builds the graph on `graphBase` and keeps `base` for the search.
   *
   * @throws {RangeError} if the matrices have different numbers of rows or values that are not finite, or an option is out of range
   * @throws the signal's reason, when it aborts
   */
  static async build(options: GraphIndexOptions): Promise<GraphIndex> {
    const where = 'GraphIndex.build';
    requireOptions(where, options, [...HNSW_OPTIONS, 'base', 'graphBase', 'walkBase', 'queryEncoder', 'backend']);
    const { base, walkBase, graphBase = walkBase ?? base, queryEncoder, backend = 'auto', ...hnsw } = options;
    for (const vectors of new Set([base, graphBase, walkBase === undefined ? base : walkBase]))
      requireBase(vectors, where);
    if (walkBase) requireSameRows('walk', walkBase, base, where);
    requireSameRows('graph', graphBase, base, where);
    const { M, threads = 1 } = hnsw;
    requireThreads(threads);
    const engine = { backend, threads };
    const codes = walkBase && walkCodes(walkBase, engine);
    const graphSource = newSource(graphBase, M, engine);
    const findCopies = () => representatives(graphBase);
    const { saved, counts } = await buildGraph(graphSource, hnsw, graphBase.cols, findCopies);
    const source = base === graphBase ? graphSource : newSource(base, M, engine);
    const index = new GraphIndex(saved, { source, walk: codes && codedWalk(saved, codes, engine) }, engine, counts);
    if (queryEncoder) index.attachQueryEncoder(queryEncoder);
    return index;
  }

  get #saved(): SavedGraph {
    return this.#held.parts.saved;
  }

  get #source(): VectorSource {
    return this.#held.parts.source;
  }

  get #searcher(): GraphSearcher {
    return this.#held.parts.searcher;
  }

  get #walk(): CodedWalk | undefined {
    return this.#held.parts.walk;
  }

  get graph(): LayeredGraph {
    return this.#held.parts.graph;
  }

  get rows(): number {
    return this.#source.size;
  }

  /** Numbers a vector. */
  get dim(): number {
    return this.#source.dim;
  }

  /** Numbers a vector that a search with `rerank` walks over; `undefined` where there are none. */
  get walkDim(): number | undefined {
    return this.#walk?.kept.quantizer.dim;
  }

  /** What really runs. */
  get backend(): VectorSource['backend'] {
    return this.#source.backend;
  }

  /**
   * From now on a search with `rerank` compresses its queries by this: what compressed `walkBase`, which no archive of the index holds.
   *
   * @throws {Error} if the index was built without `walkBase`
   * @throws {RangeError} if it compresses vectors of another width, or to another
   */
  attachQueryEncoder(encoder: QueryEncoder): void {
    const where = 'GraphIndex.attachQueryEncoder';
    const { dim } = this.#requireWalk(where).kept.quantizer;
    if (encoder.dIn !== this.dim || encoder.dOut !== dim) {
      const got = `${encoder.dIn} to ${encoder.dOut}`;
      throw new RangeError(`${where}: expected an encoder of ${this.dim} to ${dim} numbers, got one of ${got}.`);
    }
    this.#queryEncoder = encoder;
  }

  /**
   * The same graph over other vectors, row for row; the links are shared.
   *
   * @throws {RangeError} if there is another number of rows, or a value is not finite
   */
  over(base: Vectors): GraphIndex {
    requireSearchable(base, this.rows, 'GraphIndex.over');
    const searched = { source: newSource(base, this.parameters.M, this.#engine), walk: this.#walk };
    const index = new GraphIndex(this.#saved, searched, this.#engine, this.buildCounts);
    if (this.#queryEncoder?.dIn === base.cols) index.attachQueryEncoder(this.#queryEncoder);
    return index;
  }

  /**
   * The approximately nearest k rows of each query.
   *
   * With `rerank` in two steps: the graph is walked over SQ8 codes of the compressed vectors, and the nearest `rerank` of the `ef`
   * survivors are ranked anew by their full ones. The codes have one range for all dimensions, so that the walk compares bytes, a
   * quarter of the memory of the compressed vectors. `counts.distances` are then those between full vectors, at most `rerank` a
   * query, `counts.walkDistances` those of the walk.
   *
   * Source: Malkov & Yashunin 2018, Algorithm 5; with `rerank` faiss 1.7.3 `IndexRefineFlat`, over a graph, and the paper, Table 3, for
   * codes of compressed vectors.
   * Departs: identical vectors are one point of a canonical graph; their other rows are measured when that point is found.
   *
   * @param queries (queries, dim)
   * @throws {Error} if it is to re-rank and was built without `walkBase`, or has no query encoder
   * @throws {RangeError} if k or an option is out of its range, or the queries have another width or values that are not finite
   * @throws the signal's reason, when it aborts
   */
  async search(
    queries: Matrix,
    k: number,
    options: Pick<SearchOptions, 'rerank'> & GraphSearchOptions = {},
  ): Promise<SearchResult> {
    const where = 'GraphIndex.search';
    requireSearchOptions(where, options, ['ef', 'trace', 'rerank']);
    const most = this.#engine.threads;
    if (options.rerank === undefined)
      return searchByGraph(where, { searcher: this.#searcher, most }, queries, k, options);
    const { searcher } = this.#requireWalk(where);
    const encoder = this.#queryEncoder;
    if (!encoder) throw new Error(`${where}: expected a query encoder to re-rank, got none.`);
    const refinement = { full: this.#source, encoder, backend: this.#engine.backend };
    return searchByGraph(where, { searcher, most, refinement }, queries, k, options);
  }

  #requireWalk(where: string): CodedWalk {
    if (this.#walk) return this.#walk;
    throw new Error(`${where}: expected an index built with walkBase, got one without.`);
  }

  /** What the graph looks like. */
  statistics(): GraphStatistics {
    return graphStatistics(this.graph);
  }

  /** Gives back the memory: from here on the index is of no use. Not to be called while a search is under way. */
  close(): void {
    this.#held.close();
  }

  /** `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Everything needed to search again, but what compresses queries. */
  toArchive(): Archive {
    return writeGraphArchive(this.#saved, { base: this.#source.vectors, walk: this.#walk?.kept });
  }

  /**
   * The index that `toArchive` gave.
   *
   * @param threads the most that may search together
   * @throws {RangeError} at the first thing that does not fit, in one line
   */
  static fromArchive(archive: Archive, backend: BackendChoice = 'auto', threads = 1): GraphIndex {
    const { base, walk, ...saved } = readGraphArchive(archive);
    requireThreads(threads);
    const engine = { backend, threads };
    const source = newSource(base, saved.parameters.M, engine);
    return new GraphIndex(saved, { source, walk: walk && codedWalk(saved, walk, engine) }, engine);
  }
}

/** The vectors that answers are measured by, and the codes that a re-ranked search walks over. */
interface SearchedVectors {
  readonly source: VectorSource;
  readonly walk: CodedWalk | undefined;
}

/** SQ8 codes of compressed vectors, and the search that walks over them. */
interface CodedWalk {
  readonly kept: WalkCodes;
  readonly searcher: GraphSearcher;
}

function codedWalk({ graph, parameters, representatives }: SavedGraph, kept: WalkCodes, engine: Engine): CodedWalk {
  const points = scalarCodeSet(kept.quantizer, kept.codes, graphRoom(graph.size, parameters.M, engine));
  // The set keeps a copy where kernels reach it: one is enough.
  return {
    kept: { quantizer: kept.quantizer, codes: points.codes },
    searcher: new GraphSearcher({ graph, points, representatives }),
  };
}

/** One byte of each number, with one range for all dimensions, so that codes are compared as whole numbers. */
function walkCodes(vectors: Vectors, { backend, threads }: Engine): WalkCodes {
  const quantizer = ScalarQuantizer.train(vectors, 'uniform');
  return { quantizer, codes: quantizer.encode(vectors, { backend, threads }) };
}

function newSource(vectors: Vectors, M: number, engine: Engine): VectorSource {
  return vectorSource(vectors, graphRoom(vectors.rows, M, engine));
}
