import { releaseLock, takeLock } from '../../workers/lock.ts';
import { allInSharedMemory } from '../../workers/shared-memory.ts';

/** Offers to a pool wait until there are this many: looking up one of them costs as much as marking the whole pool for all. */
const WAITING = 96;

/** All pools; as a message to a worker. */
export interface PoolArrays {
  readonly sizes: Int32Array;
  readonly entries: Int32Array;
  readonly distances: Float32Array;
  /** The largest distance in each full pool, Infinity before: what is farther needs no offer. */
  readonly worst: Float32Array;
  /** How many offers wait for each pool, and which. */
  readonly waiting: Uint8Array;
  readonly waitingIds: Int32Array;
  readonly waitingDistances: Float32Array;
  /** [1 if a pool has changed]. */
  readonly changes: Int32Array;
  /** 1 while a thread has a pool to itself; absent where there is one thread. */
  readonly locks?: Int32Array;
}

/** @param shared whether several threads will offer */
export function poolArrays(points: number, capacity: number, shared: boolean): PoolArrays {
  const arrays: PoolArrays = {
    sizes: new Int32Array(points),
    entries: new Int32Array(points * capacity),
    distances: new Float32Array(points * capacity),
    worst: new Float32Array(points).fill(Number.POSITIVE_INFINITY),
    waiting: new Uint8Array(points),
    waitingIds: new Int32Array(points * WAITING),
    waitingDistances: new Float32Array(points * WAITING),
    changes: new Int32Array(1),
  };
  return shared ? allInSharedMemory({ ...arrays, locks: new Int32Array(points) }) : arrays;
}

/**
 * For each point the nearest others met so far, nearest first by (distance, id), and which of them are new. What a pool keeps does
 * not depend on the order of the offers, so several threads may offer at once, each by an object of its own over the same arrays.
 */
export class NeighborPools {
  /** The most that one pool keeps. */
  readonly capacity: number;
  readonly sizes: Int32Array;
  /** Pool p begins at p * capacity; a neighbor that is no longer new is ~id (negative). */
  readonly entries: Int32Array;
  /** Squared, at the same places. */
  readonly distances: Float32Array;
  readonly #arrays: PoolArrays;
  readonly #worst: Float32Array;
  readonly #locks: Int32Array | undefined;
  /** The offers that enter one pool, sorted. */
  readonly #ids = new Int32Array(WAITING);
  readonly #distances = new Float32Array(WAITING);
  readonly #marks: Int32Array;
  #mark = 0;

  constructor(capacity: number, arrays: PoolArrays) {
    this.capacity = capacity;
    this.sizes = arrays.sizes;
    this.entries = arrays.entries;
    this.distances = arrays.distances;
    this.#arrays = arrays;
    this.#worst = arrays.worst;
    this.#locks = arrays.locks;
    this.#marks = new Int32Array(arrays.sizes.length);
  }

  /** Whether a pool has changed since this was last asked. */
  takeChanged(): boolean {
    const { changes } = this.#arrays;
    const changed = changes[0] === 1;
    changes[0] = 0;
    return changed;
  }

  /** The id at a place of `entries`. */
  id(place: number): number {
    const entry = this.entries[place]!;
    return entry ^ (entry >> 31); // without a branch, which nothing could predict
  }

  /** Whether a neighbor is not in the pool and would come after its last. */
  isBeyond(point: number, id: number, distance: number): boolean {
    const last = point * this.capacity + this.sizes[point]! - 1;
    return !this.#isAfter(last, distance, id) && this.id(last) !== id;
  }

  /** Offers a neighbor; it enters the pool when `settle` is called, or earlier. */
  offer(point: number, id: number, distance: number): void {
    if (distance > this.#worst[point]!) return; // another thread may be lowering it: `settle` drops what passes here too early
    const locks = this.#locks;
    if (locks) takeLock(locks, point);
    const { waiting, waitingIds, waitingDistances } = this.#arrays;
    const place = waiting[point]!++;
    waitingIds[point * WAITING + place] = id;
    waitingDistances[point * WAITING + place] = distance;
    if (place === WAITING - 1) this.settle(point);
    if (locks) releaseLock(locks, point);
  }

  /** Merges the waiting offers; beyond the capacity the farthest fall out. The caller must have the pool to itself. */
  settle(point: number): void {
    const begin = point * this.capacity;
    const end = begin + this.sizes[point]!;
    const marks = this.#marks;
    const mark = ++this.#mark;
    for (let place = begin; place < end; place++) marks[this.id(place)] = mark;
    const worst = this.#worst[point]!;
    const first = point * WAITING;
    const { waiting, waitingIds, waitingDistances } = this.#arrays;
    const last = first + waiting[point]!;
    let count = 0;
    for (let i = first; i < last; i++) {
      const id = waitingIds[i]!;
      const distance = waitingDistances[i]!;
      if (distance > worst || marks[id] === mark) continue;
      marks[id] = mark;
      this.#insertSorted(id, distance, count++);
    }
    waiting[point] = 0;
    if (count > 0) this.#merge(point, count);
  }

  /** Insertion sort by (distance, id). */
  #insertSorted(id: number, distance: number, count: number): void {
    const ids = this.#ids;
    const distances = this.#distances;
    let place = count;
    for (; place > 0; place--) {
      const other = distances[place - 1]!;
      if (other < distance || (other === distance && ids[place - 1]! < id)) break;
      distances[place] = other;
      ids[place] = ids[place - 1]!;
    }
    distances[place] = distance;
    ids[place] = id;
  }

  /** Merges `count` new neighbors, none of which is there, from the far end. */
  #merge(point: number, count: number): void {
    const { capacity, entries, distances } = this;
    const begin = point * capacity;
    let old = begin + this.sizes[point]! - 1;
    let young = count - 1;
    for (let surplus = this.sizes[point]! + count - capacity; surplus > 0; surplus--) {
      if (young < 0 || (old >= begin && this.#isAfter(old, this.#distances[young]!, this.#ids[young]!))) old--;
      else young--;
    }
    if (young < 0) return;
    let place = old + young + 1;
    this.sizes[point] = place + 1 - begin;
    for (; young >= 0; young--) {
      const distance = this.#distances[young]!;
      const id = this.#ids[young]!;
      for (; old >= begin && this.#isAfter(old, distance, id); old--) {
        distances[place] = distances[old]!;
        entries[place--] = entries[old]!;
      }
      distances[place] = distance;
      entries[place--] = id;
    }
    if (this.sizes[point] === capacity) this.#worst[point] = distances[begin + capacity - 1]!;
    this.#arrays.changes[0] = 1;
  }

  #isAfter(place: number, distance: number, id: number): boolean {
    const mine = this.distances[place]!;
    return mine > distance || (mine === distance && this.id(place) > id);
  }
}
