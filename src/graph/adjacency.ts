import { inSharedMemory } from '../workers/shared-memory.ts';

/** The arrays of an `Adjacency`. */
export interface AdjacencyArrays {
  readonly links: Int32Array;
  readonly degrees: Int32Array;
}

/**
 * Neighbor lists of bounded length in one array: list r is the `degrees[r]` ids from `links[r * capacity]`, then -1.
 *
 * @category Graphs
 */
export class Adjacency implements AdjacencyArrays {
  readonly lists: number;
  readonly capacity: number;
  #links: Int32Array;
  #degrees: Int32Array;

  /** @param arrays that hold the lists already; all lists are empty if not given */
  constructor(lists: number, capacity: number, arrays?: AdjacencyArrays) {
    this.lists = lists;
    this.capacity = capacity;
    this.#links = arrays?.links ?? new Int32Array(lists * capacity).fill(-1);
    this.#degrees = arrays?.degrees ?? new Int32Array(lists);
  }

  get links(): Int32Array {
    return this.#links;
  }

  get degrees(): Int32Array {
    return this.#degrees;
  }

  /** The lists where other threads reach them, too: they move there the first time. */
  share(): AdjacencyArrays {
    this.#links = inSharedMemory(this.#links);
    this.#degrees = inSharedMemory(this.#degrees);
    return { links: this.#links, degrees: this.#degrees };
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

/** A graph as a message to a worker. */
export interface SharedGraph {
  readonly levels: Int32Array;
  /** Of lists at level 0 and above. */
  readonly capacities: readonly [base: number, upper: number];
  readonly base: AdjacencyArrays;
  readonly upper: AdjacencyArrays;
  readonly entry: number;
  readonly maxLevel: number;
}

/**
 * Links of a graph in layers, and where a search enters: HNSW; with every level 0, a flat graph.
 *
 * Source: Malkov & Yashunin 2018, section 3.
 *
 * @category Graphs
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
   * @param lists that are there already; all are empty if not given
   */
  constructor(
    levels: Int32Array,
    baseCapacity: number,
    upperCapacity: number,
    lists?: { readonly base: AdjacencyArrays; readonly upper: AdjacencyArrays },
  ) {
    this.levels = levels;
    this.#firstUpper = new Int32Array(levels.length);
    let upperLists = 0;
    for (let node = 0; node < levels.length; node++) {
      this.#firstUpper[node] = upperLists;
      upperLists += Math.max(0, levels[node]!);
    }
    this.base = new Adjacency(levels.length, baseCapacity, lists?.base);
    this.upper = new Adjacency(upperLists, upperCapacity, lists?.upper);
  }

  /** The graph for a worker's `attach`: links are shared, so both see every later change; the entry is as it is now. */
  share(): SharedGraph {
    const { base, upper, entry, maxLevel } = this;
    const capacities = [base.capacity, upper.capacity] as const;
    return {
      levels: inSharedMemory(this.levels),
      capacities,
      base: base.share(),
      upper: upper.share(),
      entry,
      maxLevel,
    };
  }

  static attach({ levels, capacities, base, upper, entry, maxLevel }: SharedGraph): LayeredGraph {
    const graph = new LayeredGraph(levels, capacities[0], capacities[1], { base, upper });
    graph.entry = entry;
    graph.maxLevel = maxLevel;
    return graph;
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
