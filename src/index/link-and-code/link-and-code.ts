import type { BackendChoice } from '../../../kernels/backend.ts';
import { squaredDistance } from '../../../kernels/distance/reference.ts';
import type { Counts } from '../../../kernels/operands.ts';
import type { LayeredGraph } from '../../graph/adjacency.ts';
import { type GraphStatistics, graphStatistics } from '../../graph/statistics.ts';
import { unpackCodes } from '../../quantize/product/packed-codes.ts';
import { ProductCodeSet } from '../../quantize/product/product-code-set.ts';
import type { ProductQuantizer } from '../../quantize/product/product-quantizer.ts';
import { rotateRows } from '../../quantize/product/rotation.ts';
import type { NeighborBasis } from '../../quantize/regression/neighbor-basis.ts';
import type { RegressionCodebook } from '../../quantize/regression/regression-codebook.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import type { Archive } from '../../tensor/named-arrays.ts';
import { type Ids, noNeighbors } from '../../tensor/nearest/neighbors.ts';
import { TopK } from '../../tensor/nearest/top-k.ts';
import { requireBase } from '../../tensor/vectors/vectors.ts';
import { requireWhole } from '../../tensor/whole-number.ts';
import type { GraphParameters } from '../graph/graph-archive.ts';
import { GraphSearcher } from '../graph/graph-searcher.ts';
import { Held } from '../search/held.ts';
import type { Answers } from '../search/rerank.ts';
import { type GraphSearchOptions, requireQueries, requireSearchOptions } from '../search/search-options.ts';
import type { SearchResult } from '../search/search-result.ts';
import { searchInChunks } from '../search/search-task.ts';
import { readLinkedCodes, writeLinkedCodes } from './link-and-code-archive.ts';
import {
  batchOf,
  buildLinkedCodes,
  type LinkAndCodeOptions,
  type LinkedCodes,
  neighborBasis,
} from './link-and-code-build.ts';

export interface LinkAndCodeSearchOptions extends Omit<GraphSearchOptions, 'threads'> {
  /**
   * How many of the `ef` candidates, nearest first by product codes, are ranked anew by refined distances: at least k, or 0 for none; all
   * if not given. The answers are ranked by one kind of distance.
   */
  readonly reorder?: number | 'all';
}

/** A search whose options are given. */
interface BlockSearch {
  readonly ef: number;
  readonly candidates: number;
  readonly trace: boolean | undefined;
}

/** Bytes of one vector. */
export interface LinkAndCodeBytes {
  /** Product code alone: the paper's "bytes" as we read it. */
  readonly codes: number;
  /** Product code and regression code. */
  readonly refined: number;
  /** These and the room for links at level 0: what the method's authors count. */
  readonly withLinks: number;
}

export interface LinkAndCodeStatistics extends GraphStatistics {
  readonly rows: number;
  readonly m: number;
  readonly bits: number;
  readonly nsq: number;
  readonly words: number;
  readonly baseLinks: number;
  /** Dimensions after the rotation. */
  readonly codeDim: number;
  readonly rotated: boolean;
  readonly bytesPerVector: LinkAndCodeBytes;
  /** Of the whole index: codes, all links, codebooks and rotation. */
  readonly bytes: number;
}

/** What codes lose: mean squared distance of a vector, rotated, from what stands for it. */
export interface ReconstructionErrors {
  /** By its product code alone. */
  readonly codes: number;
  /** Refined by its neighbors. */
  readonly refined: number;
}

/**
 * Link and Code: an HNSW graph with few links over product codes. The neighbors that the links name also refine a vector: it is
 * rebuilt as a weighted sum of what its own and its neighbors' codes stand for. The vectors themselves are not kept.
 *
 * Source: Douze, Sablayrolles & Jégou 2018; faiss 1.7.3 `ReconstructFromNeighbors` and faiss `benchs/link_and_code`.
 * Departs: see `trainRegression`; in the canonical profile rows with equal codes are one point of the graph. Refined distances rank all
 * candidates of a search, not the k results alone, of which the first then depends on k (`k_reorder` -1; `reorder` k is that).
 *
 * @category Index and search
 */
export class LinkAndCodeIndex {
  readonly kind = 'lc';
  readonly #held: Held<{
    readonly codes: LinkedCodes;
    readonly source: ProductCodeSet;
    readonly searcher: GraphSearcher;
    readonly basis: NeighborBasis;
  }>;
  /** Numbers a vector. */
  readonly dim: number;
  /** Work of building the graph; absent when it was loaded. */
  readonly buildCounts: Counts | undefined;
  /** For each round of learning the weights the mean squared error of a learned row; absent when it was loaded. */
  readonly objectives: Float64Array | undefined;
  readonly #backend: BackendChoice;

  private constructor(
    codes: LinkedCodes,
    dim: number,
    backend: BackendChoice,
    buildCounts?: Counts,
    objectives?: Float64Array,
  ) {
    const { graph, quantizer, packed, parameters, representatives } = codes;
    const { m, bits } = quantizer;
    const numbers = unpackCodes(packed, graph.size, m, bits);
    const batch = batchOf(parameters.M, graph.base.capacity);
    this.dim = dim;
    this.buildCounts = buildCounts;
    this.objectives = objectives;
    const source = new ProductCodeSet(quantizer, numbers, { backend, batch });
    const searcher = new GraphSearcher({ graph, points: source, representatives });
    const basis = neighborBasis(quantizer, numbers, codes);
    this.#held = new Held('LinkAndCodeIndex', { codes, source, searcher, basis });
    this.#backend = backend;
  }

  /**
   * Learns rotation, codebooks and weights from the base, encodes it, and links the codes.
   *
   * @throws {RangeError} if there are too few rows, a value is not finite, or an option is out of range
   * @throws the signal's reason, when it aborts
   */
  static async build(options: LinkAndCodeOptions): Promise<LinkAndCodeIndex> {
    const { counts, objectives, ...codes } = await buildLinkedCodes(options);
    return new LinkAndCodeIndex(codes, options.base.cols, options.backend ?? 'auto', counts, objectives);
  }

  get #codes(): LinkedCodes {
    return this.#held.parts.codes;
  }

  get #source(): ProductCodeSet {
    return this.#held.parts.source;
  }

  get #searcher(): GraphSearcher {
    return this.#held.parts.searcher;
  }

  get #basis(): NeighborBasis {
    return this.#held.parts.basis;
  }

  get rows(): number {
    return this.#source.size;
  }

  /** What really runs. */
  get backend(): ProductCodeSet['backend'] {
    return this.#source.backend;
  }

  get graph(): LayeredGraph {
    return this.#codes.graph;
  }

  get parameters(): GraphParameters {
    return this.#codes.parameters;
  }

  get quantizer(): ProductQuantizer {
    return this.#codes.quantizer;
  }

  get regression(): RegressionCodebook {
    return this.#codes.regression;
  }

  /**
   * The approximately nearest k rows of each query: `ef` candidates are found by the graph and product codes, and ranked by refined
   * distances. A smaller k gives the beginning of the same list, at equal `ef`.
   *
   * @param queries (queries, dim)
   * @throws {RangeError} if k, ef or reorder is out of range, or the queries have another width or values that are not finite
   * @throws the signal's reason, when it aborts
   */
  async search(queries: Matrix, k: number, options: LinkAndCodeSearchOptions = {}): Promise<SearchResult> {
    const where = 'LinkAndCodeIndex.search';
    requireSearchOptions(where, options, ['ef', 'trace', 'reorder']);
    const { reorder = 'all', ef = k, trace } = options;
    requireQueries(queries, k, this.dim, where);
    requireWhole(where, 'ef', ef, 1);
    if (reorder !== 'all' && reorder !== 0 && !(Number.isSafeInteger(reorder) && reorder >= k)) {
      throw new RangeError(`${where}: expected reorder to be 0, a whole number from k = ${k}, or all, got ${reorder}.`);
    }
    const { rotation } = this.#codes;
    const turned = rotation && queries.rows > 0 ? rotateRows(queries, rotation, { backend: this.#backend }) : queries;
    const coded = createMatrix(queries.rows, this.quantizer.dim, turned.data);
    const kept = Math.max(k, Math.min(ef, this.rows));
    const candidates = reorder === 'all' ? kept : Math.min(reorder, kept);
    const search = (block: Matrix) => this.#searchBlock(block, k, { ef, candidates, trace });
    const index = { search, counts: () => this.#source.counts };
    return searchInChunks(index, coded, k, { ...options, threads: 1 });
  }

  /** @param candidates to be ranked by refined distances; of 0, product codes rank the answers */
  #searchBlock(queries: Matrix, k: number, { ef, candidates, trace }: BlockSearch): SearchResult {
    const found = this.#searcher.search(queries, candidates || k, ef, trace);
    const ranked = candidates === 0 ? { ...found, computed: 0 } : this.#rankRefined(queries, found.ids, k);
    const { computed, ids, distances } = ranked;
    const tables = queries.rows * this.quantizer.m * this.quantizer.centroids;
    const codes = found.counts.distances - tables;
    const multiplyAdds = found.counts.multiplyAdds + computed * queries.cols * (this.#basis.vectors + 1);
    return { ...found, ids, distances, counts: { ...found.counts, codes, distances: tables + computed, multiplyAdds } };
  }

  /**
   * What the index stands for, in the rotated space.
   *
   * @param ids rows of the index
   * @returns (ids.length, codeDim), refined
   * @throws {RangeError} if there is no such row
   */
  reconstruct(ids: ArrayLike<number>): Matrix {
    const { cols, vectors } = { cols: this.quantizer.dim, vectors: this.#basis.vectors };
    const rows = new Float32Array(vectors * cols);
    const out = { rows: ids.length, cols, data: new Float32Array(ids.length * cols) };
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (!Number.isSafeInteger(id) || id < 0 || id >= this.rows) {
        throw new RangeError(`LinkAndCodeIndex.reconstruct: expected rows from 0 to ${this.rows - 1}, got ${id}.`);
      }
      this.#refine(id, rows, out.data.subarray(i * cols, (i + 1) * cols));
    }
    return out;
  }

  /**
   * What product codes and refined codes lose of the vectors that were indexed.
   *
   * @param base the vectors, as they were given to `build`
   * @throws {RangeError} if there is another number of rows or columns, or a value is not finite
   */
  errors(base: Matrix): ReconstructionErrors {
    const where = 'LinkAndCodeIndex.errors';
    if (base.rows !== this.rows || base.cols !== this.dim) {
      throw new RangeError(`${where}: expected ${this.rows} x ${this.dim}, got ${base.rows} x ${base.cols}.`);
    }
    requireBase(base, where);
    const { rotation } = this.#codes;
    const { data } = rotation ? rotateRows(base, rotation, { backend: this.#backend }) : base;
    const dim = this.quantizer.dim;
    const rows = new Float32Array(this.#basis.vectors * dim);
    const refined = new Float32Array(dim);
    let [codesError, refinedError] = [0, 0];
    for (let row = 0; row < this.rows; row++) {
      this.#refine(row, rows, refined);
      for (let j = 0; j < dim; j++) {
        const x = data[row * dim + j]!;
        codesError += (x - rows[j]!) * (x - rows[j]!);
        refinedError += (x - refined[j]!) * (x - refined[j]!);
      }
    }
    return { codes: codesError / this.rows, refined: refinedError / this.rows };
  }

  /** What the index holds, and what the graph looks like. */
  statistics(): LinkAndCodeStatistics {
    const { graph, quantizer, regression, rotation, packed, regressionCodes } = this.#codes;
    const { m, bits, codeBytes } = quantizer;
    const { nsq, words } = regression;
    const baseLinks = graph.base.capacity;
    const refined = codeBytes + nsq;
    const floats = quantizer.codebooks.length + regression.weights.length + (rotation?.data.length ?? 0);
    const links = graph.base.links.length + graph.upper.links.length;
    return {
      ...graphStatistics(graph),
      rows: this.rows,
      m,
      bits,
      nsq,
      words,
      baseLinks,
      codeDim: quantizer.dim,
      rotated: rotation !== undefined,
      bytesPerVector: { codes: codeBytes, refined, withLinks: refined + 4 * baseLinks },
      bytes: packed.length + regressionCodes.length + 4 * (links + floats),
    };
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
    return writeLinkedCodes(this.#codes, this.rows, this.dim);
  }

  /**
   * The index that `toArchive` gave.
   *
   * @throws {RangeError} at the first thing that does not fit, in one line
   */
  static fromArchive(archive: Archive, backend: BackendChoice = 'auto'): LinkAndCodeIndex {
    const { codes, dim } = readLinkedCodes(archive);
    return new LinkAndCodeIndex(codes, dim, backend);
  }

  /** The nearest k of each query's candidates by refined distances, and how many distances were computed. */
  #rankRefined(queries: Matrix, candidates: Ids, k: number): Answers & { readonly computed: number } {
    const dim = queries.cols;
    const rows = new Float32Array(this.#basis.vectors * dim);
    const refined = new Float32Array(dim);
    const { ids, distances } = noNeighbors(queries.rows, k);
    const nearest = new TopK(k);
    let computed = 0;
    for (let query = 0; query < queries.rows; query++) {
      for (let place = query * candidates.cols; place < (query + 1) * candidates.cols; place++) {
        const id = candidates.data[place]!;
        if (id < 0) break;
        this.#refine(id, rows, refined);
        nearest.offer(squaredDistance(queries.data, query * dim, refined, 0, dim, Math.fround), id);
        computed++;
      }
      nearest.sortedInto(ids.data, distances.data, query * k);
    }
    return { ids, distances, computed };
  }

  /** @param rows (vectors, codeDim), receives what the codes of the row and its neighbors stand for @param out (codeDim) */
  #refine(row: number, rows: Float32Array, out: Float32Array): void {
    const { regression, regressionCodes } = this.#codes;
    this.#basis.fill(row, rows);
    regression.reconstruct(rows, regressionCodes, row * regression.nsq, out);
  }
}
