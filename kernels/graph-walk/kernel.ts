import type { Floats } from '../operands.ts';

/** How a walk begins. */
export interface WalkStart {
  /** Entries in the pool, sorted. */
  readonly size: number;
  /** Entries that the pool may hold. */
  readonly capacity: number;
  /** What marks a point as met, 1 to 255. */
  readonly mark: number;
}

/** What a walk reads and writes. */
export interface LayerWalk {
  /** The neighbors of list r: ids from links[r · degree], -1 after the last. */
  readonly links: Int32Array;
  readonly degree: number;
  /** The list of a point is lists[point] + listOffset; without `lists` it has the number of the point. */
  readonly lists: Int32Array | undefined;
  readonly listOffset: number;
  /** Of each point the mark of the search that met it last. */
  readonly visited: Uint8Array;
  /** Room for the neighbors of one point. */
  readonly ids: Int32Array;
  readonly distances: Floats;
  /** Entries of two numbers, nearest first: 2 · id, plus 1 once it is expanded; and the bits of its distance. */
  readonly pool: Int32Array;
  /** Points expanded, and distances measured, of the last call. */
  readonly work: Int32Array;
}

/** In float32. */
export interface GraphWalkKernels {
  /**
   * Expands the nearest point of the pool that is not yet expanded, until all are: its neighbors that this search has not met are
   * marked as met, measured against the query, and enter the pool by (distance, id), of which the nearest `capacity` stay.
   *
   * @returns entries in the pool at last
   */
  walkLayer(walk: LayerWalk, start: WalkStart, query: Floats, queryOffset: number, base: Floats, dim: number): number;
  /** The same, measured as by `byteDistances`. */
  walkBytes(
    walk: LayerWalk,
    start: WalkStart,
    query: Uint8Array,
    queryOffset: number,
    codes: Uint8Array,
    dim: number,
    scale: number,
  ): number;
  /** The same, measured as by `codeDistances`. */
  walkCodes(walk: LayerWalk, start: WalkStart, target: Floats, steps: Floats, codes: Uint8Array, dim: number): number;
}
