import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import { attachSource, type SharedSource } from '../../tensor/vectors/shared-source.ts';
import type { Task } from '../../workers/task.ts';
import { Adjacency, type AdjacencyArrays } from '../adjacency.ts';
import { NeighborPools, type PoolArrays } from './neighbor-pools.ts';

/** Points in one chunk of each step; around one there are some thousand pairs to compare. */
const JOINED = 16;
const SETTLED = 1024;

/** Neighbors of each point that a round compares, and points that have it as a neighbor. */
export interface Around {
  readonly neighbors: Adjacency;
  readonly reverse: Adjacency;
}

/** What rounds of NN-descent work on. */
export interface DescentState {
  /** The most that a pool keeps. */
  readonly L: number;
  readonly arrays: PoolArrays;
  /** Neighbors that have not been compared yet. */
  readonly fresh: Around;
  readonly stale: Around;
}

interface Local extends DescentState {
  readonly source: DistanceSource;
}

interface SharedAround {
  readonly capacities: readonly [neighbors: number, reverse: number];
  readonly neighbors: AdjacencyArrays;
  readonly reverse: AdjacencyArrays;
}

interface Shared extends Pick<DescentState, 'L' | 'arrays'> {
  readonly fresh: SharedAround;
  readonly stale: SharedAround;
  readonly source: SharedSource;
}

/** `join`: compares the neighbors of some points with each other. `settle`: some pools take in the offers that wait. */
export const nnJoinTask: Task<Local, Shared> = {
  name: 'nn-join',
  attach: ({ L, arrays, fresh, stale, source }, slot) => ({
    L,
    arrays,
    fresh: attachAround(fresh),
    stale: attachAround(stale),
    source: attachSource(source, slot),
  }),
  steps({ source, ...state }) {
    const pools = new NeighborPools(state.L, state.arrays);
    const joiner = new NnJoiner(state, pools, source);
    const points = source.size;
    return {
      join(chunk) {
        const end = Math.min((chunk + 1) * JOINED, points);
        for (let point = chunk * JOINED; point < end; point++) joiner.join(point);
      },
      settle(chunk) {
        const end = Math.min((chunk + 1) * SETTLED, points);
        for (let point = chunk * SETTLED; point < end; point++) pools.settle(point);
      },
    };
  },
  counts: ({ source }) => source.counts,
};

/** How many chunks each step has. */
export function chunksOf(points: number): { readonly join: number; readonly settle: number } {
  return { join: Math.ceil(points / JOINED), settle: Math.ceil(points / SETTLED) };
}

export function shareAround({ neighbors, reverse }: Around): SharedAround {
  const capacities = [neighbors.capacity, reverse.capacity] as const;
  return { capacities, neighbors: neighbors.share(), reverse: reverse.share() };
}

function attachAround({ capacities, neighbors, reverse }: SharedAround): Around {
  const points = neighbors.degrees.length;
  return {
    neighbors: new Adjacency(points, capacities[0], neighbors),
    reverse: new Adjacency(points, capacities[1], reverse),
  };
}

/** What one thread does of a round: it compares new neighbors of a point with each other and with the old ones. */
export class NnJoiner {
  readonly #source: DistanceSource;
  readonly #pools: NeighborPools;
  readonly #fresh: Around;
  readonly #stale: Around;
  readonly #freshMost: number;
  readonly #marks: Int32Array;
  #mark = 0;
  /** Of one join: the new points, then the old ones. */
  readonly #members: Int32Array;

  constructor({ fresh, stale }: DescentState, pools: NeighborPools, source: DistanceSource) {
    this.#source = source;
    this.#pools = pools;
    this.#fresh = fresh;
    this.#stale = stale;
    this.#freshMost = fresh.neighbors.capacity + fresh.reverse.capacity;
    this.#marks = new Int32Array(source.size);
    this.#members = new Int32Array(this.#freshMost + stale.neighbors.capacity);
  }

  /** Compares the new neighbors of a point with each other and with the old ones, and offers each to the other. */
  join(point: number): void {
    const fresh = this.#meet(point, this.#fresh, 0, this.#freshMost);
    if (fresh === 0) return;
    const all = this.#meet(point, this.#stale, fresh, this.#stale.neighbors.capacity);
    const { ids, distances } = this.#source;
    const members = this.#members;
    const pools = this.#pools;
    for (let i = 0; i < fresh; i++) {
      const one = members[i]!;
      for (let first = i + 1; first < all; first += ids.length) {
        const count = Math.min(ids.length, all - first);
        for (let j = 0; j < count; j++) ids[j] = members[first + j]!;
        this.#source.measureFrom(one, count);
        for (let j = 0; j < count; j++) {
          pools.offer(one, ids[j]!, distances[j]!);
          pools.offer(ids[j]!, one, distances[j]!);
        }
      }
    }
  }

  /**
   * Puts the different points of two lists, at most `limit`, behind the first `begin` members, which are those of the call before:
   * points among these are left out. Returns how many members there are then.
   */
  #meet(point: number, { neighbors, reverse }: Around, begin: number, limit: number): number {
    const marks = this.#marks;
    const mark = ++this.#mark;
    let count = begin;
    let met = 0;
    for (const { links, degrees, capacity } of [neighbors, reverse]) {
      const first = point * capacity;
      const end = first + degrees[point]!;
      for (let i = first; i < end && met < limit; i++) {
        const id = links[i]!;
        const last = marks[id]!;
        if (last === mark) continue;
        marks[id] = mark;
        met++;
        if (begin === 0 || last !== mark - 1) this.#members[count++] = id;
      }
    }
    return count;
  }
}
