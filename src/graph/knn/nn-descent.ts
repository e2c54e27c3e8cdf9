import { totalWork, workSince } from '../../../kernels/operands.ts';
import { requireThreads } from '../../../kernels/threads/require-threads.ts';
import { requireOptions } from '../../tensor/options.ts';
import { MersenneTwister } from '../../tensor/random/library-random.ts';
import type { DistanceSource } from '../../tensor/vectors/distance-source.ts';
import { shareSource } from '../../tensor/vectors/shared-source.ts';
import { requireWhole } from '../../tensor/whole-number.ts';
import { withCrew } from '../../workers/crew.ts';
import { Yielder } from '../../workers/event-loop.ts';
import { Adjacency } from '../adjacency.ts';
import { completeKnnGraph, type KnnGraph } from './knn-graph.ts';
import { NeighborPools, poolArrays } from './neighbor-pools.ts';
import { chunksOf, type DescentState, nnJoinTask, shareAround } from './nn-join.ts';

/** The letters are those of efanna and faiss (`GK`, `nndescent_L`, `nndescent_iter`, `nndescent_S`, `nndescent_R`). */
export interface NnDescentOptions {
  /** Neighbors of each point in the result. From 1. */
  readonly K: number;
  /** Neighbors kept for each point on the way. From K. faiss raises it to K + 50. */
  readonly L: number;
  /** Rounds at most. From 1. */
  readonly iter: number;
  /** New neighbors of each point that one round looks at. From 1 to L. */
  readonly S: number;
  /** Reverse neighbors of each point that one round looks at, new and old ones apart; of old neighbors, 2 R. From 1. */
  readonly R: number;
  /** Threads that compare, 1 if not given; the graph does not depend on it. Sampling between rounds is done by one. */
  readonly threads?: number;
  /** Points joined so far in all rounds, and at most. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

const SEED = 2021;

/**
 * Approximate k-nearest-neighbor graph: neighbors of a point are likely to be neighbors of each other, so each round compares, around
 * each point, those that have become its neighbors lately with all others.
 *
 * Source: Dong, Charikar & Li 2011, Algorithm 2 (NNDescentFull); the pool, S and R as in KGraph, efanna and faiss. Defined by
 * `reference.ts`.
 * Departs from faiss: a pool takes what it has room for; all draws are in the order of the points, from mt19937 seeded with 2021;
 * the pools after a round do not depend on the order of the comparisons; a round without change is the last; a list that is
 * short after the last round is filled up with random points, where faiss returns what lies behind it in memory. Where
 * no point has more than L others the result is exact.
 *
 * @throws {RangeError} if an option is out of its range
 * @throws the signal's reason, when it aborts
 *
 * @category Graphs
 */
export async function nnDescent(source: DistanceSource, options: NnDescentOptions): Promise<KnnGraph> {
  requireOptions('nnDescent', options);
  requireSizes(options, source.size);
  const { K, L, iter, threads = 1, onProgress, signal } = options;
  requireThreads(threads);
  const yielder = new Yielder(() => source.counts, signal);
  const rows = source.size;
  if (rows - 1 <= L) return completeKnnGraph(source, K);
  const before = { ...source.counts };
  const descent = new NnDescent(source, options);
  const { state } = descent;
  const share = () => ({
    L: state.L,
    arrays: state.arrays,
    fresh: shareAround(state.fresh),
    stale: shareAround(state.stale),
    source: shareSource(source),
  });
  const chunks = chunksOf(rows);
  const others = await withCrew(nnJoinTask, { ...state, source }, share, threads, async (crew) => {
    for (let round = 0; round < iter; round++) {
      if (round > 0) descent.sample();
      await crew.run('join', chunks.join, (begun) => {
        if (!yielder.due) return undefined;
        onProgress?.(Math.floor((round + begun / chunks.join) * rows), iter * rows);
        return yielder.yield();
      });
      await crew.run('settle', chunks.settle);
      if (!descent.takeChanged()) break;
    }
    return crew.counts;
  });
  onProgress?.(iter * rows, iter * rows);
  const lists = descent.finish(K);
  return { rows, K, ...lists, counts: totalWork(workSince(before, source.counts), others) };
}

/** Sampling between rounds, point after point, because one random generator serves all points. */
class NnDescent {
  readonly state: DescentState;
  readonly #source: DistanceSource;
  readonly #S: number;
  readonly #random = new MersenneTwister(SEED);
  readonly #pools: NeighborPools;
  /** How many entries at the head of each pool have been looked at. */
  readonly #depths: Int32Array;
  readonly #marks: Int32Array;
  #mark = 0;

  constructor(source: DistanceSource, { L, S, R, threads = 1 }: NnDescentOptions) {
    const rows = source.size;
    const firstFresh = Math.min(2 * S, rows - 1);
    const fresh = { neighbors: new Adjacency(rows, firstFresh), reverse: new Adjacency(rows, R) };
    const stale = { neighbors: new Adjacency(rows, 2 * R), reverse: new Adjacency(rows, R) };
    const arrays = poolArrays(rows, L, threads > 1);
    this.state = { L, arrays, fresh, stale };
    this.#source = source;
    this.#S = S;
    this.#pools = new NeighborPools(L, arrays);
    this.#depths = new Int32Array(rows).fill(S);
    this.#marks = new Int32Array(rows);
    const drawn = new Int32Array(firstFresh);
    for (let point = 0; point < rows; point++) {
      this.#fill(point, S);
      this.#draw(point, drawn);
      fresh.neighbors.replace(point, drawn, drawn.length);
    }
  }

  /** Whether a pool has changed in this round. */
  takeChanged(): boolean {
    return this.#pools.takeChanged();
  }

  /** Chooses what the next round compares. */
  sample(): void {
    const { sizes, capacity, entries, distances } = this.#pools;
    const { fresh, stale } = this.state;
    for (const { neighbors, reverse } of [fresh, stale]) {
      neighbors.degrees.fill(0);
      reverse.degrees.fill(0);
    }
    for (let point = 0; point < sizes.length; point++) this.#depths[point] = this.#nextDepth(point);
    for (let point = 0; point < sizes.length; point++) {
      const begin = point * capacity;
      for (let place = begin; place < begin + this.#depths[point]!; place++) {
        const isNew = entries[place]! >= 0;
        const neighbor = this.#pools.id(place);
        const { neighbors, reverse } = isNew ? fresh : stale;
        if (neighbors.degrees[point]! < neighbors.capacity) neighbors.append(point, neighbor);
        if (this.#pools.isBeyond(neighbor, point, distances[place]!)) this.#appendOrReplace(reverse, neighbor, point);
        if (isNew) entries[place] = ~neighbor;
      }
    }
  }

  /** The first K neighbors of each point; overwrites the pools. */
  finish(K: number): { ids: Int32Array; distances: Float32Array } {
    const { sizes, capacity, distances } = this.#pools;
    const rows = sizes.length;
    const ids = this.#pools.entries;
    for (let point = 0; point < rows; point++) {
      this.#fill(point, K);
      for (let i = 0; i < K; i++) {
        ids[point * K + i] = this.#pools.id(point * capacity + i);
        distances[point * K + i] = distances[point * capacity + i]!;
      }
    }
    return { ids: ids.subarray(0, rows * K), distances: distances.subarray(0, rows * K) };
  }

  /** The depth that takes in S new neighbors, at most S deeper than before. */
  #nextDepth(point: number): number {
    const { sizes, capacity, entries } = this.#pools;
    const most = Math.min(this.#depths[point]! + this.#S, sizes[point]!);
    let depth = 0;
    for (let fresh = 0; depth < most && fresh < this.#S; depth++) {
      if (entries[point * capacity + depth]! >= 0) fresh++;
    }
    return depth;
  }

  /** Adds to a list; a full one loses a random entry. */
  #appendOrReplace(lists: Adjacency, list: number, id: number): void {
    if (lists.degrees[list]! < lists.capacity) lists.append(list, id);
    else lists.links[list * lists.capacity + this.#random.below(lists.capacity)] = id;
  }

  /** Random others into the pool of a point until it holds `size`. */
  #fill(point: number, size: number): void {
    const pools = this.#pools;
    const { ids, distances } = this.#source;
    while (pools.sizes[point]! < size) {
      const count = Math.min(size - pools.sizes[point]!, ids.length);
      this.#draw(point, ids.subarray(0, count));
      this.#source.measureFrom(point, count);
      for (let i = 0; i < count; i++) pools.offer(point, ids[i]!, distances[i]!);
      pools.settle(point);
    }
  }

  /** Different random points, never the point itself. */
  #draw(point: number, out: Int32Array): void {
    const mark = ++this.#mark;
    for (let count = 0; count < out.length; ) {
      const among = this.#random.below(this.#marks.length - 1);
      const id = among < point ? among : among + 1;
      if (this.#marks[id] === mark) continue;
      this.#marks[id] = mark;
      out[count++] = id;
    }
  }
}

function requireSizes({ K, L, iter, S, R }: NnDescentOptions, rows: number): void {
  requireWhole('nnDescent', 'K', K, 1, 2 ** 31 - 1);
  requireWhole('nnDescent', 'L', L, K, 2 ** 31 - 1);
  requireWhole('nnDescent', 'iter', iter, 1, 2 ** 31 - 1);
  requireWhole('nnDescent', 'S', S, 1, L);
  requireWhole('nnDescent', 'R', R, 1, 2 ** 31 - 1);
  if (rows * Math.max(L, 2 * R) > 2 ** 31 - 1 && rows - 1 > L) {
    throw new RangeError(
      `nnDescent: expected at most 2^31 neighbors in all, got ${rows} points of ${Math.max(L, 2 * R)}.`,
    );
  }
}
