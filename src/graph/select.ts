import type { DistanceSource } from '../tensor/vectors/distance-source.ts';
import type { LayeredGraph } from './adjacency.ts';
import { VisitedSet } from './search.ts';

/** Candidates are compared with the kept points in blocks of this many; 32 and 64 built 3 % faster than 16 (M = 48, 960 dimensions). */
const BLOCK = 64;

/**
 * Chooses the neighbors of a point: nearest candidates first, each kept unless a kept one is nearer to it than the point itself is.
 * One rule for every graph: links lead away in different directions.
 *
 * Source: Malkov & Yashunin 2018, Algorithm 4 (line numbers in the body), without extension, which is `CandidateExtension`;
 * Fu et al. 2019, the edge selection of MRNG and NSG, is the same rule.
 * Defined by `selectNeighbors` in `hnsw/reference.ts`.
 * Departs: ties go to the smaller id.
 *
 * A kept point is measured against all candidates of a block that are still alive in one call. That computes the distances of
 * the paper's pairwise loop with early exit, and at most those of one block more.
 */
export class NeighborSelector {
  /** The chosen points in the order in which they were kept, nearest first; filled-up ones (lines 16-17) last. */
  ids: Int32Array;
  /** Their squared distances to the point. */
  distances: Float64Array;

  readonly #source: DistanceSource;
  #size = 0;
  #candidates: Int32Array;
  #squared: Float64Array;
  #settled: Uint8Array;
  #dropped: Uint8Array;
  /** Places of candidates of the present block that no kept point has ruled out. */
  readonly #alive = new Int32Array(BLOCK);
  /** Places of the kept candidates. */
  #kept: Int32Array;

  /** @param source must take as many points a call as there are in a block */
  constructor(source: DistanceSource, capacity: number) {
    if (source.ids.length < BLOCK) {
      throw new RangeError(
        `NeighborSelector: expected a source that takes ${BLOCK} points a call, got ${source.ids.length}.`,
      );
    }
    this.#source = source;
    this.ids = new Int32Array(capacity);
    this.distances = new Float64Array(capacity);
    this.#candidates = new Int32Array(capacity);
    this.#squared = new Float64Array(capacity);
    this.#settled = new Uint8Array(capacity);
    this.#dropped = new Uint8Array(capacity);
    this.#kept = new Int32Array(capacity);
  }

  /** How many candidates there are. */
  get size(): number {
    return this.#size;
  }

  /** The id of a candidate, nearest first. */
  candidate(place: number): number {
    return this.#candidates[place]!;
  }

  /** Forgets all candidates. */
  clear(): void {
    this.#size = 0;
  }

  /**
   * Adds a candidate (line 2 keeps them sorted).
   *
   * @param distance squared, to the point whose neighbors are chosen
   * @param settled whether it is known that no settled candidate rules out another, as in a list that was chosen before
   */
  offer(id: number, distance: number, settled: boolean): void {
    if (this.#size === this.#candidates.length) this.#grow();
    const candidates = this.#candidates;
    const squared = this.#squared;
    let place = this.#size++;
    while (
      place > 0 &&
      (squared[place - 1]! > distance || (squared[place - 1]! === distance && candidates[place - 1]! > id))
    ) {
      squared[place] = squared[place - 1]!;
      candidates[place] = candidates[place - 1]!;
      this.#settled[place] = this.#settled[place - 1]!;
      place--;
    }
    squared[place] = distance;
    candidates[place] = id;
    this.#settled[place] = settled ? 1 : 0;
  }

  /**
   * Chooses at most `limit` of the candidates into `ids` and `distances`.
   *
   * @param keepPruned whether to fill up with the nearest of those dropped (lines 15-17)
   * @returns how many were chosen
   */
  select(limit: number, keepPruned = false): number {
    const alive = this.#alive;
    this.#dropped.fill(1, 0, this.#size);
    let kept = 0;
    for (let first = 0; first < this.#size && kept < limit; first += BLOCK) {
      let count = Math.min(BLOCK, this.#size - first);
      for (let i = 0; i < count; i++) alive[i] = first + i;
      for (let i = 0; i < kept && count > 0; i++) count = this.#ruleOut(this.#kept[i]!, 0, count);
      while (count > 0 && kept < limit) {
        const nearest = alive[0]!; // line 10: e
        this.#kept[kept++] = nearest; // line 12
        count = this.#ruleOut(nearest, 1, count);
      }
    }
    for (let i = 0; i < kept; i++) this.#take(i, this.#kept[i]!);
    if (!keepPruned) return kept;
    for (let place = 0; place < this.#size && kept < limit; place++) {
      if (this.#dropped[place] === 1) this.#take(kept++, place);
    }
    return kept;
  }

  /** All candidates, nearest first, into `ids` and `distances`. */
  selectAll(): number {
    for (let place = 0; place < this.#size; place++) this.#take(place, place);
    return this.#size;
  }

  /** Room for twice as many candidates; only extension needs more than the constructor was told. */
  #grow(): void {
    const capacity = 2 * this.#size;
    const grown = <T extends Int32Array | Float64Array | Uint8Array>(old: T, larger: T): T => {
      larger.set(old);
      return larger;
    };
    this.ids = grown(this.ids, new Int32Array(capacity));
    this.distances = grown(this.distances, new Float64Array(capacity));
    this.#candidates = grown(this.#candidates, new Int32Array(capacity));
    this.#squared = grown(this.#squared, new Float64Array(capacity));
    this.#settled = grown(this.#settled, new Uint8Array(capacity));
    this.#dropped = grown(this.#dropped, new Uint8Array(capacity));
    this.#kept = grown(this.#kept, new Int32Array(capacity));
  }

  #take(target: number, place: number): void {
    this.#dropped[place] = 0;
    this.ids[target] = this.#candidates[place]!;
    this.distances[target] = this.#squared[place]!;
  }

  /** Removes what the kept candidate rules out from alive[begin .. count); what stays moves to the front. Returns how many. */
  #ruleOut(kept: number, begin: number, count: number): number {
    const alive = this.#alive;
    const candidates = this.#candidates;
    const settled = this.#settled;
    const keptSettled = settled[kept]!;
    const ids = this.#source.ids;
    let asked = 0;
    for (let i = begin; i < count; i++) {
      const place = alive[i]!;
      if ((settled[place]! & keptSettled) === 0) ids[asked++] = candidates[place]!;
    }
    if (asked > 0) this.#source.measureFrom(candidates[kept]!, asked);
    const distances = this.#source.distances;
    let left = 0;
    let answer = 0;
    for (let i = begin; i < count; i++) {
      const place = alive[i]!;
      const known = (settled[place]! & keptSettled) !== 0;
      if (known || !(distances[answer++]! < this.#squared[place]!)) alive[left++] = place; // line 11
    }
    return left;
  }
}

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
