import type { LayeredGraph } from './adjacency.ts';

export interface GraphStatistics {
  /** Points of the graph. */
  readonly points: number;
  /** How many points have level l as their top level. */
  readonly levels: readonly number[];
  /** Level 0: how many points have d neighbors, d = 0, 1, … */
  readonly degrees: readonly number[];
  readonly meanDegree: number;
  /** Points that level-0 links do not reach from the entry point: searches may never find them. `cnt build` warns of any. */
  readonly unreachable: number;
  /** Share of the points that level-0 links reach from the entry point. */
  readonly reachableFraction: number;
  /** Share of the level-0 links whose opposite exists too. */
  readonly reciprocity: number;
}

/**
 * What a graph looks like, from its links alone.
 *
 * @category Graphs
 */
export function graphStatistics(graph: LayeredGraph): GraphStatistics {
  const levels = new Array<number>(graph.maxLevel + 1).fill(0);
  const degrees = new Array<number>(graph.base.capacity + 1).fill(0);
  let points = 0;
  let links = 0;
  let mutual = 0;
  for (let node = 0; node < graph.size; node++) {
    const level = graph.levels[node]!;
    if (level < 0) continue;
    points++;
    levels[level]!++;
    const neighbors = graph.neighbors(node, 0);
    degrees[neighbors.length]!++;
    links += neighbors.length;
    for (const neighbor of neighbors) if (graph.neighbors(neighbor, 0).includes(node)) mutual++;
  }
  const reached = points === 0 ? 0 : reachable(graph);
  return {
    points,
    levels,
    degrees,
    meanDegree: points === 0 ? 0 : links / points,
    unreachable: points - reached,
    reachableFraction: points === 0 ? 1 : reached / points,
    reciprocity: links === 0 ? 1 : mutual / links,
  };
}

/** How many points level-0 links reach from the entry. */
function reachable(graph: LayeredGraph): number {
  const met = new Uint8Array(graph.size);
  const open = [graph.entry];
  met[graph.entry] = 1;
  let count = 0;
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    count++;
    for (const neighbor of graph.neighbors(node, 0)) {
      if (met[neighbor] === 1) continue;
      met[neighbor] = 1;
      open.push(neighbor);
    }
  }
  return count;
}
