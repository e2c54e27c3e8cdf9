import { MersenneTwister } from '../../tensor/random/library-random.ts';
import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import { CandidatePool } from '../candidate-pool.ts';
import { type SearchedGraph, type SearchState, type SearchTrace, searchLayer, VisitedSet } from '../search.ts';
import type { NsgStarts } from './profile.ts';

/**
 * Searches in a graph without layers.
 *
 * Source: Fu et al. 2019, Algorithm 1, which is the best-first search of `search.ts`.
 * Departs: as printed it begins at p, for a query the navigating point, alone. The way from there to a group of points far from all
 * others may leave the pool before its turn comes: of 30 groups 10 sigma apart it found 0.59 at ef 100 (bench/pipeline/far-groups.ts). The published code
 * (ZJULearning/nsg, `Search`) and faiss fill the pool with random points behind the neighbors of p; here, behind p itself (`filled`), which
 * costs fewer distances at a small ef (10,000 x 256 deep-like, ef 10: 303 in place of 341, the same recall) and 2 to 9 % more from 100 on.
 */
export class FlatSearch implements SearchState {
  /** What the last search found, nearest first. */
  readonly pool = new CandidatePool();
  /** All points that the last search measured. */
  readonly visited: VisitedSet;
  readonly source: DistanceSource;
  readonly #starts: NsgStarts;
  /** Every search draws the same points, as in faiss: an answer depends on no other query. */
  readonly #random = new MersenneTwister(0x1234);
  readonly #drawn: number[] = [];

  /** @param source must take a whole neighbor list a call */
  constructor(source: DistanceSource, starts: NsgStarts, keepsDistances = false) {
    this.source = source;
    this.#starts = starts;
    this.visited = new VisitedSet(source.size, keepsDistances);
  }

  /**
   * The approximately nearest points to the query of the source, as many as L.
   *
   * @returns hops
   */
  run(graph: SearchedGraph, start: number, L: number, trace?: SearchTrace): number {
    const size = Math.min(L, this.source.size);
    this.pool.reset(size);
    this.visited.clear();
    if (this.#starts === 'neighbors') this.#begin(graph, start, size);
    else this.visited.add(start);
    if (this.#starts !== 'one') this.#fill(size);
    this.#measureStarts();
    return searchLayer(graph, 0, this, trace);
  }

  /** The starts become the neighbors of a point, `size` at most. */
  #begin(graph: SearchedGraph, start: number, size: number): void {
    const { links, degrees, capacity } = graph.layer(0);
    const { visited } = this;
    const list = graph.listOf(start, 0);
    const begin = list * capacity;
    for (let i = begin; i < begin + degrees[list]! && visited.count < size; i++) {
      if (visited.flags[links[i]!] === 0) visited.add(links[i]!);
    }
  }

  /** The starts become `size` by random ones. */
  #fill(size: number): void {
    const { visited } = this;
    for (let draw = 0; visited.count < size; draw++) {
      if (draw === this.#drawn.length) this.#drawn.push(this.#random.below(this.source.size));
      const id = this.#drawn[draw]!;
      if (visited.flags[id] === 0) visited.add(id);
    }
  }

  #measureStarts(): void {
    const { ids, distances } = this.source;
    const { met, count: starts } = this.visited;
    for (let first = 0; first < starts; first += ids.length) {
      const count = Math.min(ids.length, starts - first);
      ids.set(met.subarray(first, first + count));
      this.source.measure(count);
      this.pool.merge(ids, distances, count);
    }
  }
}
