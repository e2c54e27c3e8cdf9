/** Offers to a pool wait until there are this many: looking for one in the pool costs as much as marking all that are in it. */
const WAITING = 96;

/**
 * For each point the nearest others met so far, nearest first by (distance, id), and which of them are new. What is kept depends
 * on the pairs offered alone, not on their order.
 */
export class NeighborPools {
  /** The most that one pool keeps. */
  readonly capacity: number;
  readonly sizes: Int32Array;
  /** Pool p begins at p * capacity; a neighbor that is no longer new is ~id (negative). */
  readonly entries: Int32Array;
  /** Squared, at the same places. */
  readonly distances: Float32Array;
  /** Whether a pool has changed since this was last set to false. */
  changed = false;
  /** The largest distance in each full pool, Infinity before: what is farther needs no offer. */
  readonly #worst: Float32Array;
  readonly #waiting: Uint8Array;
  readonly #waitingIds: Int32Array;
  readonly #waitingDistances: Float32Array;
  /** What is put into one pool. */
  readonly #ids = new Int32Array(WAITING);
  readonly #distances = new Float32Array(WAITING);
  readonly #marks: Int32Array;
  #mark = 0;

  constructor(points: number, capacity: number) {
    this.capacity = capacity;
    this.sizes = new Int32Array(points);
    this.entries = new Int32Array(points * capacity);
    this.distances = new Float32Array(points * capacity);
    this.#worst = new Float32Array(points).fill(Number.POSITIVE_INFINITY);
    this.#waiting = new Uint8Array(points);
    this.#waitingIds = new Int32Array(points * WAITING);
    this.#waitingDistances = new Float32Array(points * WAITING);
    this.#marks = new Int32Array(points);
  }

  /** The id at a place of `entries`. */
  id(place: number): number {
    const entry = this.entries[place]!;
    return entry ^ (entry >> 31); // without a branch, which nothing could predict
  }

  /** Whether a neighbor would come after the last that is there, which holds for none of those that are there. */
  isBeyond(point: number, id: number, distance: number): boolean {
    const last = point * this.capacity + this.sizes[point]! - 1;
    return !this.#isAfter(last, distance, id) && this.id(last) !== id;
  }

  /** Offers a neighbor, which enters the pool at the latest when that is settled. */
  offer(point: number, id: number, distance: number): void {
    if (distance > this.#worst[point]!) return;
    const waiting = this.#waiting[point]!++;
    this.#waitingIds[point * WAITING + waiting] = id;
    this.#waitingDistances[point * WAITING + waiting] = distance;
    if (waiting === WAITING - 1) this.settle(point);
  }

  /** Adds what waits and is not there; beyond the capacity the farthest fall out. */
  settle(point: number): void {
    const begin = point * this.capacity;
    const end = begin + this.sizes[point]!;
    const marks = this.#marks;
    const mark = ++this.#mark;
    for (let place = begin; place < end; place++) marks[this.id(place)] = mark;
    const worst = this.#worst[point]!;
    const first = point * WAITING;
    const last = first + this.#waiting[point]!;
    let count = 0;
    for (let i = first; i < last; i++) {
      const id = this.#waitingIds[i]!;
      const distance = this.#waitingDistances[i]!;
      if (distance > worst || marks[id] === mark) continue;
      marks[id] = mark;
      this.#insertSorted(id, distance, count++);
    }
    this.#waiting[point] = 0;
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
    this.changed = true;
  }

  #isAfter(place: number, distance: number, id: number): boolean {
    const mine = this.distances[place]!;
    return mine > distance || (mine === distance && this.id(place) > id);
  }
}
