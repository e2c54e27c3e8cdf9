import type { Near } from '../../src/graph/near.ts';
import { linkBack, type NsgSizes, nearer, searchOnGraph, selectEdges, spread } from '../../src/graph/nsg/reference.ts';
import { MersenneTwister } from '../../src/tensor/random/library-random.ts';

type Lists = readonly (readonly number[])[];
type Pair = (a: number, b: number) => number;

/** Where faiss begins a search: neighbors of the start, then random points. */
export function libraryStarts(lists: Lists, start: number, L: number): number[] {
  return filledUp(lists[start]!.slice(0, L), lists.length, L);
}

/** These points, then random ones of n, as many as L together. */
export function filledUp(first: readonly number[], n: number, L: number): number[] {
  const found = new Set(first);
  const random = new MersenneTwister(0x1234);
  while (found.size < L) found.add(random.below(n));
  return [...found];
}

/** The NSG of faiss, with its mistakes, written out with lists of objects; `attached` is -1 where faiss does not end. */
export function libraryNsg(knn: Lists, pair: Pair, fromCenter: (id: number) => number, { R, L: most, C }: NsgSizes) {
  const n = knn.length;
  const L = Math.min(most, n);
  const random = new MersenneTwister(0x0903);
  const search = (lists: Lists, distance: (id: number) => number, start: number, size: number) =>
    searchOnGraph(lists, libraryStarts(lists, start, Math.min(size, n)), distance, size);
  const entry = search(knn, fromCenter, random.below(n), L).nearest[0]!.id;
  const lists = knn.map((neighbors, q) => {
    const { met } = search(knn, (id) => pair(q, id), entry, L);
    for (const id of neighbors) {
      if (!met.some((point) => point.id === id)) met.push({ id, distance: pair(q, id) });
    }
    met.sort(nearer);
    const first = met[0]!.id === q ? 1 : 0;
    return selectEdges(met.slice(first, Math.max(C, first + 1)), R, pair);
  });
  linkBack(lists, R, pair, (list: readonly Near[]) => {
    const kept = selectEdges([...list].sort(nearer), R, pair);
    return [...kept, ...list.slice(kept.length, R)];
  });
  const edges = lists.map((list) => list.map(({ id }) => id));
  const reached = new Set<number>();
  spread(edges, entry, reached);
  let attached = 0;
  while (reached.size < n) {
    const u = edges.findIndex((_, id) => !reached.has(id));
    const met = search(edges, (id) => pair(u, id), entry, 16).met.sort(nearer);
    let from = met.find(({ id }) => edges[id]!.length < R && id !== u)?.id;
    if (!edges.some((list, id) => reached.has(id) && list.length < R)) return { entry, lists: edges, attached: -1 };
    while (from === undefined) {
      const id = random.below(n);
      if (reached.has(id) && edges[id]!.length < R) from = id;
    }
    edges[from]!.push(u);
    attached++;
    spread(edges, from, reached);
  }
  return { entry, lists: edges, attached };
}
