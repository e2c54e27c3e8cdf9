import type { Floats } from '../../../kernels/operands.ts';
import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import { inSharedMemory } from '../../workers/shared-memory.ts';
import { LayeredGraph, type SharedGraph } from '../adjacency.ts';
import { CandidatePool } from '../candidate-pool.ts';
import { descend, type SearchState, searchLayer, VisitedSet } from '../search.ts';
import { CandidateExtension, NeighborSelector } from '../select.ts';
import { type HnswProfile, type HnswProfileName, hnswProfiles } from './profile.ts';

/** How points are inserted; plain values. */
export interface InsertionRules {
  readonly profile: HnswProfileName;
  /** Links of a new point above level 0. */
  readonly M: number;
  /** Links of a new point at level 0. */
  readonly baseLinks: number;
  /** Candidates found for a new point. */
  readonly ef: number;
  readonly extendCandidates: boolean;
  readonly keepPruned: boolean;
}

/** A draft as a message to a worker. */
export interface SharedDraft {
  readonly graph: SharedGraph;
  readonly lengths: readonly [base: Float32Array, upper: Float32Array];
  readonly settled: readonly [base: Int32Array, upper: Int32Array];
}

const NONE = new Int32Array(0);

/** An HNSW graph that is being built, and what is known of its links. */
export class HnswDraft {
  readonly graph: LayeredGraph;
  /** The squared length of each link, kept so that shrinking a list measures no link again. */
  lengths: readonly [base: Float32Array, upper: Float32Array];
  /** How many links at the head of each list were chosen together, so that none rules out another. */
  settled: readonly [base: Int32Array, upper: Int32Array];

  constructor(graph: LayeredGraph, known?: Pick<SharedDraft, 'lengths' | 'settled'>) {
    const { base, upper } = graph;
    this.graph = graph;
    this.lengths = known?.lengths ?? [new Float32Array(base.links.length), new Float32Array(upper.links.length)];
    this.settled = known?.settled ?? [new Int32Array(base.lists), new Int32Array(upper.lists)];
  }

  /** The draft for a worker's `attach`; it moves to shared memory the first time. */
  share(): SharedDraft {
    this.lengths = [inSharedMemory(this.lengths[0]), inSharedMemory(this.lengths[1])];
    this.settled = [inSharedMemory(this.settled[0]), inSharedMemory(this.settled[1])];
    return { graph: this.graph.share(), lengths: this.lengths, settled: this.settled };
  }

  static attach(shared: SharedDraft): HnswDraft {
    return new HnswDraft(LayeredGraph.attach(shared.graph), shared);
  }
}

/**
 * What one thread does to insert points into a graph: links from a new point, then links back to it.
 *
 * Source: Malkov & Yashunin 2018, Algorithm 1 (line numbers in the body). Defined by `insert` in `reference.ts`.
 * Departs: as the profile says. All levels of a point are linked before the first link back; levels share no list, so that the
 * graph is that of the paper's order.
 */
export class HnswInsertion {
  readonly #graph: LayeredGraph;
  readonly #draft: HnswDraft;
  readonly #source: DistanceSource;
  readonly #rules: InsertionRules;
  readonly #profile: HnswProfile;
  readonly #search: SearchState;
  readonly #selector: NeighborSelector;
  readonly #extension: CandidateExtension | undefined;
  readonly #withSiblings = new CandidatePool();
  /** One new link. */
  readonly #newId = new Int32Array(1);
  readonly #newLength = new Float64Array(1);

  constructor(draft: HnswDraft, source: DistanceSource, rules: InsertionRules) {
    const { graph } = draft;
    const longest = Math.max(graph.base.capacity, graph.upper.capacity);
    this.#graph = graph;
    this.#draft = draft;
    this.#source = source;
    this.#rules = rules;
    this.#profile = hnswProfiles[rules.profile];
    this.#search = { source, pool: new CandidatePool(), visited: new VisitedSet(graph.size) };
    this.#selector = new NeighborSelector(source, Math.max(rules.ef, longest + (source.asymmetric ? 2 : 1)));
    this.#extension = rules.extendCandidates ? new CandidateExtension(graph, source) : undefined;
  }

  /** Algorithm 1: adds one point. */
  insert(point: number): void {
    this.link(point);
    this.#linkBack(point);
    this.raise(point);
  }

  /**
   * Lines 5-11: links from a new point to some of those nearest to it, on each of its levels that there is.
   *
   * @param siblings points that no search meets yet and that are candidates all the same, in the order of insertion
   */
  link(point: number, siblings: Int32Array = NONE): void {
    const graph = this.#graph;
    if (graph.entry < 0) return;
    const { pool } = this.#search; // W
    const { ef } = this.#rules;
    this.#source.setQueryRow(point);
    const top = Math.min(graph.levels[point]!, graph.maxLevel);
    descend(graph, top, this.#search); // lines 5-7
    const greedyId = Int32Array.of(pool.id(0));
    const greedyDistance = pool.distances.slice(0, 1);
    pool.restart(1, ef);
    for (let level = top; level >= 0; level--) {
      searchLayer(graph, level, this.#search); // line 9
      this.#linkFrom(point, level, siblings);
      if (level === 0) break;
      if (this.#profile.nextEntries === 'descent') {
        pool.reset(ef);
        pool.merge(greedyId, greedyDistance, 1);
      } else {
        pool.restart(this.#profile.nextEntries === 'all' ? pool.size : 1, ef); // line 17
      }
    }
  }

  /**
   * Lines 12-16: adds links to a list, and shrinks it if it grows too long.
   *
   * @param ids new points, none of which is there
   * @param lengths of the links, squared
   */
  append(from: number, level: number, ids: Int32Array, lengths: Float64Array, count: number): void {
    const layer = this.#graph.layer(level);
    const list = this.#graph.listOf(from, level);
    const degree = layer.degrees[list]!;
    const begin = list * layer.capacity;
    const kept = this.#draft.lengths[level === 0 ? 0 : 1];
    if (degree + count <= layer.capacity) {
      for (let i = 0; i < count; i++) {
        kept[begin + degree + i] = lengths[i]!;
        layer.append(list, ids[i]!);
      }
      return;
    }
    const selector = this.#selector;
    if (this.#source.asymmetric) {
      this.#measureLinks(from, layer.list(list), kept.subarray(begin));
      this.#measureLinks(from, ids.subarray(0, count), lengths);
    }
    const settled = this.#draft.settled[level === 0 ? 0 : 1][list]!;
    selector.clear();
    // From the end: library profiles store lists farthest first, and insertion sort is fastest on points that come nearest first.
    for (let i = degree - 1; i >= 0; i--) selector.offer(layer.links[begin + i]!, kept[begin + i]!, i < settled);
    for (let i = 0; i < count; i++) selector.offer(ids[i]!, lengths[i]!, false);
    this.#choose(from, level, layer.capacity);
  }

  /** Lines 18-19. */
  raise(point: number): void {
    const graph = this.#graph;
    const top = graph.levels[point]!; // l
    if (top <= graph.maxLevel) return;
    graph.entry = point;
    graph.maxLevel = top;
  }

  /** Lines 10-11. */
  #linkFrom(point: number, level: number, siblings: Int32Array): void {
    const selector = this.#selector;
    const pool = siblings.length === 0 ? this.#search.pool : this.#joined(siblings, level);
    selector.clear();
    for (let place = 0; place < pool.size; place++) selector.offer(pool.id(place), pool.distances[place]!, false);
    this.#choose(point, level, level === 0 ? this.#rules.baseLinks : this.#rules.M);
  }

  /** The nearest ef of what the search has found and of those siblings that are on this level. */
  #joined(siblings: Int32Array, level: number): CandidatePool {
    const pool = this.#withSiblings;
    const { ids, distances } = this.#source;
    const { levels } = this.#graph;
    pool.copy(this.#search.pool, this.#rules.ef);
    let count = 0;
    const measure = (): void => {
      this.#source.measure(count);
      pool.merge(ids, distances, count);
      count = 0;
    };
    // From the end: of rows in order the nearest come first then, which sorting likes.
    for (let i = siblings.length - 1; i >= 0; i--) {
      const sibling = siblings[i]!;
      if (levels[sibling]! < level) continue;
      ids[count++] = sibling;
      if (count === ids.length) measure();
    }
    if (count > 0) measure();
    return pool;
  }

  /** Lines 12-16, for all that a new point is linked to. */
  #linkBack(point: number): void {
    const graph = this.#graph;
    for (let level = Math.min(graph.levels[point]!, graph.maxLevel); level >= 0; level--) {
      const neighbors = graph.neighbors(point, level);
      const first = graph.listOf(point, level) * graph.layer(level).capacity;
      const lengths = this.#draft.lengths[level === 0 ? 0 : 1];
      for (let i = 0; i < neighbors.length; i++) {
        this.#newId[0] = point;
        this.#newLength[0] = lengths[first + i]!;
        this.append(neighbors[i]!, level, this.#newId, this.#newLength, 1);
      }
    }
  }

  /** Replaces lengths that were measured from a query by lengths between stored points. */
  #measureLinks(from: number, links: Int32Array, lengths: Floats): void {
    const { ids, distances } = this.#source;
    for (let done = 0; done < links.length; done += ids.length) {
      const asked = links.subarray(done, done + ids.length);
      ids.set(asked);
      this.#source.measureFrom(from, asked.length);
      for (let i = 0; i < asked.length; i++) lengths[done + i] = distances[i]!;
    }
  }

  /** The selector's candidates become at most `limit` neighbors of the point. */
  #choose(point: number, level: number, limit: number): void {
    const selector = this.#selector;
    const layer = this.#graph.layer(level);
    const list = this.#graph.listOf(point, level);
    const side = level === 0 ? 0 : 1;
    const { keepPruned } = this.#rules;
    this.#extension?.extend(selector, point, level);
    const keepsAll = this.#profile.keepsShortLists && selector.size < limit;
    const count = keepsAll ? selector.selectAll() : selector.select(limit, keepPruned);
    if (this.#profile.farthestFirst) {
      selector.ids.subarray(0, count).reverse();
      selector.distances.subarray(0, count).reverse();
    }
    layer.replace(list, selector.ids, count);
    // An asymmetric source measures these lengths anew before the next choice, so nothing is settled yet.
    this.#draft.settled[side][list] = keepsAll || keepPruned || this.#source.asymmetric ? 0 : count;
    const lengths = this.#draft.lengths[side];
    const begin = list * layer.capacity;
    for (let i = 0; i < count; i++) lengths[begin + i] = selector.distances[i]!;
  }
}
