/** Neighbor lists of bounded length in one array: list r is the `degrees[r]` ids from `links[r * capacity]`, then -1. */
export class Adjacency {
  readonly lists: number;
  readonly capacity: number;
  readonly links: Int32Array;
  readonly degrees: Int32Array;

  constructor(lists: number, capacity: number) {
    this.lists = lists;
    this.capacity = capacity;
    this.links = new Int32Array(lists * capacity).fill(-1);
    this.degrees = new Int32Array(lists);
  }

  /** One list, as a view. */
  list(r: number): Int32Array {
    return this.links.subarray(r * this.capacity, r * this.capacity + this.degrees[r]!);
  }

  /** Adds an id at the end. The caller has checked that there is room. */
  append(r: number, id: number): void {
    this.links[r * this.capacity + this.degrees[r]!++] = id;
  }

  /** List r becomes the first `count` ids. */
  replace(r: number, ids: Int32Array, count: number): void {
    const begin = r * this.capacity;
    for (let i = 0; i < count; i++) this.links[begin + i] = ids[i]!;
    this.links.fill(-1, begin + count, begin + this.capacity);
    this.degrees[r] = count;
  }
}

/**
 * Links of a graph in layers, and where a search enters: HNSW; with every level 0, a flat graph.
 *
 * Source: Malkov & Yashunin 2018, section 3.
 */
export class LayeredGraph {
  /** Top level of each point; -1 for a point that is not part of the graph. */
  readonly levels: Int32Array;
  /** Level 0; the list of a point has its number. */
  readonly base: Adjacency;
  /** All levels above: the lists of a point's levels 1, 2, … one after the other. */
  readonly upper: Adjacency;
  /** Where search begins, a point of the top level; -1 when empty. */
  entry = -1;
  /** The entry's level; -1 when empty. */
  maxLevel = -1;
  readonly #firstUpper: Int32Array;

  /**
   * @param baseCapacity the longest list at level 0 (HNSW's Mmax0)
   * @param upperCapacity the longest list above (Mmax)
   */
  constructor(levels: Int32Array, baseCapacity: number, upperCapacity: number) {
    this.levels = levels;
    this.#firstUpper = new Int32Array(levels.length);
    let lists = 0;
    for (let node = 0; node < levels.length; node++) {
      this.#firstUpper[node] = lists;
      lists += Math.max(0, levels[node]!);
    }
    this.base = new Adjacency(levels.length, baseCapacity);
    this.upper = new Adjacency(lists, upperCapacity);
  }

  get size(): number {
    return this.levels.length;
  }

  layer(level: number): Adjacency {
    return level === 0 ? this.base : this.upper;
  }

  /** Which list of `layer(level)` belongs to this point. */
  listOf(node: number, level: number): number {
    return level === 0 ? node : this.#firstUpper[node]! + level - 1;
  }

  /** The neighbors of a point at one of its levels, as a view. */
  neighbors(node: number, level: number): Int32Array {
    return this.layer(level).list(this.listOf(node, level));
  }
}
