import { MersenneTwister } from '../../tensor/random/library-random.ts';
import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import { CandidatePool } from '../candidate-pool.ts';
import { type SearchedGraph, type SearchState, type SearchTrace, searchLayer, VisitedSet } from '../search.ts';
import type { NsgProfile } from './profile.ts';

/**
 * Searches in a graph without layers.
 *
 * Source: Fu et al. 2019, Algorithm 1, which is the best-first search of `search.ts`.
 * Departs: faiss begins with the neighbors of the start and random points.
 */
export class FlatSearch implements SearchState {
  /** What the last search found, nearest first. */
  readonly pool = new CandidatePool();
  /** All points that the last search measured. */
  readonly visited: VisitedSet;
  readonly source: DistanceSource;
  readonly profile: NsgProfile;
  /** faiss seeds every search alike, so all draw the same points. */
  readonly #random = new MersenneTwister(0x1234);
  readonly #drawn: number[] = [];

  /** @param source must take a whole neighbor list a call */
  constructor(source: DistanceSource, profile: NsgProfile, keepsDistances = false) {
    this.source = source;
    this.profile = profile;
    this.visited = new VisitedSet(source.size, keepsDistances);
  }

  /**
   * The approximately nearest points to the query of the source, as many as L.
   *
   * @returns hops
   */
  run(graph: SearchedGraph, start: number, L: number, trace?: SearchTrace): number {
    this.pool.reset(Math.min(L, this.source.size));
    if (this.profile.fillsPool) this.#fill(graph, start, Math.min(L, this.source.size));
    else {
      this.source.ids[0] = start;
      this.#add(1);
    }
    return searchLayer(graph, 0, this, trace);
  }

  #fill(graph: SearchedGraph, start: number, size: number): void {
    const { links, degrees, capacity } = graph.layer(0);
    const { visited } = this;
    visited.clear();
    const list = graph.listOf(start, 0);
    const begin = list * capacity;
    for (let i = begin; i < begin + degrees[list]! && visited.count < size; i++) {
      if (visited.flags[links[i]!] === 0) visited.add(links[i]!);
    }
    for (let draw = 0; visited.count < size; draw++) {
      if (draw === this.#drawn.length) this.#drawn.push(this.#random.below(this.source.size));
      const id = this.#drawn[draw]!;
      if (visited.flags[id] === 0) visited.add(id);
    }
    const { ids } = this.source;
    for (let first = 0; first < size; first += ids.length) {
      const count = Math.min(ids.length, size - first);
      ids.set(visited.met.subarray(first, first + count));
      this.#add(count);
    }
  }

  #add(count: number): void {
    const { ids, distances } = this.source;
    this.source.measure(count);
    this.pool.merge(ids, distances, count);
  }
}
