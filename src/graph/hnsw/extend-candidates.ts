import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import type { LayeredGraph } from '../adjacency.ts';
import { VisitedSet } from '../search.ts';
import type { NeighborSelector } from '../select.ts';

/**
 * Adds the neighbors of the candidates to the candidates.
 *
 * Source: Malkov & Yashunin 2018, Algorithm 4, lines 3-7; useful, the paper says, only for extremely clustered data.
 */
export class CandidateExtension {
  readonly #graph: LayeredGraph;
  readonly #source: DistanceSource;
  readonly #met: VisitedSet;

  constructor(graph: LayeredGraph, source: DistanceSource) {
    this.#graph = graph;
    this.#source = source;
    this.#met = new VisitedSet(graph.size);
  }

  /** @param point whose neighbors are being chosen: no candidate of its own */
  extend(selector: NeighborSelector, point: number, level: number): void {
    const met = this.#met;
    met.clear();
    const candidates = Int32Array.from({ length: selector.size }, (_, place) => selector.candidate(place));
    met.add(point);
    for (const candidate of candidates) met.add(candidate);
    const { ids, distances } = this.#source;
    for (const candidate of candidates) {
      let count = 0;
      for (const neighbor of this.#graph.neighbors(candidate, level)) {
        if (met.flags[neighbor] === 1) continue;
        met.add(neighbor);
        ids[count++] = neighbor;
      }
      if (count > 0) this.#source.measureFrom(point, count);
      for (let i = 0; i < count; i++) selector.offer(ids[i]!, distances[i]!, false);
    }
  }
}
