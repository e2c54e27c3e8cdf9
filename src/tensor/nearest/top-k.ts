/**
 * The k smallest of the pairs offered so far, in the total order (distance, id): the smaller distance first, then the smaller id.
 * What is kept depends on the set of pairs alone, not on the order in which they came.
 *
 * A binary max-heap in two arrays: the worst pair lies at place 0, the children of place i at 2i + 1 and 2i + 2.
 */
export class TopK {
  readonly k: number;
  readonly #distances: Float64Array;
  readonly #ids: Int32Array;
  #size = 0;

  /** @throws {RangeError} if `k` is not a whole number from 1 on */
  constructor(k: number) {
    if (!Number.isSafeInteger(k) || k < 1) throw new RangeError(`TopK: expected k of at least 1, got ${k}.`);
    this.k = k;
    this.#distances = new Float64Array(k);
    this.#ids = new Int32Array(k);
  }

  get size(): number {
    return this.#size;
  }

  /** The largest distance kept once k pairs are there, Infinity before: what is farther needs no offer. */
  get worst(): number {
    return this.#size < this.k ? Number.POSITIVE_INFINITY : this.#distances[0]!;
  }

  clear(): void {
    this.#size = 0;
  }

  /** Keeps the pair if it is among the k smallest so far; says whether it was kept. The distance must not be NaN. */
  offer(distance: number, id: number): boolean {
    const ids = this.#ids;
    const distances = this.#distances;
    if (this.#size < this.k) {
      let place = this.#size++;
      while (place > 0) {
        const parent = (place - 1) >> 1;
        if (!isAfter(distance, id, distances[parent]!, ids[parent]!)) break;
        distances[place] = distances[parent]!;
        ids[place] = ids[parent]!;
        place = parent;
      }
      distances[place] = distance;
      ids[place] = id;
      return true;
    }
    if (!isAfter(distances[0]!, ids[0]!, distance, id)) return false;
    this.#sink(distance, id);
    return true;
  }

  /**
   * Writes the pairs, nearest first, and leaves this empty.
   *
   * @param ids written from place `offset` on
   * @param distances the same places
   * @returns how many pairs were written, at most k
   */
  sortedInto(ids: Int32Array, distances: Float32Array | Float64Array, offset: number): number {
    const count = this.#size;
    while (this.#size > 0) {
      const last = --this.#size;
      ids[offset + last] = this.#ids[0]!;
      distances[offset + last] = this.#distances[0]!;
      this.#sink(this.#distances[last]!, this.#ids[last]!);
    }
    return count;
  }

  /** Puts a pair in the place of the worst. */
  #sink(distance: number, id: number): void {
    const ids = this.#ids;
    const distances = this.#distances;
    const size = this.#size;
    let place = 0;
    for (let child = 1; child < size; child = 2 * place + 1) {
      const right = child + 1;
      if (right < size && isAfter(distances[right]!, ids[right]!, distances[child]!, ids[child]!)) child = right;
      if (!isAfter(distances[child]!, ids[child]!, distance, id)) break;
      distances[place] = distances[child]!;
      ids[place] = ids[child]!;
      place = child;
    }
    distances[place] = distance;
    ids[place] = id;
  }
}

function isAfter(distance: number, id: number, otherDistance: number, otherId: number): boolean {
  return distance > otherDistance || (distance === otherDistance && id > otherId);
}
