import type { DistanceSource } from '../tensor/vector-set.ts';
import { type Adjacency, LayeredGraph } from './adjacency.ts';
import { CandidatePool } from './candidate-pool.ts';
import { CandidateExtension } from './extend-candidates.ts';
import { type HnswProfile, type HnswProfileName, hnswProfiles } from './hnsw-profile.ts';
import { descend, searchLayer, VisitedSet } from './search.ts';
import { NeighborSelector } from './select.ts';

export interface HnswOptions {
  /** Links of a new point; a list holds up to 2M at level 0 (Mmax0) and M above (Mmax). From 2. */
  readonly M: number;
  /** Candidates found for a new point. From 1. */
  readonly efConstruction: number;
  /** Links of a new point and of a full list at level 0, where the profile's rule from M is not wanted. From 1. */
  readonly baseLinks?: number;
  /** `canonical` if not given. */
  readonly profile?: HnswProfileName;
  /** Decides the levels of the canonical profile; the libraries have seeds of their own. */
  readonly seed?: number | string;
  /** Algorithm 4's flag: neighbors of candidates are candidates too. */
  readonly extendCandidates?: boolean;
  /** Algorithm 4's flag: lists are filled up with the nearest of those dropped. */
  readonly keepPrunedConnections?: boolean;
  /** The representative of each row: only rows that represent themselves become points of the graph. */
  readonly representatives?: Int32Array;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** The event loop gets a turn after this many multiply-adds: a second at most, with or without SIMD. */
const WORK_BETWEEN_TURNS = 5e8;

/**
 * Hierarchical navigable small world graph over all points of `source`, inserted one after the other.
 *
 * Source: Malkov & Yashunin 2018, Algorithm 1 (line numbers in the body).
 * Departs: as the profile says (`hnsw-profile.ts`).
 *
 * A list is shrunk by distances between what is stored, also where a new point is another thing as a query (a vector among codes).
 *
 * @param source must take a list of any level a call, with one point more if it is asymmetric
 * @throws {RangeError} if an option is out of its range
 * @throws the signal's reason, when it aborts
 */
export async function buildHnsw(source: DistanceSource, options: HnswOptions): Promise<LayeredGraph> {
  const builder = new HnswBuilder(source, options);
  const order = builder.order;
  let turn = source.counts.multiplyAdds;
  for (let done = 0; done < order.length; done++) {
    builder.insert(order[done]!);
    if (source.counts.multiplyAdds - turn < WORK_BETWEEN_TURNS) continue;
    turn = source.counts.multiplyAdds;
    options.onProgress?.(done + 1, order.length);
    await new Promise((resolve) => setTimeout(resolve, 0));
    options.signal?.throwIfAborted();
  }
  options.onProgress?.(order.length, order.length);
  return builder.graph;
}

class HnswBuilder {
  readonly graph: LayeredGraph;
  readonly order: Int32Array;
  readonly #source: DistanceSource;
  readonly #profile: HnswProfile;
  readonly #M: number;
  /** Links of a new point at level 0. */
  readonly #baseLinks: number;
  readonly #ef: number;
  readonly #keepPruned: boolean;
  readonly #extension: CandidateExtension | undefined;
  readonly #pool = new CandidatePool();
  readonly #visited: VisitedSet;
  readonly #selector: NeighborSelector;
  /** The squared length of each link, kept so that shrinking a list measures no link again. */
  readonly #lengths: readonly [base: Float32Array, upper: Float32Array];
  /** How many links at the head of each list were chosen together, so that none rules out another. */
  readonly #settled: readonly [base: Int32Array, upper: Int32Array];

  constructor(source: DistanceSource, options: HnswOptions) {
    const { M, efConstruction, profile: name = 'canonical', seed = 1, representatives, baseLinks } = options;
    requireWhole('M', M, 2);
    if (baseLinks !== undefined) requireWhole('baseLinks', baseLinks, 1);
    requireWhole('efConstruction', efConstruction, 1);
    const capacity = baseLinks ?? 2 * M;
    const longest = Math.max(M, capacity) + (source.asymmetric ? 1 : 0);
    if (source.ids.length < longest) {
      throw new RangeError(
        `buildHnsw: expected a source that takes ${longest} points a call, got ${source.ids.length}.`,
      );
    }
    const profile = hnswProfiles[name];
    if (!profile)
      throw new RangeError(`buildHnsw: expected one of ${Object.keys(hnswProfiles).join(', ')}, got ${name}.`);
    const levels = profile.levels(source.size, M, seed);
    const order = profile.order(levels);
    const isPoint = (row: number): boolean => !representatives || representatives[row] === row;
    for (let row = 0; row < levels.length; row++) if (!isPoint(row)) levels[row] = -1;
    this.graph = new LayeredGraph(levels, capacity, M);
    this.order = order.filter(isPoint);
    this.#source = source;
    this.#profile = profile;
    this.#M = M;
    this.#baseLinks = baseLinks ?? profile.linksAtBase(M);
    // No more can be found than there are points: a larger bound changes nothing but the room that is taken.
    this.#ef = Math.min(profile.raisesEf ? Math.max(efConstruction, M) : efConstruction, Math.max(1, source.size));
    this.#keepPruned = options.keepPrunedConnections ?? false;
    this.#visited = new VisitedSet(source.size);
    this.#extension = options.extendCandidates ? new CandidateExtension(this.graph, source) : undefined;
    this.#selector = new NeighborSelector(source, Math.max(this.#ef, longest + 1));
    const { base, upper } = this.graph;
    this.#lengths = [new Float32Array(base.links.length), new Float32Array(upper.links.length)];
    this.#settled = [new Int32Array(base.lists), new Int32Array(upper.lists)];
  }

  /** Algorithm 1: adds one point. */
  insert(point: number): void {
    const graph = this.graph;
    const top = graph.levels[point]!; // line 4: l
    const source = this.#source;
    const pool = this.#pool; // W
    if (graph.entry >= 0) {
      source.setQueryRow(point);
      const entries = Math.min(top, graph.maxLevel);
      descend(graph, entries, source, pool, this.#visited); // lines 5-7
      const greedyId = Int32Array.of(pool.id(0));
      const greedyDistance = pool.distances.slice(0, 1);
      pool.restart(1, this.#ef);
      for (let level = entries; level >= 0; level--) {
        searchLayer(graph, level, source, pool, this.#visited); // line 9
        this.#connect(point, level);
        if (this.#profile.nextEntries === 'descent') {
          pool.reset(this.#ef);
          pool.merge(greedyId, greedyDistance, 1);
        } else {
          pool.restart(this.#profile.nextEntries === 'all' ? pool.size : 1, this.#ef); // line 17
        }
      }
    }
    if (top > graph.maxLevel) {
      graph.entry = point; // lines 18-19
      graph.maxLevel = top;
    }
  }

  /** Lines 10-16: links the new point with some of the pool, both ways. */
  #connect(point: number, level: number): void {
    const selector = this.#selector;
    const pool = this.#pool;
    const limit = level === 0 ? this.#baseLinks : this.#M;
    selector.clear();
    for (let place = 0; place < pool.size; place++) selector.offer(pool.id(place), pool.distances[place]!, false);
    this.#choose(point, level, limit);
    const neighbors = this.graph.neighbors(point, level); // lines 10-11
    const first = this.graph.listOf(point, level) * this.graph.layer(level).capacity;
    const lengths = this.#lengths[level === 0 ? 0 : 1];
    for (let i = 0; i < neighbors.length; i++) this.#linkBack(neighbors[i]!, point, lengths[first + i]!, level);
  }

  /** Lines 12-16: adds a link from `from` to `to`, and shrinks the list when it is full. */
  #linkBack(from: number, to: number, length: number, level: number): void {
    const layer = this.graph.layer(level);
    const list = this.graph.listOf(from, level);
    const degree = layer.degrees[list]!;
    const begin = list * layer.capacity;
    const lengths = this.#lengths[level === 0 ? 0 : 1];
    if (degree < layer.capacity) {
      lengths[begin + degree] = length;
      layer.append(list, to);
      return;
    }
    const selector = this.#selector;
    if (this.#source.asymmetric) length = this.#measureLinks(from, to, layer, begin, lengths);
    const settled = this.#settled[level === 0 ? 0 : 1][list]!;
    selector.clear();
    // From the end: what was chosen together lies farthest first in the library profiles, and sorting likes it nearest first.
    for (let i = degree - 1; i >= 0; i--) selector.offer(layer.links[begin + i]!, lengths[begin + i]!, i < settled);
    selector.offer(to, length, false);
    this.#choose(from, level, layer.capacity);
  }

  /**
   * Lengths between what is stored take the place of those that a new point had as a query, before a full list is shrunk.
   *
   * @returns the length of the link to be added
   */
  #measureLinks(from: number, to: number, layer: Adjacency, begin: number, lengths: Float32Array): number {
    const { ids, distances } = this.#source;
    const { capacity, links } = layer;
    for (let i = 0; i < capacity; i++) ids[i] = links[begin + i]!;
    ids[capacity] = to;
    this.#source.measureFrom(from, capacity + 1);
    for (let i = 0; i < capacity; i++) lengths[begin + i] = distances[i]!;
    return distances[capacity]!;
  }

  /** The selector's candidates become at most `limit` neighbors of the point. */
  #choose(point: number, level: number, limit: number): void {
    const selector = this.#selector;
    const layer = this.graph.layer(level);
    const list = this.graph.listOf(point, level);
    const side = level === 0 ? 0 : 1;
    this.#extension?.extend(selector, point, level);
    const keepsAll = this.#profile.keepsShortLists && selector.size < limit;
    const count = keepsAll ? selector.selectAll() : selector.select(limit, this.#keepPruned);
    if (this.#profile.farthestFirst) {
      selector.ids.subarray(0, count).reverse();
      selector.distances.subarray(0, count).reverse();
    }
    layer.replace(list, selector.ids, count);
    // Where lengths will be measured anew, nothing is known of how they compare with those between the neighbors.
    this.#settled[side][list] = keepsAll || this.#keepPruned || this.#source.asymmetric ? 0 : count;
    const lengths = this.#lengths[side];
    const begin = list * layer.capacity;
    for (let i = 0; i < count; i++) lengths[begin + i] = selector.distances[i]!;
  }
}

function requireWhole(name: string, value: number, min: number): void {
  if (!Number.isSafeInteger(value) || value < min) {
    throw new RangeError(`buildHnsw: expected ${name} to be a whole number from ${min}, got ${value}.`);
  }
}
