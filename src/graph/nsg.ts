import type { DistanceSource } from '../tensor/vector-set.ts';
import { LayeredGraph } from './adjacency.ts';
import { FlatSearch } from './flat-search.ts';
import type { KnnGraph } from './knn-graph.ts';
import { libraryRandom, nearestPoint, searchedPoint } from './navigating-point.ts';
import { type NsgProfile, type NsgProfileName, nsgProfiles } from './nsg-profile.ts';
import { Reach } from './reach.ts';
import type { SearchedGraph } from './search.ts';
import { NeighborSelector } from './select.ts';
import { sortNearest } from './sort-nearest.ts';
import { Turns } from './turns.ts';

export interface NsgOptions {
  /** Links of a point at most. From 1. */
  readonly R: number;
  /** Candidates kept during the search for a point's neighbors. From 1. */
  readonly L: number;
  /** Candidates that the choice of neighbors looks at, nearest first. From 1. */
  readonly C: number;
  /** `canonical` if not given. */
  readonly profile?: NsgProfileName;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** A source that takes queries from outside, too. */
export interface QueriedSource extends DistanceSource {
  /** The query becomes the vector that begins at `offset`. */
  setQuery(vectors: Float32Array, offset: number): void;
}

export interface Nsg {
  /** One level; the entry is the navigating point. */
  readonly graph: LayeredGraph;
  /** How many points had to be linked in the end because they were out of reach. */
  readonly attached: number;
}

/**
 * Navigating spreading-out graph: from each point to some of those that a search for it meets, chosen by the occlusion rule, and back;
 * every search enters at the point nearest to the center, from which every other can be reached.
 *
 * Source: Fu, Xiang, Wang & Cai 2019, Algorithm 2 (line numbers in the body).
 * Departs: a point is never its own candidate, and does not count among the C; ties go to the smaller id. Links back
 * (lines 11-15 of the authors' code, not in the paper) are added point after point. The faiss profile: `nsg-profile.ts`.
 *
 * @param source must take K, R + 1 and 64 points a call
 * @param knn of the same points, exact or not; -1 and the point itself are skipped
 * @param center (d), the mean of all points: `centroid`
 * @throws {RangeError} if an option is out of its range, or the k-NN graph has other points
 * @throws the signal's reason, when it aborts
 */
export async function buildNsg(
  source: QueriedSource,
  knn: Pick<KnnGraph, 'rows' | 'K' | 'ids'>,
  center: Float32Array,
  options: NsgOptions,
): Promise<Nsg> {
  const builder = new NsgBuilder(source, knn, options);
  const { onProgress, signal } = options;
  const turns = new Turns(() => source.counts, signal);
  builder.enter(center);
  for (let point = 0; point < source.size; point++) {
    builder.choose(point);
    if (!turns.due) continue;
    onProgress?.(point + 1, source.size);
    await turns.take();
  }
  for (let point = 0; point < source.size; point++) {
    builder.linkBack(point);
    if (turns.due) await turns.take();
  }
  const { graph, attached } = await builder.complete(turns);
  onProgress?.(source.size, source.size);
  return { graph, attached };
}

class NsgBuilder {
  readonly #graph: LayeredGraph;
  readonly #source: QueriedSource;
  readonly #knn: SearchedGraph;
  readonly #profile: NsgProfile;
  readonly #R: number;
  readonly #L: number;
  readonly #C: number;
  readonly #random = libraryRandom();
  readonly #search: FlatSearch;
  readonly #selector: NeighborSelector;
  /** The squared length of each link, so that choosing a list anew measures no link again. */
  readonly #lengths: Float64Array;
  /** How many links at the head of each list were chosen together, so that none rules out another. */
  readonly #settled: Int32Array;

  constructor(source: QueriedSource, knn: Pick<KnnGraph, 'rows' | 'K' | 'ids'>, options: NsgOptions) {
    requireNsgOptions(options);
    const { R, L, C } = options;
    const profile = nsgProfiles[options.profile ?? 'canonical'];
    const needed = Math.max(R + 1, knn.K);
    if (source.ids.length < needed) {
      throw new RangeError(`buildNsg: expected a source that takes ${needed} points a call, got ${source.ids.length}.`);
    }
    this.#graph = new LayeredGraph(new Int32Array(source.size), R, 0);
    this.#graph.maxLevel = source.size === 0 ? -1 : 0;
    this.#source = source;
    this.#knn = searched(knn, source.size);
    this.#profile = profile;
    this.#R = R;
    this.#L = L;
    this.#C = C;
    this.#search = new FlatSearch(source, profile, true);
    this.#selector = new NeighborSelector(source, Math.max(C, R + 1));
    this.#lengths = new Float64Array(source.size * R);
    this.#settled = new Int32Array(source.size);
  }

  /** Lines 2-4: the navigating point. */
  enter(center: Float32Array): void {
    this.#source.setQuery(center, 0);
    if (this.#source.size === 0) return;
    this.#graph.entry = this.#profile.searchesNavigatingPoint
      ? searchedPoint(this.#knn, this.#search, this.#L, this.#random)
      : nearestPoint(this.#source);
  }

  /** Lines 5-15: links from a point to some of those that a search for it meets. */
  choose(point: number): void {
    const { visited } = this.#search;
    this.#source.setQueryRow(point);
    this.#search.run(this.#knn, this.#graph.entry, this.#L); // line 6
    this.#addNeighbors(point); // line 7
    const { met, count } = visited;
    const distances = visited.distances!;
    sortNearest(met, distances, count, this.#C + 1); // line 8
    const comesFirst = met[0] === point ? 1 : 0;
    const keepsItself = this.#profile.keepsItself;
    const end = keepsItself ? Math.max(this.#C, comesFirst + 1) : count;
    const selector = this.#selector;
    selector.clear();
    for (let i = keepsItself ? comesFirst : 0; i < end && i < count && selector.size < this.#C; i++) {
      if (keepsItself || met[i] !== point) selector.offer(met[i]!, distances[i]!, false);
    }
    const chosen = selector.select(this.#R); // lines 9-15
    this.#graph.base.replace(point, selector.ids, chosen);
    this.#settled[point] = chosen;
    for (let i = 0; i < chosen; i++) this.#lengths[point * this.#R + i] = selector.distances[i]!;
  }

  /** Links back to a point from all those that it is linked to by now. */
  linkBack(point: number): void {
    const { base } = this.#graph;
    const begin = point * this.#R;
    for (let i = begin; i < begin + base.degrees[point]!; i++) {
      this.#link(base.links[i]!, point, this.#lengths[i]!);
    }
  }

  /** Lines 16-21. */
  async complete(turns: Turns): Promise<Nsg> {
    const reach = new Reach(this.#graph, this.#source, this.#search, this.#profile, this.#L, this.#random);
    await reach.complete(turns);
    return { graph: reach.graph, attached: reach.attached };
  }

  /** The neighbors in the k-NN graph are met, too. */
  #addNeighbors(point: number): void {
    const { visited } = this.#search;
    const { ids, distances } = this.#source;
    const { links, degrees, capacity } = this.#knn.layer(0);
    const begin = point * capacity;
    let count = 0;
    for (let i = begin; i < begin + degrees[point]!; i++) {
      const id = links[i]!;
      if (visited.flags[id] === 1) continue;
      visited.flags[id] = 1; // a list of someone else's may repeat it
      ids[count++] = id;
    }
    if (count > 0) this.#source.measure(count);
    for (let i = 0; i < count; i++) {
      visited.distances![visited.count] = distances[i]!;
      visited.add(ids[i]!);
    }
  }

  /** Adds a link, and chooses the list anew when it is full. */
  #link(from: number, to: number, length: number): void {
    const { base } = this.#graph;
    const degree = base.degrees[from]!;
    const begin = from * this.#R;
    for (let i = begin; i < begin + degree; i++) if (base.links[i] === to) return;
    if (degree < this.#R) {
      this.#lengths[begin + degree] = length;
      base.append(from, to);
      return;
    }
    const selector = this.#selector;
    const settled = this.#settled[from]!;
    selector.clear();
    for (let i = 0; i < degree; i++) {
      const id = base.links[begin + i]!;
      const isRepeated = this.#profile.keepsTail && base.links.indexOf(id, begin) < begin + i;
      if (!isRepeated) selector.offer(id, this.#lengths[begin + i]!, i < settled);
    }
    selector.offer(to, length, false);
    const chosen = selector.select(this.#R);
    for (let i = 0; i < chosen; i++) {
      base.links[begin + i] = selector.ids[i]!;
      this.#lengths[begin + i] = selector.distances[i]!;
    }
    this.#settled[from] = chosen;
    if (this.#profile.keepsTail) return;
    base.links.fill(-1, begin + chosen, begin + degree);
    base.degrees[from] = chosen;
  }
}

/** The k-NN graph as lists to search in; copied only where something must be left out. */
function searched({ rows, K, ids }: Pick<KnnGraph, 'rows' | 'K' | 'ids'>, size: number): SearchedGraph {
  if (rows !== size || ids.length !== rows * K) {
    throw new RangeError(`buildNsg: expected ${size} lists of neighbors, got ${rows} of ${K} in ${ids.length} ids.`);
  }
  const degrees = new Int32Array(rows);
  let links = ids;
  for (let row = 0; row < rows; row++) {
    for (let i = row * K; i < (row + 1) * K; i++) {
      const id = ids[i]!;
      if (id < -1 || id >= size) {
        throw new RangeError(`buildNsg: expected neighbors from -1 to ${size - 1}, got ${id} at point ${row}.`);
      }
      if (id < 0 || id === row) {
        if (links === ids) links = ids.slice();
      } else {
        if (links !== ids) links[row * K + degrees[row]!] = id;
        degrees[row]!++;
      }
    }
  }
  const layer = { links, degrees, capacity: K };
  return { layer: () => layer, listOf: (node) => node };
}

/** @throws {RangeError} if an option is out of its range */
export function requireNsgOptions({ R, L, C, profile = 'canonical' }: NsgOptions): void {
  for (const [name, value] of Object.entries({ R, L, C })) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new RangeError(`buildNsg: expected ${name} to be a whole number from 1, got ${value}.`);
  }
  if (!Object.hasOwn(nsgProfiles, profile)) {
    throw new RangeError(`buildNsg: expected one of ${Object.keys(nsgProfiles).join(', ')}, got ${profile}.`);
  }
}
