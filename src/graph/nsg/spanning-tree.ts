import type { MersenneTwister } from '../../tensor/random/library-random.ts';
import type { Yielder } from '../../workers/event-loop.ts';
import { LayeredGraph } from '../adjacency.ts';
import type { FlatSearch } from './flat-search.ts';
import type { NsgProfile } from './profile.ts';

/**
 * Links the points that cannot be reached from the entry, one after the other, each from a point near to it.
 *
 * Source: Fu et al. 2019, Algorithm 2, its last loop (tree spanning).
 * Departs: a link never begins at a point that is out of reach itself, and where all that are in reach have R links, one gets R + 1
 * of them: there always is one with R or fewer, as each newly linked point is. So all points can be reached in the end; in the
 * faiss profile, neither holds.
 */
export class SpanningTree {
  graph: LayeredGraph;
  /** How many points had to be linked. */
  attached = 0;
  readonly #search: FlatSearch;
  readonly #attachesAnywhere: boolean;
  readonly #L: number;
  readonly #R: number;
  readonly #random: MersenneTwister;
  readonly #reached: Uint8Array;

  constructor(
    graph: LayeredGraph,
    search: FlatSearch,
    L: number,
    { attachesAnywhere }: Pick<NsgProfile, 'attachesAnywhere'>,
    random: MersenneTwister,
  ) {
    this.graph = graph;
    this.#search = search;
    this.#attachesAnywhere = attachesAnywhere !== undefined;
    this.#L = attachesAnywhere ?? L;
    this.#R = graph.base.capacity;
    this.#random = random;
    this.#reached = new Uint8Array(graph.size);
  }

  async grow(yielder: Yielder): Promise<void> {
    if (this.graph.entry >= 0) this.#spread(this.graph.entry);
    for (let point = 0; point < this.graph.size; point++) {
      if (this.#reached[point] === 1) continue;
      this.#search.source.setQueryRow(point);
      this.#search.run(this.graph, this.graph.entry, this.#L);
      const from = this.#attachesAnywhere ? this.#metOrRandom(point) : this.#metOrNearest();
      this.graph.base.append(from, point);
      this.attached++;
      this.#spread(from);
      if (yielder.due) await yielder.yield();
    }
  }

  /** Marks all that can be reached from a point. */
  #spread(root: number): void {
    const open = [root];
    this.#reached[root] = 1;
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      for (const neighbor of this.graph.neighbors(node, 0)) {
        if (this.#reached[neighbor] === 1) continue;
        this.#reached[neighbor] = 1;
        open.push(neighbor);
      }
    }
  }

  /** The nearest point met that has room; -1 when there is none. All that a search meets is in reach, except for random points. */
  #nearestMet(except: number): number {
    const { met, count, distances } = this.#search.visited;
    let nearest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const id = met[i]!;
      const distance = distances![i]!;
      if (id === except || this.graph.base.degrees[id]! >= this.#R) continue;
      if (distance > least || (distance === least && id > nearest)) continue;
      least = distance;
      nearest = id;
    }
    return nearest;
  }

  #metOrRandom(point: number): number {
    const met = this.#nearestMet(point);
    if (met >= 0) return met;
    const fits = (node: number): boolean => this.#reached[node] === 1 && this.graph.base.degrees[node]! < this.#R;
    if (!this.#reached.some((_, node) => fits(node))) {
      throw new Error(
        `buildNsg: expected a point in reach with fewer than ${this.#R} links, got none: here faiss does not end.`,
      );
    }
    for (;;) {
      const node = this.#random.below(this.graph.size);
      if (fits(node)) return node;
    }
  }

  #metOrNearest(): number {
    const met = this.#nearestMet(-1);
    if (met >= 0) return met;
    const roomy = this.#nearestReached(this.#R - 1);
    if (roomy >= 0) return roomy;
    if (this.graph.base.capacity === this.#R) this.graph = widened(this.graph, this.#R + 1);
    return this.#nearestReached(this.#R);
  }

  /** The nearest point in reach with at most so many links, smaller id first; -1 when there is none. */
  #nearestReached(mostLinks: number): number {
    const { ids, distances, size } = this.#search.source;
    let nearest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let next = 0; next < size; ) {
      let count = 0;
      for (; next < size && count < ids.length; next++) {
        if (this.#reached[next] === 1 && this.graph.base.degrees[next]! <= mostLinks) ids[count++] = next;
      }
      if (count > 0) this.#search.source.measure(count);
      for (let i = 0; i < count; i++) {
        if (distances[i]! >= least) continue;
        least = distances[i]!;
        nearest = ids[i]!;
      }
    }
    return nearest;
  }
}

/** A copy with room for longer lists. */
function widened(graph: LayeredGraph, capacity: number): LayeredGraph {
  const wide = new LayeredGraph(graph.levels, capacity, 0);
  for (let node = 0; node < graph.size; node++) {
    wide.base.replace(node, graph.neighbors(node, 0), graph.base.degrees[node]!);
  }
  wide.entry = graph.entry;
  wide.maxLevel = graph.maxLevel;
  return wide;
}
