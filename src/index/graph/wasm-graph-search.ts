import type { LayerWalk } from '../../../kernels/graph-walk/kernel.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import { openView, type SharedView, shareView } from '../../../kernels/shared.ts';
import type { LayeredGraph } from '../../graph/adjacency.ts';
import type { CandidatePool } from '../../graph/candidate-pool.ts';
import { bytesNeeded } from '../../tensor/bytes-needed.ts';
import type { WalkedSource } from '../../tensor/vectors/vector-set.ts';

/** The largest ef; beyond it `searchGraph` is as fast. */
const LARGEST_POOL = 4096;
const LARGEST_MARK = 255;

/**
 * Bytes to spare in the memory of the points for a search of a graph that is not yet built. Lists above level 0 are as many as
 * drawing the levels gives, with a margin of a fifth.
 *
 * Source: Malkov & Yashunin 2018, section 4.1: a level is reached by 1 / M of the points of the level below.
 *
 * @param baseCapacity the longest list of level 0
 * @param M the longest list above; 0 for a graph of one level
 */
export function wasmSearchRoom(points: number, baseCapacity: number, M: number): number {
  const upperLists = M > 1 ? Math.ceil((1.2 * points) / (M - 1)) + 256 : 0;
  return roomOf(points, baseCapacity, upperLists, M);
}

function roomOf(points: number, baseCapacity: number, upperLists: number, upperCapacity: number): number {
  const links = [points * baseCapacity, upperLists * upperCapacity, points];
  const copies = bytesNeeded((kernels) => links.map((length) => kernels.ints(length)));
  return copies + wasmSearchRoomEach(points, Math.max(baseCapacity, upperCapacity));
}

/**
 * Bytes of the part that a search in another thread does not share.
 *
 * @param capacity the longest list
 */
export function wasmSearchRoomEach(points: number, capacity: number): number {
  return bytesNeeded((kernels) => takeOwn(kernels, points, capacity));
}

/** What no two searches share. */
function takeOwn(kernels: Kernels, points: number, capacity: number) {
  return {
    visited: kernels.bytes(points),
    ids: kernels.ints(capacity),
    distances: kernels.floats(capacity),
    pool: kernels.ints(2 * LARGEST_POOL),
    work: kernels.ints(2),
  };
}

/** The links of a graph beside its points, which all searches of it share. */
interface Links {
  readonly base: Int32Array;
  readonly upper: Int32Array;
  /** Which list of `upper` is a point's first. */
  readonly firstLists: Int32Array;
}

/** The same as a message to a worker. */
export interface SharedLinks {
  readonly base: SharedView<Int32Array>;
  readonly upper: SharedView<Int32Array>;
  readonly firstLists: SharedView<Int32Array>;
}

/**
 * `searchGraph` without leaving WebAssembly but once a level: the same points, distances and counts, from a copy of the links beside
 * the vectors or codes.
 *
 * Measured (bench/kernels/graph-walk.ts, 50,000 x 256, M = 16): 1.10 to 1.24 times as many queries a second, ef from 10 to 160.
 */
export class WasmGraphSearch {
  readonly #graph: LayeredGraph;
  readonly #source: WalkedSource;
  readonly #links: Links;
  readonly #base: LayerWalk;
  readonly #upper: LayerWalk[];
  readonly #squared: Float32Array;
  #mark = 0;

  private constructor(graph: LayeredGraph, source: WalkedSource, links: Links) {
    const { kernels } = source;
    const { base, upper } = graph;
    const own = takeOwn(kernels, graph.size, Math.max(base.capacity, upper.capacity));
    const above = { ...own, links: links.upper, degree: upper.capacity, lists: links.firstLists };
    this.#graph = graph;
    this.#source = source;
    this.#links = links;
    this.#base = { ...own, links: links.base, degree: base.capacity, lists: undefined, listOffset: 0 };
    this.#upper = Array.from({ length: Math.max(0, graph.maxLevel) }, (_, i) => ({ ...above, listOffset: i }));
    this.#squared = new Float32Array(own.pool.buffer, own.pool.byteOffset, own.pool.length);
  }

  /** @returns `undefined` where the points have no room left for the links, or no SIMD */
  static over(graph: LayeredGraph, source: WalkedSource): WasmGraphSearch | undefined {
    const { base, upper } = graph;
    const room = roomOf(graph.size, base.capacity, upper.lists, upper.capacity);
    if (source.backend !== 'simd' || source.spare < room) return undefined;
    const copyOf = (values: Int32Array): Int32Array => {
      const copy = source.kernels.ints(values.length);
      copy.set(values);
      return copy;
    };
    const firstLists = Int32Array.from(graph.levels, (level, node) => (level > 0 ? graph.listOf(node, 1) : 0));
    const links = { base: copyOf(base.links), upper: copyOf(upper.links), firstLists: copyOf(firstLists) };
    return new WasmGraphSearch(graph, source, links);
  }

  /** The links for `attach` in another thread, over points with attachable places. */
  share(): SharedLinks {
    const { base, upper, firstLists } = this.#links;
    return { base: shareView(base), upper: shareView(upper), firstLists: shareView(firstLists) };
  }

  /**
   * A search of another thread over the same links.
   *
   * @returns `undefined` where that thread has no room for what it does not share
   */
  static attach(graph: LayeredGraph, source: WalkedSource, shared: SharedLinks): WasmGraphSearch | undefined {
    const { kernels } = source;
    if (kernels.room() < wasmSearchRoomEach(graph.size, Math.max(graph.base.capacity, graph.upper.capacity)))
      return undefined;
    const open = (view: SharedView<Int32Array>) => openView(kernels.share(), view);
    const links = { base: open(shared.base), upper: open(shared.upper), firstLists: open(shared.firstLists) };
    return new WasmGraphSearch(graph, source, links);
  }

  /** Whether a search may keep so many candidates. */
  holds(ef: number): boolean {
    return ef <= LARGEST_POOL;
  }

  /**
   * As `searchGraph`.
   *
   * @param pool receives the result, nearest first
   * @returns hops
   */
  search(ef: number, pool: CandidatePool): number {
    const { entry, maxLevel } = this.#graph;
    if (entry < 0) {
      pool.reset(ef);
      return 0;
    }
    const { pool: entries, work } = this.#base;
    const squared = this.#squared;
    this.#source.ids[0] = entry;
    this.#source.measure(1);
    entries[0] = 2 * entry;
    squared[1] = this.#source.distances[0]!;
    let hops = 0;
    for (let level = maxLevel; level > 0; level--) {
      this.#source.walkLayer(this.#upper[level - 1]!, { size: 1, capacity: 1, mark: this.#nextMark() });
      entries[0]! &= -2;
      hops += work[0]!;
    }
    const size = this.#source.walkLayer(this.#base, { size: 1, capacity: ef, mark: this.#nextMark() });
    pool.fill(
      (place) => entries[2 * place]! >> 1,
      (place) => squared[2 * place + 1]!,
      size,
    );
    return hops + work[0]!;
  }

  /** A mark that no point bears. */
  #nextMark(): number {
    if (this.#mark === LARGEST_MARK) {
      this.#base.visited.fill(0);
      this.#mark = 0;
    }
    return ++this.#mark;
  }
}
