import { MersenneTwister } from '../../tensor/random/library-random.ts';
import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import type { SearchedGraph } from '../search.ts';
import type { FlatSearch } from './flat-search.ts';

/** The point nearest to the query of the source; -1 where there is none. */
export function nearestPoint(source: DistanceSource): number {
  const { ids, distances, size } = source;
  let nearest = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let first = 0; first < size; first += ids.length) {
    const count = Math.min(ids.length, size - first);
    for (let i = 0; i < count; i++) ids[i] = first + i;
    source.measure(count);
    for (let i = 0; i < count; i++) {
      if (distances[i]! >= least) continue;
      least = distances[i]!;
      nearest = first + i;
    }
  }
  return nearest;
}

/** The point nearest to the query that a search from a random start finds. @param random draws the start */
export function searchedPoint(graph: SearchedGraph, search: FlatSearch, L: number, random: MersenneTwister): number {
  search.run(graph, random.below(search.visited.flags.length), L);
  return search.pool.id(0);
}

/** faiss draws the start of that search from it, and goes on with it where it links points that are out of reach. */
export function libraryRandom(): MersenneTwister {
  return new MersenneTwister(0x0903);
}
