import type { Floats } from '../../kernels/operands.ts';

const LARGEST_ID = 2 ** 31 - 1;

/**
 * The nearest points met so far, nearest first by (distance, id), and which of them have been expanded. One sorted array does the
 * work of HNSW's two queues: a candidate that has fallen out of the nearest `capacity` would end the search when its turn came.
 *
 * The points of one hop are sorted among themselves, then merged in one pass from the far end.
 */
export class CandidatePool {
  size = 0;
  /** Squared; nearest first. */
  distances = new Float64Array(0);
  #capacity = 0;
  /** ~id (negative) once a point is expanded. */
  #entries = new Int32Array(0);
  /** No entry before this one is unexpanded. */
  #cursor = 0;
  #freshDistances = new Float64Array(64);
  #freshIds = new Int32Array(64);

  /** Empties the pool and bounds its size. */
  reset(capacity: number): void {
    if (capacity > this.#entries.length) {
      this.distances = new Float64Array(capacity);
      this.#entries = new Int32Array(capacity);
    }
    this.#capacity = capacity;
    this.size = 0;
    this.#cursor = 0;
  }

  /** Keeps the nearest `count`, forgets that they were expanded, and bounds the size anew. */
  restart(count: number, capacity: number): void {
    const kept = Math.min(count, this.size, capacity);
    const { distances } = this;
    const entries = this.#entries;
    this.reset(capacity);
    if (this.#entries !== entries) this.distances.set(distances.subarray(0, kept));
    for (let place = 0; place < kept; place++) {
      const entry = entries[place]!;
      this.#entries[place] = entry < 0 ? ~entry : entry;
    }
    this.size = kept;
  }

  /** Becomes what another pool of at most this size holds. */
  copy(other: CandidatePool, capacity: number): void {
    this.reset(capacity);
    this.distances.set(other.distances.subarray(0, other.size));
    this.#entries.set(other.#entries.subarray(0, other.size));
    this.size = other.size;
  }

  /** Becomes `count` points, nearest first, all expanded. */
  fill(ids: (place: number) => number, distances: (place: number) => number, count: number): void {
    this.reset(count);
    for (let place = 0; place < count; place++) {
      this.#entries[place] = ~ids(place);
      this.distances[place] = distances(place);
    }
    this.size = count;
  }

  /** The id at a place, nearest first. */
  id(place: number): number {
    const entry = this.#entries[place]!;
    return entry < 0 ? ~entry : entry;
  }

  /** The place of the nearest point not yet expanded, from now on expanded; -1 when there is none. */
  next(): number {
    const entries = this.#entries;
    let place = this.#cursor;
    while (place < this.size && entries[place]! < 0) place++;
    this.#cursor = place + 1;
    if (place >= this.size) return -1;
    entries[place] = ~entries[place]!;
    return place;
  }

  /** Offers `count` points that are not in the pool; the farthest fall out beyond the capacity. */
  merge(ids: Int32Array, distances: Floats, count: number): void {
    const fresh = this.#sortFresh(ids, distances, count);
    if (fresh === 0) return;
    const pool = this.distances;
    const entries = this.#entries;
    const freshDistances = this.#freshDistances;
    const freshIds = this.#freshIds;
    let old = this.size - 1;
    let young = fresh - 1;
    for (let surplus = this.size + fresh - this.#capacity; surplus > 0; surplus--) {
      if (old >= 0 && this.#isAfter(old, freshDistances[young]!, freshIds[young]!)) old--;
      else young--;
    }
    let place = old + young + 1;
    this.size = place + 1;
    for (; young >= 0; young--) {
      const distance = freshDistances[young]!;
      const id = freshIds[young]!;
      for (; old >= 0; old--) {
        const further = pool[old]!;
        if (further < distance || (further === distance && this.id(old) < id)) break;
        pool[place] = further;
        entries[place--] = entries[old]!;
      }
      pool[place] = distance;
      entries[place--] = id;
    }
    if (place + 1 < this.#cursor) this.#cursor = place + 1;
  }

  #isAfter(place: number, distance: number, id: number): boolean {
    const mine = this.distances[place]!;
    return mine > distance || (mine === distance && this.id(place) > id);
  }

  /** Sorts the points that belong into the pool into #freshDistances and #freshIds; returns how many there are. */
  #sortFresh(ids: Int32Array, distances: Floats, count: number): number {
    if (count > this.#freshIds.length) {
      this.#freshDistances = new Float64Array(count);
      this.#freshIds = new Int32Array(count);
    }
    const freshDistances = this.#freshDistances;
    const freshIds = this.#freshIds;
    const full = this.size === this.#capacity;
    const worst = full ? this.distances[this.size - 1]! : Number.POSITIVE_INFINITY;
    const worstId = full ? this.id(this.size - 1) : LARGEST_ID; // in a pool with room even an infinite distance finds a place
    let fresh = 0;
    for (let i = 0; i < count; i++) {
      const distance = distances[i]!;
      const id = ids[i]!;
      if (distance > worst || (distance === worst && id > worstId)) continue;
      let place = fresh++;
      while (
        place > 0 &&
        (freshDistances[place - 1]! > distance ||
          (freshDistances[place - 1]! === distance && freshIds[place - 1]! > id))
      ) {
        freshDistances[place] = freshDistances[place - 1]!;
        freshIds[place] = freshIds[place - 1]!;
        place--;
      }
      freshDistances[place] = distance;
      freshIds[place] = id;
    }
    return fresh;
  }
}
