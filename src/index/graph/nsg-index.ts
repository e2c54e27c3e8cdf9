import type { BackendChoice } from '../../../kernels/backend.ts';
import type { Counts } from '../../../kernels/operands.ts';
import { requireThreads } from '../../../kernels/threads/require-threads.ts';
import type { LayeredGraph } from '../../graph/adjacency.ts';
import type { KnnGraph } from '../../graph/knn/knn-graph.ts';
import { nnDescent } from '../../graph/knn/nn-descent.ts';
import { buildNsg, requireNsgOptions } from '../../graph/nsg/build.ts';
import type { NsgProfileName } from '../../graph/nsg/profile.ts';
import { type GraphStatistics, graphStatistics } from '../../graph/statistics.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { Archive } from '../../tensor/named-arrays.ts';
import { requireOptions } from '../../tensor/options.ts';
import { centroid } from '../../tensor/vectors/centroid.ts';
import { vectorSource } from '../../tensor/vectors/split-vector-set.ts';
import type { VectorSource } from '../../tensor/vectors/vector-set.ts';
import { requireBase, type Vectors } from '../../tensor/vectors/vectors.ts';
import { Held } from '../search/held.ts';
import { type GraphSearchOptions, requireSearchOptions } from '../search/search-options.ts';
import type { SearchResult } from '../search/search-result.ts';
import { exactKnnGraph } from './exact-knn-graph.ts';
import type { Engine } from './graph-building.ts';
import { requireSameRows, requireSearchable } from './graph-building.ts';
import { GraphSearcher } from './graph-searcher.ts';
import {
  type NeighborGraph,
  type NsgParameters,
  readNsgArchive,
  requireNeighborGraph,
  writeNsgArchive,
} from './nsg-archive.ts';
import { searchByGraph } from './search-by-graph.ts';

export type NsgPhase = 'k-NN graph' | 'NSG';

/** What the paper uses. */
export const NSG_DEFAULTS = { R: 60, L: 70, C: 500, profile: 'canonical' } as const;

export interface NsgIndexOptions {
  /** The vectors that are searched. */
  readonly base: Vectors;
  /** The vectors that the graph is built on, row for row those of `base`, usually compressed; `base` if not given. */
  readonly graphBase?: Vectors;
  /** Links of a point at most; 60 if not given, as the paper has it. */
  readonly R?: number;
  /** Candidates kept during the search for a point's neighbors; 70 if not given, as the paper has it. */
  readonly L?: number;
  /** Candidates that the choice of neighbors looks at; 500 if not given, as the paper has it. */
  readonly C?: number;
  /** `canonical` if not given. */
  readonly profile?: NsgProfileName;
  /** `defaultNeighborGraph` if not given. */
  readonly neighborGraph?: NeighborGraph;
  readonly backend?: BackendChoice;
  /** Threads that build together, and the most that may search together; 1 if not given. What is built does not depend on it. */
  readonly threads?: number;
  readonly onProgress?: (done: number, total: number, phase: NsgPhase) => void;
  readonly signal?: AbortSignal;
}

const NSG_OPTIONS = [
  'base',
  'graphBase',
  'R',
  'L',
  'C',
  'profile',
  'neighborGraph',
  'backend',
  'threads',
  'onProgress',
  'signal',
] as const;

/** Up to here comparing all pairs costs about as much as NN-descent, and is exact (20,000 x 64: 6.7 s and 8.0 s). */
const EXACT_ROWS = 20000;

/**
 * The 200 nearest neighbors, exactly for few rows, otherwise by NN-descent with the paper's parameters for Deep1M.
 *
 * Departs: L is 250 and not 200, which faiss, used by the paper, raises to K + 50.
 */
export function defaultNeighborGraph(rows: number): NeighborGraph {
  if (rows <= EXACT_ROWS) return { method: 'exact', K: 200 };
  return { method: 'nn-descent', K: 200, L: 250, iter: 10, S: 12, R: 100 };
}

/** Work of building, in its two phases. */
export interface NsgBuildCounts {
  readonly neighborGraph: Counts;
  readonly nsg: Counts;
}

/**
 * A navigating spreading-out graph over vectors. The graph holds links only: it may be built on one matrix (compressed vectors) and
 * searched over another (the full ones).
 *
 * Source: the paper, section 4; Fu et al. 2019.
 *
 * @category Index and search
 */
export class NsgIndex {
  readonly kind = 'nsg';
  readonly #held: Held<{
    readonly source: VectorSource;
    readonly searcher: GraphSearcher;
    readonly graph: LayeredGraph;
  }>;
  readonly parameters: NsgParameters;
  /** Absent when the index was loaded. */
  readonly buildCounts: NsgBuildCounts | undefined;
  readonly #engine: Engine;

  private constructor(
    graph: LayeredGraph,
    parameters: NsgParameters,
    source: VectorSource,
    engine: Engine,
    buildCounts?: NsgBuildCounts,
  ) {
    this.parameters = parameters;
    this.buildCounts = buildCounts;
    this.#engine = engine;
    const searcher = new GraphSearcher({ graph, points: source, nsg: parameters.profile });
    this.#held = new Held('NsgIndex', { graph, source, searcher });
  }

  /**
   * Builds a k-NN graph and from it the NSG, both on `graphBase`, and keeps `base` for the search.
   *
   * @throws {RangeError} if the matrices have different numbers of rows or values that are not finite, or an option is out of range
   * @throws {Error} in the faiss profile, where the library does not end: many copies
   * @throws the signal's reason, when it aborts
   */
  static async build(options: NsgIndexOptions): Promise<NsgIndex> {
    const where = 'NsgIndex.build';
    requireOptions(where, options, NSG_OPTIONS);
    const { base, graphBase = base } = options;
    requireBase(base, where);
    if (graphBase !== base) requireBase(graphBase, where);
    const { R = NSG_DEFAULTS.R, L = NSG_DEFAULTS.L, C = NSG_DEFAULTS.C, profile = NSG_DEFAULTS.profile } = options;
    const { backend = 'auto', threads = 1, onProgress, signal } = options;
    requireThreads(threads);
    const engine = { backend, threads };
    const choices = { R, L, C, profile };
    requireNsgOptions(choices);
    const neighborGraph = requireNeighborGraph(options.neighborGraph ?? defaultNeighborGraph(base.rows), where);
    requireSameRows('graph', graphBase, base, where);
    const batch = Math.max(512, R + 1, neighborGraph.K);
    const graphSource = vectorSource(graphBase, { backend, batch, attachable: threads - 1 });
    const watch = (phase: NsgPhase) => ({
      ...(onProgress && { onProgress: (done: number, total: number) => onProgress(done, total, phase) }),
      ...(signal && { signal }),
    });
    const knn = await makeNeighborGraph(graphSource, neighborGraph, engine, watch('k-NN graph'));
    const center = centroid(graphBase);
    const { graph, attached, counts } = await buildNsg(graphSource, knn, center, {
      ...choices,
      threads,
      ...watch('NSG'),
    });
    const parameters = { ...choices, neighborGraph, graphDim: graphBase.cols, attached };
    const source = graphBase === base ? graphSource : newSource(base, R, engine);
    return new NsgIndex(graph, parameters, source, engine, { neighborGraph: knn.counts, nsg: counts });
  }

  get #source(): VectorSource {
    return this.#held.parts.source;
  }

  get #searcher(): GraphSearcher {
    return this.#held.parts.searcher;
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

  /** What really runs. */
  get backend(): VectorSource['backend'] {
    return this.#source.backend;
  }

  /**
   * The same graph over other vectors, row for row; the links are shared.
   *
   * @throws {RangeError} if there is another number of rows, or a value is not finite
   */
  over(base: Vectors): NsgIndex {
    requireSearchable(base, this.rows, 'NsgIndex.over');
    const source = newSource(base, this.parameters.R, this.#engine);
    return new NsgIndex(this.graph, this.parameters, source, this.#engine, this.buildCounts);
  }

  /**
   * The approximately nearest k rows of each query.
   *
   * Source: Fu et al. 2019, Algorithm 1; `ef` is the paper's l, faiss's search_L.
   * Departs: it begins not at the navigating point alone but at ef - 1 random points too, as the authors' code and faiss fill the pool:
   * otherwise whole groups of points far from the others stay unfound. They are the same for every query.
   *
   * @param queries (queries, dim)
   * @throws {RangeError} if k or an option is out of its range, or the queries have another width or values that are not finite
   * @throws the signal's reason, when it aborts
   */
  async search(queries: Matrix, k: number, options: GraphSearchOptions = {}): Promise<SearchResult> {
    requireSearchOptions('NsgIndex.search', options, ['ef', 'trace']);
    const searched = { searcher: this.#searcher, most: this.#engine.threads };
    return searchByGraph('NsgIndex.search', searched, queries, k, options);
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

  /** Everything needed to search again. */
  toArchive(): Archive {
    return writeNsgArchive(this.graph, this.parameters, this.#source.vectors);
  }

  /**
   * The index that `toArchive` gave.
   *
   * @param threads the most that may search together
   * @throws {RangeError} at the first thing that does not fit, in one line
   */
  static fromArchive(archive: Archive, backend: BackendChoice = 'auto', threads = 1): NsgIndex {
    const { graph, parameters, base } = readNsgArchive(archive);
    requireThreads(threads);
    const engine = { backend, threads };
    return new NsgIndex(graph, parameters, newSource(base, parameters.R, engine), engine);
  }
}

interface Watch {
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

function makeNeighborGraph(
  source: VectorSource,
  graph: NeighborGraph,
  engine: Engine,
  watch: Watch,
): Promise<KnnGraph> {
  return graph.method === 'exact'
    ? exactKnnGraph(source.vectors, graph.K, { ...engine, ...watch })
    : nnDescent(source, { ...graph, threads: engine.threads, ...watch });
}

/** A source that takes a whole neighbor list a call. */
function newSource(vectors: Vectors, R: number, { backend, threads }: Engine): VectorSource {
  return vectorSource(vectors, { backend, batch: Math.max(256, R + 1), attachable: threads - 1 });
}
