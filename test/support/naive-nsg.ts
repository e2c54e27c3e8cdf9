import { MersenneTwister } from '../../src/tensor/random/library-random.ts';
import type { Point } from './naive-graph.ts';

type Distance = (id: number) => number;
type Pair = (a: number, b: number) => number;

const before = (a: Point, b: Point): number => a.distance - b.distance || a.id - b.id;

export interface PoolResult {
  readonly pool: Point[];
  /** All points measured. */
  readonly full: Point[];
  /** In the order in which they were expanded. */
  readonly expanded: number[];
}

/** NSG's Algorithm 1 as printed: one sorted pool of at most `L` points, the first unexpanded one next. */
export function poolSearch(
  lists: readonly (readonly number[])[],
  distance: Distance,
  starts: readonly number[],
  L: number,
): PoolResult {
  const full = starts.map((id) => ({ id, distance: distance(id) }));
  const pool = full.map((point) => ({ ...point, expanded: false })).sort(before);
  const met = new Set(starts);
  const expanded: number[] = [];
  for (let i = pool.findIndex((point) => !point.expanded); i >= 0; i = pool.findIndex((point) => !point.expanded)) {
    pool[i]!.expanded = true;
    expanded.push(pool[i]!.id);
    for (const id of lists[pool[i]!.id]!) {
      if (met.has(id)) continue;
      met.add(id);
      const point = { id, distance: distance(id) };
      full.push(point);
      pool.push({ ...point, expanded: false });
    }
    pool.sort(before);
    pool.length = Math.min(pool.length, L);
  }
  return { pool, full, expanded };
}

/** Where faiss begins: neighbors of the start, then random points. */
export function libraryStarts(lists: readonly (readonly number[])[], start: number, L: number): number[] {
  const found = new Set(lists[start]!.slice(0, L));
  const random = new MersenneTwister(0x1234);
  while (found.size < L) found.add(random.below(lists.length));
  return [...found];
}

/** The occlusion rule, pair by pair; an id that is there already is dropped. */
function prune(candidates: readonly Point[], pair: Pair, R: number): Point[] {
  const kept: Point[] = [];
  for (const p of candidates) {
    if (kept.length === R) break;
    if (kept.every((r) => r.id !== p.id && pair(r.id, p.id) >= p.distance)) kept.push(p);
  }
  return kept;
}

export interface NaiveNsg {
  readonly entry: number;
  readonly lists: number[][];
  readonly attached: number;
}

export interface NsgSizes {
  readonly R: number;
  readonly L: number;
  readonly C: number;
}

/** NSG written out with lists of objects. `toCenter` measures the distance of a point to the mean. Attached: -1 where faiss does not end. */
export function naiveNsg(
  knn: readonly (readonly number[])[],
  pair: Pair,
  toCenter: Distance,
  sizes: NsgSizes,
  profile: 'canonical' | 'faiss',
): NaiveNsg {
  const n = knn.length;
  const { R, C } = sizes;
  const L = Math.min(sizes.L, n);
  const library = profile === 'faiss';
  const random = new MersenneTwister(0x0903);
  const search = (lists: readonly (readonly number[])[], distance: Distance, start: number, size: number): PoolResult =>
    poolSearch(lists, distance, library ? libraryStarts(lists, start, Math.min(size, n)) : [start], size);
  const all = knn.map((_, id) => ({ id, distance: toCenter(id) })).sort(before);
  const entry = library ? search(knn, toCenter, random.below(n), L).pool[0]!.id : all[0]!.id;
  const lists = knn.map((neighbors, q) => {
    const { full } = search(knn, (id) => pair(q, id), entry, L);
    for (const id of neighbors) {
      if (!full.some((point) => point.id === id)) full.push({ id, distance: pair(q, id) });
    }
    full.sort(before);
    if (!library) return prune(full.filter(({ id }) => id !== q).slice(0, C), pair, R);
    const first = full[0]!.id === q ? 1 : 0;
    return prune(full.slice(first, Math.max(C, first + 1)), pair, R);
  });
  for (let q = 0; q < n; q++) {
    for (let i = 0; i < lists[q]!.length; i++) {
      const { id, distance } = lists[q]![i]!;
      const list = lists[id]!;
      if (list.some((point) => point.id === q)) continue;
      list.push({ id: q, distance });
      if (list.length <= R) continue;
      const kept = prune([...list].sort(before), pair, R);
      lists[id] = library ? [...kept, ...list.slice(kept.length, R)] : kept;
    }
  }
  const ids = lists.map((list) => list.map(({ id }) => id));
  return { entry, lists: ids, attached: library ? growLibrary() : grow() };

  function spread(root: number, reached: Set<number>): void {
    reached.add(root);
    for (const id of ids[root]!) if (!reached.has(id)) spread(id, reached);
  }

  function grow(): number {
    const reached = new Set<number>();
    spread(entry, reached);
    let attached = 0;
    while (reached.size < n) {
      const u = ids.findIndex((_, id) => !reached.has(id));
      const met = search(ids, (id) => pair(u, id), entry, L).full.sort(before);
      const rest = [...reached].map((id) => ({ id, distance: pair(u, id) })).sort(before);
      const roomy = ({ id }: Point): boolean => ids[id]!.length < R;
      const from = (met.find(roomy) ?? rest.find(roomy) ?? rest.find(({ id }) => ids[id]!.length === R))!.id;
      ids[from]!.push(u);
      attached++;
      spread(u, reached);
    }
    return attached;
  }

  function growLibrary(): number {
    const reached = new Set<number>();
    spread(entry, reached);
    let attached = 0;
    while (reached.size < n) {
      const u = ids.findIndex((_, id) => !reached.has(id));
      const met = search(ids, (id) => pair(u, id), entry, 16).full.sort(before);
      let from = met.find(({ id }) => ids[id]!.length < R && id !== u)?.id;
      if (!ids.some((list, id) => reached.has(id) && list.length < R)) return -1;
      while (from === undefined) {
        const id = random.below(n);
        if (reached.has(id) && ids[id]!.length < R) from = id;
      }
      ids[from]!.push(u);
      attached++;
      spread(from, reached);
      for (const id of ids[from]!) if (!reached.has(id)) spread(id, reached);
    }
    return attached;
  }
}
