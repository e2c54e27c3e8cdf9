import type { LayeredGraph } from '../../src/graph/adjacency.ts';
import type { DistanceSource } from '../../src/tensor/vectors/distance-source.ts';

/** Vectors in ordinary arrays with a distance function of one's own: the oracle's source, and room for one more query. */
export class NaiveSource implements DistanceSource {
  readonly size: number;
  readonly ids: Int32Array;
  readonly distances: Float64Array;
  readonly counts = { distances: 0, multiplyAdds: 0 };
  readonly vectors: readonly ArrayLike<number>[];
  /** What the rows are as queries. */
  readonly originals: readonly ArrayLike<number>[];
  readonly asymmetric: boolean;
  query: ArrayLike<number> = [];

  constructor(vectors: readonly ArrayLike<number>[], batch = 256, originals = vectors) {
    this.vectors = vectors;
    this.originals = originals;
    this.asymmetric = originals !== vectors;
    this.size = vectors.length;
    this.ids = new Int32Array(batch);
    this.distances = new Float64Array(batch);
  }

  distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
    this.counts.distances++;
    this.counts.multiplyAdds += a.length;
    return sum;
  }

  setQueryRow(row: number): void {
    this.query = this.originals[row]!;
  }

  measure(count: number): void {
    for (let i = 0; i < count; i++) this.distances[i] = this.distance(this.query, this.vectors[this.ids[i]!]!);
  }

  measureFrom(row: number, count: number): void {
    for (let i = 0; i < count; i++) this.distances[i] = this.distance(this.vectors[row]!, this.vectors[this.ids[i]!]!);
  }
}

export interface Point {
  readonly id: number;
  readonly distance: number;
}

const before = (a: Point, b: Point): number => a.distance - b.distance || a.id - b.id;

export interface ClassicalResult {
  readonly found: Point[];
  readonly expanded: number[];
  readonly distances: number;
}

/** HNSW's Algorithm 2 as printed: two queues, one neighbor at a time. Ties go to the smaller id. */
export function classicalSearch(
  graph: LayeredGraph,
  level: number,
  distance: (id: number) => number,
  entries: readonly Point[],
  ef: number,
): ClassicalResult {
  const visited = new Set(entries.map(({ id }) => id));
  const candidates = [...entries].sort(before); // C
  const nearest = [...entries].sort(before); // W
  const expanded: number[] = [];
  let distances = 0;
  while (candidates.length > 0) {
    const c = candidates.shift()!;
    if (before(c, nearest.at(-1)!) > 0 && nearest.length === ef) break;
    expanded.push(c.id);
    for (const id of graph.neighbors(c.id, level)) {
      if (visited.has(id)) continue;
      visited.add(id);
      distances++;
      const e = { id, distance: distance(id) };
      if (nearest.length < ef || before(e, nearest.at(-1)!) < 0) {
        candidates.push(e);
        candidates.sort(before);
        nearest.push(e);
        nearest.sort(before);
        if (nearest.length > ef) nearest.pop();
      }
    }
  }
  return { found: nearest, expanded, distances };
}

/** Algorithm 4 as printed, without extension: pairwise, with early exit. */
export function classicalSelect(
  candidates: readonly Point[],
  pair: (a: number, b: number) => number,
  limit: number,
  keepPruned = false,
): number[] {
  const kept: Point[] = [];
  const dropped: Point[] = [];
  for (const c of [...candidates].sort(before)) {
    if (kept.length === limit) break;
    if (kept.every((r) => pair(c.id, r.id) >= c.distance)) kept.push(c);
    else dropped.push(c);
  }
  if (keepPruned) kept.push(...dropped.slice(0, limit - kept.length));
  return kept.map(({ id }) => id);
}
