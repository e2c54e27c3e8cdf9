import type { HnswDraft } from './insertion.ts';

/** The links back to the points of one batch, by the list that takes them in; as a message to a worker. */
export interface LinksBackArrays {
  /** [how many lists have new links]. */
  readonly size: Int32Array;
  /** Of each such list: its point, its level, and its first new link. */
  readonly nodes: Int32Array;
  readonly levels: Int32Array;
  readonly heads: Int32Array;
  /** Of each link: the new point, its squared length, and the next link of the same list, -1 after the last. */
  readonly ids: Int32Array;
  readonly lengths: Float32Array;
  readonly next: Int32Array;
}

/** Room for as many links as one batch has at most. */
export function linksBackArrays(most: number): LinksBackArrays {
  const ints = () => new Int32Array(most);
  const size = new Int32Array(1);
  return {
    size,
    nodes: ints(),
    levels: ints(),
    heads: ints(),
    ids: ints(),
    lengths: new Float32Array(most),
    next: ints(),
  };
}

/** Sorts the links back of a batch by list: a chain for each, in the order of insertion. */
export class LinksBackCollector {
  readonly #arrays: LinksBackArrays;
  readonly #draft: HnswDraft;
  /** The place + 1 of each list among those with new links, 0 for all others. */
  readonly #places: readonly [base: Int32Array, upper: Int32Array];

  constructor(arrays: LinksBackArrays, draft: HnswDraft) {
    const { base, upper } = draft.graph;
    this.#arrays = arrays;
    this.#draft = draft;
    this.#places = [new Int32Array(base.lists), new Int32Array(upper.lists)];
  }

  /** @param order of insertion; the batch lies in it from `first` to before `end` */
  collect(order: Int32Array, first: number, end: number): void {
    const { graph } = this.#draft;
    this.#clear();
    let link = 0;
    // A chain grows at its head.
    for (let place = end - 1; place >= first; place--) {
      const point = order[place]!;
      for (let level = Math.min(graph.levels[point]!, graph.maxLevel); level >= 0; level--) {
        link = this.#collectFrom(point, level, link);
      }
    }
  }

  #collectFrom(point: number, level: number, link: number): number {
    const { size, nodes, levels, heads, ids, lengths, next } = this.#arrays;
    const { graph } = this.#draft;
    const side = level === 0 ? 0 : 1;
    const places = this.#places[side];
    const { links, degrees, capacity } = graph.layer(level);
    const list = graph.listOf(point, level);
    const begin = list * capacity;
    for (let i = begin; i < begin + degrees[list]!; i++) {
      const neighbor = links[i]!;
      const target = graph.listOf(neighbor, level);
      let place = places[target]! - 1;
      if (place < 0) {
        place = size[0]!++;
        places[target] = place + 1;
        nodes[place] = neighbor;
        levels[place] = level;
        heads[place] = -1;
      }
      ids[link] = point;
      lengths[link] = this.#draft.lengths[side][i]!;
      next[link] = heads[place]!;
      heads[place] = link++;
    }
    return link;
  }

  #clear(): void {
    const { size, nodes, levels } = this.#arrays;
    for (let place = 0; place < size[0]!; place++) {
      const level = levels[place]!;
      this.#places[level === 0 ? 0 : 1][this.#draft.graph.listOf(nodes[place]!, level)] = 0;
    }
    size[0] = 0;
  }
}

/** The new links of one list after the other. */
export class LinksBackReader {
  ids = new Int32Array(64);
  lengths = new Float64Array(64);
  readonly #arrays: LinksBackArrays;

  constructor(arrays: LinksBackArrays) {
    this.#arrays = arrays;
  }

  /** How many lists have new links. */
  get lists(): number {
    return this.#arrays.size[0]!;
  }

  node(place: number): number {
    return this.#arrays.nodes[place]!;
  }

  level(place: number): number {
    return this.#arrays.levels[place]!;
  }

  /** The links of the list at a place go to `ids` and `lengths`; returns how many there are. */
  read(place: number): number {
    const { heads, ids, lengths, next } = this.#arrays;
    let count = 0;
    for (let link = heads[place]!; link >= 0; link = next[link]!) {
      if (count === this.ids.length) this.#grow();
      this.ids[count] = ids[link]!;
      this.lengths[count++] = lengths[link]!;
    }
    return count;
  }

  #grow(): void {
    const { ids, lengths } = this;
    this.ids = new Int32Array(2 * ids.length);
    this.ids.set(ids);
    this.lengths = new Float64Array(2 * lengths.length);
    this.lengths.set(lengths);
  }
}
