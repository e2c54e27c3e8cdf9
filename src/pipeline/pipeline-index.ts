import { type BackendChoice, type Computing, computingOf } from '../../kernels/backend.ts';
import { workSince } from '../../kernels/operands.ts';
import type { Compressor } from '../compress/compressor.ts';
import { loadCompressor } from '../compress/load-compressor.ts';
import { bare } from '../compress/normalizing-compressor.ts';
import type { FlatSearchOptions } from '../index/flat-index.ts';
import type { SearchIndex } from '../index/kinds.ts';
import type { LinkAndCodeSearchOptions } from '../index/link-and-code/link-and-code.ts';
import { loadBareIndex } from '../index/load-bare-index.ts';
import { keptVectors } from '../index/search/code-search.ts';
import { encodeQueries } from '../index/search/query-encoder.ts';
import { idsOf, rerank as rankAnew } from '../index/search/rerank.ts';
import { requireQueries, requireRerank, type SearchOptions } from '../index/search/search-options.ts';
import type { OwnIds, SearchResult } from '../index/search/search-result.ts';
import type { Matrix } from '../tensor/matrix.ts';
import type { Archive } from '../tensor/named-arrays.ts';
import { noNeighbors } from '../tensor/nearest/neighbors.ts';
import { unitRows } from '../tensor/unit-rows.ts';
import type { VectorSource } from '../tensor/vectors/vector-set.ts';
import { rowOf, type Vectors } from '../tensor/vectors/vectors.ts';
import { Yielder } from '../workers/event-loop.ts';
import { requireOwnIds } from './own-ids.ts';
import { PIPELINE_KIND, readPipeline, type Stages, writePipeline } from './pipeline-archive.ts';
import { blocksOf, compressedVectors, normalizedVectors, requireCodesOf } from './prepared-vectors.ts';

/** What any index takes; each looks at what belongs to it. */
export type PipelineSearchOptions = SearchOptions & FlatSearchOptions & Pick<LinkAndCodeSearchOptions, 'reorder'>;

export interface PipelineIndexOptions extends Computing {
  /** The original vectors. */
  readonly base: Vectors;
  /** What compresses vectors and queries; nothing if not given. */
  readonly model?: Compressor | undefined;
  /**
   * Bring vectors and queries to length 1 first: Euclidean distances then order as cosine does. What the model was trained for if not
   * given, and not otherwise.
   */
  readonly normalize?: boolean | undefined;
  /** What the model makes of `base`, row for row, where it is there already. */
  readonly codesOf?: Vectors | undefined;
  /** Keep the original vectors, for a search with `rerank`. */
  readonly keepVectors?: boolean | undefined;
  /** Of each row; no two are the same. */
  readonly ids?: OwnIds | undefined;
  /** Builds what is searched: over `vectors`, compressed if there is a model; `full` are those before, of length 1 if they are to be. */
  readonly index: (vectors: Vectors, full: Vectors) => SearchIndex | Promise<SearchIndex>;
  /** Of bringing the base to length 1 and compressing it. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const WHERE = 'PipelineIndex';
const STORED = 'Pipeline index';
/** Kinds that refuse `rerank` themselves where they cannot; the others have no such option. */
const RERANKING: readonly SearchIndex['kind'][] = ['pq', 'ivfpq', 'sq8', 'hnsw'];
/** Queries that are ranked anew between two looks at the signal. */
const BLOCK = 64;

/**
 * Any index, with what stands before it and behind it: raw queries are brought to length 1, compressed, searched for, ranked anew by
 * the original vectors, and answered with one's own ids, as far as each is wanted. Whoever searches has nothing to remember.
 *
 * Source: faiss 1.7.3 `IndexPreTransform`, `IndexRefineFlat` and `IndexIDMap`, here one after the other in one class.
 *
 * @example
 * ```ts
 * import { generateManifold, PipelineIndex, PqIndex, trainPca } from 'cnt-ann';
 *
 * const { base, query } = generateManifold({ rows: 2000, queries: 3, dim: 32, seed: 1 });
 * const index = await PipelineIndex.build({
 *   base,
 *   model: trainPca(base, { dOut: 8 }),
 *   keepVectors: true,
 *   index: (compressed) => PqIndex.build({ base: compressed, m: 8 }),
 * });
 * const { ids } = await index.search(query, 1, { rerank: 50 }); // queries of 32 numbers
 * console.log(index.kind, index.inner.kind, index.dim, ids.data.length); // pipeline pq 32 3
 * ```
 *
 * @category Index and search
 */
export class PipelineIndex {
  readonly kind = PIPELINE_KIND;
  /** What is searched. */
  readonly inner: SearchIndex;
  /** Numbers of an original vector, and of a query. */
  readonly dim: number;
  /** Whether queries are brought to length 1, as the base was. */
  readonly normalize: boolean;
  /** What compresses queries, as it did the base. */
  readonly model: Compressor | undefined;
  /** Of each row, where the index was given them. */
  readonly ids: OwnIds | undefined;
  #vectors: VectorSource | undefined;
  readonly #computing: Computing;

  private constructor(
    inner: SearchIndex,
    { dim, normalize, model, vectors, ids }: Stages<Compressor>,
    computing: Computing,
  ) {
    this.inner = inner;
    this.dim = dim;
    this.normalize = normalize;
    this.model = model;
    this.ids = ids;
    this.#vectors = keptVectors(vectors, computing);
    this.#computing = computing;
    if (model) requireFittingModel(model, this);
    else if (inner.dim !== dim) throw new RangeError(`${STORED}: expected "dim" ${inner.dim}, got ${dim}.`);
    // What reaches it has length 1 already.
    if (model && walks(inner)) inner.attachQueryEncoder(bare(model));
  }

  /**
   * Brings the base to length 1, compresses it, and has the index built, as far as each is asked for.
   *
   * @throws {RangeError} if model, codes, ids and base do not fit each other, the model was trained on vectors of another length than
   * `normalize` says, or a row has zeros only and is to have length 1
   * @throws the signal's reason, when it aborts
   */
  static async build(options: PipelineIndexOptions): Promise<PipelineIndex> {
    const { base, model, normalize = model?.normalizes ?? false, codesOf, keepVectors = false, ids } = options;
    const where = `${WHERE}.build`;
    if (ids) requireOwnIds(ids, base.rows, where);
    if (model) requireSameLength(where, model, normalize);
    const full = normalize ? await normalizedVectors(base, where, options) : base;
    if (codesOf) {
      if (!model) throw new RangeError(`${where}: expected a model beside compressed vectors, got none.`);
      await requireCodesOf(where, codesOf, model, base.rows, (row) => rowOf(base, row));
    }
    const vectors = codesOf ?? (model ? await compressedVectors(model, blocksOf(base), where, options) : full);
    const inner = await options.index(vectors, full);
    const stages = { dim: base.cols, normalize, model, vectors: keepVectors ? full : undefined, ids };
    return new PipelineIndex(inner, stages, computingOf(options));
  }

  get rows(): number {
    return this.inner.rows;
  }

  /** Whether a search with `rerank` needs nothing else: the original vectors are kept, or the model is that of a walk. */
  get ranksAnew(): boolean {
    return this.#vectors !== undefined || (this.model !== undefined && walks(this.inner));
  }

  /**
   * The nearest k rows of each query, as the index inside finds them, or by original vectors among the nearest `rerank` that it finds.
   *
   * The counts are those of the index inside and of ranking anew, without the work of the model: where answers are ranked anew by original
   * vectors, `distances` has those to them; those to compressed vectors or their codes are `walkDistances`, or `codes`.
   *
   * @param queries (queries, dim), as the original vectors are: neither compressed nor brought to length 1
   * @throws {RangeError} if k or an option is out of its range, the queries have another width or values that are not finite, or zeros
   * only where they are to have length 1, or there is nothing to rank anew by
   * @throws the signal's reason, when it aborts
   */
  async search(queries: Matrix, k: number, options: PipelineSearchOptions = {}): Promise<SearchResult> {
    const where = `${WHERE}.search`;
    requireQueries(queries, k, this.dim, where);
    const { inner, model, ids: ownIds } = this;
    const { rerank, threads, signal, ...others } = options;
    const full = this.normalize ? unitRows(queries, where) : queries;
    const asked =
      model && !walks(inner)
        ? await encodeQueries(where, bare(model), full, { ...this.#computing, threads, signal })
        : full;
    if (rerank === undefined || !this.#vectors) {
      if (rerank !== undefined && !RERANKING.includes(inner.kind)) {
        throw new RangeError(`${where}: expected an index that keeps its vectors to re-rank, got one without.`);
      }
      return { ...(await inner.search(asked, k, options)), ...(ownIds && { ownIds }) };
    }
    requireRerank(where, rerank, k);
    const width = Math.max(1, Math.min(rerank, this.rows));
    const found = await inner.search(asked, width, { ...others, threads, signal });
    const answers = await this.#rankAnew(this.#vectors, full, found, k, signal);
    return { ...found, ...answers, ...(ownIds && { ownIds }) };
  }

  /** What was found, ranked by the original vectors, and the work of both. */
  async #rankAnew(
    vectors: VectorSource,
    queries: Matrix,
    { ids, counts: searched }: SearchResult,
    k: number,
    signal: AbortSignal | undefined,
  ): Promise<Pick<SearchResult, 'ids' | 'distances' | 'counts'>> {
    const answers = noNeighbors(queries.rows, k);
    const counts = { distances: 0, multiplyAdds: 0 };
    const yielder = new Yielder(() => counts, signal);
    for (let first = 0; first < queries.rows; first += BLOCK) {
      const before = { ...vectors.counts };
      const block = { first, count: Math.min(BLOCK, queries.rows - first) };
      rankAnew(answers, vectors, queries, block, (query) => idsOf(ids, first + query));
      const { distances, multiplyAdds } = workSince(before, vectors.counts);
      counts.distances += distances;
      counts.multiplyAdds += multiplyAdds;
      if (yielder.due) await yielder.yield();
    }
    const apart =
      searched.codes === undefined
        ? { walkDistances: searched.distances, distances: counts.distances }
        : { distances: searched.distances + counts.distances };
    const multiplyAdds = searched.multiplyAdds + counts.multiplyAdds;
    return { ...answers, counts: { ...searched, ...apart, multiplyAdds } };
  }

  /** Gives back the memory, that of `inner` too: from here on the index is of no use. Not to be called while a search is under way. */
  close(): void {
    this.inner.close();
    this.#vectors = undefined;
  }

  /** `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Everything needed to search again: the index, the model, the vectors and the ids. */
  toArchive(): Archive {
    const { inner, dim, normalize, model, ids } = this;
    const vectors = this.#vectors?.vectors;
    return writePipeline(inner.toArchive(), { dim, normalize, model: model?.toNamedArrays(), vectors, ids });
  }

  /**
   * The index that `toArchive` gave.
   *
   * @param threads the most that may search together
   * @throws {RangeError} at the first thing that does not fit, in one line
   */
  static fromArchive(archive: Archive, backend: BackendChoice = 'auto', threads = 1): PipelineIndex {
    const { inner, stages } = readPipeline(archive);
    const model = stages.model && loadCompressor(stages.model);
    return new PipelineIndex(loadBareIndex(inner, backend, threads), { ...stages, model }, { backend, threads });
  }
}

/** Whether the index compresses the queries of a re-ranked search itself, and takes others as they are. */
function walks(inner: SearchIndex): inner is Extract<SearchIndex, { readonly kind: 'hnsw' }> {
  return inner.kind === 'hnsw' && inner.walkDim !== undefined;
}

/** @throws {RangeError} if a model was trained on vectors of another length than those that it is to compress */
function requireSameLength(where: string, { normalizes = false }: Compressor, normalize: boolean): void {
  if (normalizes === normalize) return;
  const [expected, got] = normalizes ? ['true', 'vectors of length 1'] : ['false', 'vectors as they are'];
  throw new RangeError(
    `${where}: expected normalize ${expected} for a model that was trained on ${got}, got ${normalize}.`,
  );
}

function requireFittingModel(model: Compressor, { inner, dim, normalize }: PipelineIndex): void {
  requireSameLength(STORED, model, normalize);
  const dOut = walks(inner) ? inner.walkDim! : inner.dim;
  if (model.dIn === dim && model.dOut === dOut && (!walks(inner) || inner.dim === dim)) return;
  const got = `${model.dIn} to ${model.dOut}`;
  throw new RangeError(`${STORED}: expected a model of ${dim} to ${dOut} numbers, got one of ${got}.`);
}
