import type { BackendChoice } from '../../../kernels/backend.ts';
import type { Counts } from '../../../kernels/operands.ts';
import { requireThreads } from '../../../kernels/threads/require-threads.ts';
import type { LayeredGraph } from '../../graph/adjacency.ts';
import { buildHnsw, type HnswOptions } from '../../graph/hnsw/build.ts';
import { hnswProfiles } from '../../graph/hnsw/profile.ts';
import { type GraphStatistics, graphStatistics } from '../../graph/statistics.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { Archive } from '../../tensor/named-arrays.ts';
import { shareSource } from '../../tensor/vectors/shared-source.ts';
import { vectorSource } from '../../tensor/vectors/split-vector-set.ts';
import type { VectorSource } from '../../tensor/vectors/vector-set.ts';
import { requireFiniteVectors, type Vectors } from '../../tensor/vectors/vectors.ts';
import { inSharedMemory } from '../../workers/shared-memory.ts';
import type { RerankOptions } from '../search/rerank.ts';
import type { SearchResult } from '../search/search-result.ts';
import type { ThreadedSearchOptions } from '../search/search-task.ts';
import { CodedWalk, walkCodes } from './coded-walk.ts';
import { representatives } from './copies.ts';
import { type GraphParameters, readGraphArchive, writeGraphArchive } from './graph-archive.ts';
import { type Engine, graphRoom } from './graph-room.ts';
import { hnswSearchTask, searchGraphByThreads, type ThreadedGraphSearchOptions } from './graph-search-tasks.ts';
import { GraphSearcher, type GraphSearchOptions } from './graph-searcher.ts';

export interface GraphIndexOptions extends Omit<HnswOptions, 'representatives' | 'threads'> {
  /** The vectors that are searched. */
  readonly base: Vectors;
  /** The vectors that the graph is built on, row for row those of `base`, usually compressed; `base` if not given. */
  readonly graphBase?: Vectors;
  /**
   * Vectors that `searchReranked` walks over, row for row those of `base`, usually compressed; one byte of each number is kept. The
   * graph is built on them if `graphBase` is not given.
   */
  readonly walkBase?: Vectors;
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
 */
export class GraphIndex {
  readonly kind = 'hnsw';
  readonly graph: LayeredGraph;
  readonly parameters: GraphParameters;
  /** Work of building the graph; absent when it was loaded. */
  readonly buildCounts: Counts | undefined;
  readonly #backend: BackendChoice;
  readonly #threads: number;
  readonly #source: VectorSource;
  readonly #representatives: Int32Array | undefined;
  readonly #searcher: GraphSearcher;
  readonly #walk: CodedWalk | undefined;

  private constructor(
    graph: LayeredGraph,
    parameters: GraphParameters,
    { source, walk }: SearchedVectors,
    found: Int32Array | undefined,
    { backend, threads }: Engine,
    buildCounts?: Counts,
  ) {
    this.graph = graph;
    this.parameters = parameters;
    this.buildCounts = buildCounts;
    this.#source = source;
    this.#backend = backend;
    this.#threads = threads;
    this.#representatives = found;
    this.#searcher = new GraphSearcher(graph, source, found);
    this.#walk = walk;
  }

  /**
   * Builds the graph on `graphBase` and keeps `base` for the search.
   *
   * @throws {RangeError} if the matrices have different numbers of rows or values that are not finite, or an option is out of range
   * @throws the signal's reason, when it aborts
   */
  static async build(options: GraphIndexOptions): Promise<GraphIndex> {
    const { base, walkBase, graphBase = walkBase ?? base, backend = 'auto', ...hnsw } = options;
    const where = 'GraphIndex.build';
    if (walkBase) requireSameRows('walk', walkBase, base, where);
    requireSameRows('graph', graphBase, base, where);
    for (const vectors of new Set([base, graphBase, walkBase ?? base])) requireFiniteVectors(vectors, where);
    const { M, efConstruction, profile = 'canonical', seed = 1, threads = 1 } = hnsw;
    requireThreads(threads);
    const engine = { backend, threads };
    const codes = walkBase && walkCodes(walkBase, engine);
    const { extendCandidates = false, keepPrunedConnections = false } = hnsw;
    const found = hnswProfiles[profile]?.collapsesCopies ? representatives(graphBase) : undefined;
    const graphSource = newSource(graphBase, M, engine);
    const { graph, counts } = await buildHnsw(graphSource, found ? { ...hnsw, representatives: found } : hnsw);
    const flags = { extendCandidates, keepPrunedConnections };
    const parameters = { M, efConstruction, profile, seed, ...flags, graphDim: graphBase.cols };
    const source = base === graphBase ? graphSource : newSource(base, M, engine);
    const searched = { source, walk: codes && new CodedWalk(graph, codes, M, engine, found) };
    return new GraphIndex(graph, parameters, searched, found, engine, counts);
  }

  get rows(): number {
    return this.#source.size;
  }

  /** Numbers a vector. */
  get dim(): number {
    return this.#source.dim;
  }

  /** Numbers a vector that `searchReranked` walks over; `undefined` where there are none. */
  get walkDim(): number | undefined {
    return this.#walk?.dim;
  }

  /** What really runs. */
  get backend(): VectorSource['backend'] {
    return this.#source.backend;
  }

  /**
   * The same graph over other vectors, row for row; the links are shared.
   *
   * @throws {RangeError} if there is another number of rows, or a value is not finite
   */
  over(base: Vectors): GraphIndex {
    const where = 'GraphIndex.over';
    if (base.rows !== this.rows) throw new RangeError(`${where}: expected ${this.rows} rows, got ${base.rows}.`);
    requireFiniteVectors(base, where);
    const engine = { backend: this.#backend, threads: this.#threads };
    const searched = { source: newSource(base, this.parameters.M, engine), walk: this.#walk };
    const found = this.#representatives;
    return new GraphIndex(this.graph, this.parameters, searched, found, engine, this.buildCounts);
  }

  /**
   * The approximately nearest k rows of each query, one query after the other.
   *
   * Source: Malkov & Yashunin 2018, Algorithm 5.
   * Departs: identical vectors are one point of a canonical graph; their other rows are measured when that point is found.
   *
   * @param queries (queries, dim)
   * @throws {RangeError} if k or ef is no positive whole number, or the queries have another width or values that are not finite
   */
  search(queries: Matrix, k: number, options: GraphSearchOptions): SearchResult {
    return this.#searcher.search('GraphIndex.search', queries, k, options);
  }

  /**
   * The same answers and counts as `search`, from several threads.
   *
   * @throws {RangeError} also if there are to be more threads than the index was made for
   * @throws the signal's reason, when it aborts
   */
  searchByThreads(queries: Matrix, k: number, options: ThreadedGraphSearchOptions): Promise<SearchResult> {
    const source = this.#source;
    const index = { searcher: this.#searcher, source, most: this.#threads };
    const share = () => ({
      graph: this.graph.share(),
      source: shareSource(source),
      representatives: this.#representatives && inSharedMemory(this.#representatives),
      links: this.#searcher.shareLinks(),
    });
    return searchGraphByThreads('GraphIndex.searchByThreads', hnswSearchTask, index, share, queries, k, options);
  }

  /**
   * The approximately nearest k rows of each query in two steps: the graph is walked over SQ8 codes of the compressed vectors, and
   * the nearest `rerank` of the `ef` survivors are ranked anew by their full ones.
   *
   * The codes have one range for all dimensions, so that the walk compares bytes, a quarter of the memory of the compressed vectors.
   *
   * `counts.distances` are those between full vectors, at most `rerank` a query, `counts.walkDistances` those of the walk.
   *
   * Source: faiss 1.7.3 `IndexRefineFlat`, over a graph; the paper, Table 3, for codes of compressed vectors.
   *
   * @param queries (queries, dim)
   * @param walkQueries (queries, walkDim), the same queries compressed
   * @throws {Error} if the index was built without `walkBase`
   * @throws {RangeError} if k, ef or rerank is out of its range, or the queries do not fit
   */
  searchReranked(queries: Matrix, walkQueries: Matrix, k: number, options: RerankOptions): SearchResult {
    const where = 'GraphIndex.searchReranked';
    return this.#requireWalk(where).search(where, this.#source, queries, walkQueries, k, options);
  }

  /**
   * The same answers and counts as `searchReranked`, from several threads.
   *
   * @throws {Error} if the index was built without `walkBase`
   * @throws {RangeError} also if there are to be more threads than the index was made for
   * @throws the signal's reason, when it aborts
   */
  async searchRerankedByThreads(
    queries: Matrix,
    walkQueries: Matrix,
    k: number,
    options: RerankOptions & ThreadedSearchOptions,
  ): Promise<SearchResult> {
    const where = 'GraphIndex.searchRerankedByThreads';
    return this.#requireWalk(where).searchByThreads(where, this.#source, queries, walkQueries, k, options);
  }

  #requireWalk(where: string): CodedWalk {
    if (this.#walk) return this.#walk;
    throw new Error(`${where}: expected an index built with walkBase, got one without.`);
  }

  /** What the graph looks like. */
  statistics(): GraphStatistics {
    return graphStatistics(this.graph);
  }

  /** Everything needed to search again. */
  toArchive(): Archive {
    const searched = { base: this.#source.vectors, walk: this.#walk?.kept };
    return writeGraphArchive(this.graph, this.parameters, searched, this.#representatives);
  }

  /**
   * The index that `toArchive` gave.
   *
   * @param threads the most that may search together
   * @throws {RangeError} at the first thing that does not fit, in one line
   */
  static fromArchive(archive: Archive, backend: BackendChoice = 'auto', threads = 1): GraphIndex {
    const { graph, parameters, base, walk, found } = readGraphArchive(archive);
    requireThreads(threads);
    const engine = { backend, threads };
    const { M } = parameters;
    const searched = {
      source: newSource(base, M, engine),
      walk: walk && new CodedWalk(graph, walk, M, engine, found),
    };
    return new GraphIndex(graph, parameters, searched, found, engine);
  }
}

/** The vectors that answers are measured by, and the codes that a re-ranked search walks over. */
interface SearchedVectors {
  readonly source: VectorSource;
  readonly walk: CodedWalk | undefined;
}

function requireSameRows(which: string, { rows }: Vectors, base: Vectors, where: string): void {
  if (rows === base.rows) return;
  throw new RangeError(`${where}: expected a ${which} base of ${base.rows} rows, got ${rows}.`);
}

function newSource(vectors: Vectors, M: number, engine: Engine): VectorSource {
  return vectorSource(vectors, graphRoom(vectors.rows, M, engine));
}
