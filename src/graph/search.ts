import type { DistanceSource } from '../tensor/vectors/distance-source.ts';
import type { Adjacency, LayeredGraph } from './adjacency.ts';
import type { CandidatePool } from './candidate-pool.ts';

/** The points that a search expanded, in order. */
export interface SearchTrace {
  readonly ids: number[];
  /** Squared distances to the query. */
  readonly distances: number[];
  readonly levels: number[];
}

/** What a search works with. */
export interface SearchState {
  /** Answers distances to the query. */
  readonly source: DistanceSource;
  /** Receives the result, nearest first. */
  readonly pool: CandidatePool;
  readonly visited: VisitedSet;
}

/** What a search reads of a graph: a `LayeredGraph`, or lists that lie elsewhere. */
export interface SearchedGraph {
  layer(level: number): Pick<Adjacency, 'links' | 'degrees' | 'capacity'>;
  listOf(node: number, level: number): number;
}

/** Which points one search has met. */
export class VisitedSet {
  /** 1 for a point that has been met. */
  readonly flags: Uint8Array;
  /** The points met, in order; the search adds to it. */
  readonly met: Int32Array;
  /** Their squared distances, where these are kept. */
  readonly distances: Float64Array | undefined;
  count = 0;

  constructor(size: number, keepsDistances = false) {
    this.flags = new Uint8Array(size);
    this.met = new Int32Array(size);
    this.distances = keepsDistances ? new Float64Array(size) : undefined;
  }

  add(id: number): void {
    this.flags[id] = 1;
    this.met[this.count++] = id;
  }

  /** Forgets all points. */
  clear(): void {
    for (let i = 0; i < this.count; i++) this.flags[this.met[i]!] = 0;
    this.count = 0;
  }
}

/**
 * Best-first search of one layer: from the points in the pool to the nearest points that can be reached, as many as it holds.
 *
 * Source: Malkov & Yashunin 2018, Algorithm 2 (line numbers in the body); Fu et al. 2019, Algorithm 1, is the same search.
 * Defined by `searchLayer` in `hnsw/reference.ts`, and by `searchOnGraph` in `nsg/reference.ts`.
 * Departs: ties go to the smaller id. Candidates C and results W are one sorted pool, and the neighbors of a hop are measured
 * together: the same points are met, expanded and returned.
 *
 * @param state its pool holds the entry points with their distances, none expanded
 * @returns hops: how many points were expanded
 */
export function searchLayer(
  graph: SearchedGraph,
  level: number,
  { source, pool, visited }: SearchState,
  trace?: SearchTrace,
): number {
  const { links, degrees, capacity } = graph.layer(level);
  const ids = source.ids;
  const { flags, met, distances: lengths } = visited;
  visited.clear();
  for (let place = 0; place < pool.size; place++) visited.add(pool.id(place)); // line 1
  lengths?.set(pool.distances.subarray(0, pool.size));
  let total = visited.count;
  let hops = 0;
  for (let place = pool.next(); place >= 0; place = pool.next()) {
    const nearest = pool.id(place); // lines 5-8: c; none is left when all of W is expanded
    hops++;
    if (trace) record(trace, nearest, pool.distances[place]!, level);
    const list = graph.listOf(nearest, level);
    const begin = list * capacity;
    const end = begin + degrees[list]!;
    let count = 0;
    for (let i = begin; i < end; i++) {
      const neighbor = links[i]!;
      ids[count] = neighbor;
      count += 1 - flags[neighbor]!; // line 10
      flags[neighbor] = 1;
    }
    if (count === 0) continue;
    source.measure(count);
    if (lengths) for (let i = 0; i < count; i++) lengths[total + i] = source.distances[i]!;
    for (let i = 0; i < count; i++) met[total++] = ids[i]!;
    pool.merge(ids, source.distances, count); // lines 12-17
  }
  visited.count = total;
  return hops;
}

/**
 * Fills the pool with the point nearest to the query that a greedy walk finds from the entry down to the layer above `level`.
 *
 * Source: Malkov & Yashunin 2018, Algorithm 5, lines 2-6 (Algorithm 1, lines 2-7): Algorithm 2 with ef = 1.
 *
 * @returns hops
 */
export function descend(graph: LayeredGraph, level: number, state: SearchState, trace?: SearchTrace): number {
  const { source, pool } = state;
  pool.reset(1);
  source.ids[0] = graph.entry;
  source.measure(1);
  pool.merge(source.ids, source.distances, 1);
  let hops = 0;
  for (let upper = graph.maxLevel; upper > level; upper--) {
    hops += searchLayer(graph, upper, state, trace);
    pool.restart(1, 1);
  }
  return hops;
}

/**
 * The approximately nearest points of the whole graph, as many as `ef`.
 *
 * Source: Malkov & Yashunin 2018, Algorithm 5; the caller takes the first K. Defined by `search` in `hnsw/reference.ts`.
 *
 * @returns hops
 */
export function searchGraph(graph: LayeredGraph, ef: number, state: SearchState, trace?: SearchTrace): number {
  state.pool.reset(ef);
  if (graph.entry < 0) return 0;
  const hops = descend(graph, 0, state, trace);
  state.pool.restart(1, ef);
  return hops + searchLayer(graph, 0, state, trace);
}

function record(trace: SearchTrace, id: number, distance: number, level: number): void {
  trace.ids.push(id);
  trace.distances.push(distance);
  trace.levels.push(level);
}
