import type { Near } from '../near.ts';

/*
 * NSG as printed: the definition of the graph that `buildNsg` builds (profile canonical) and of what a search in it finds.
 *
 * Source: Fu, Xiang, Wang & Cai 2019, Algorithms 1 (line numbers in the body) and 2 (its steps in the body).
 * Departs: as `buildNsg`: the navigating node is the nearest of all to the center; a node is never its own candidate; links go
 * back, too, which the paper leaves to its code; the tree grows from nodes in reach only; equal distances go to the smaller id.
 * A search for a query begins at random nodes beside the navigating one (`FlatSearch`).
 */

type Lists = readonly (readonly number[])[];
type Distance = (id: number) => number;
type Pair = (a: number, b: number) => number;

/** Algorithm 1, Search-on-Graph, from the starts p: the l nearest of all nodes met, and which were checked, in order. */
export function searchOnGraph(graph: Lists, p: readonly number[], distance: Distance, l: number) {
  const met: Near[] = p.map((id) => ({ id, distance: distance(id) }));
  const checked: number[] = [];
  let S = [...met].sort(nearer); // 1-2: candidate pool
  for (let next = S[0]; next; next = S.find(({ id }) => !checked.includes(id))) {
    checked.push(next.id); // 3-5
    for (const id of graph[next.id]!) {
      if (met.some((node) => node.id === id)) continue;
      met.push({ id, distance: distance(id) });
      S.push(met.at(-1)!); // 6-8
    }
    S = S.sort(nearer).slice(0, l); // 9-10
  }
  return { nearest: S, met, checked }; // 12
}

/** The edges that do not conflict: at most R of the candidates, each nearer to the node than to those before it. */
export function selectEdges(candidates: readonly Near[], R: number, pair: Pair): Near[] {
  const kept: Near[] = [];
  for (const p of candidates) {
    if (kept.length < R && kept.every((r) => r.id !== p.id && p.distance <= pair(r.id, p.id))) kept.push(p);
  }
  return kept;
}

/** Letters of faiss: R edges of a node (the paper's m), L nodes in the pool (l), and C candidates for a node's edges. */
export interface NsgSizes {
  readonly R: number;
  readonly L: number;
  readonly C: number;
}

/**
 * Algorithm 2, NSGbuild, over a k-NN graph.
 *
 * @param fromCenter the distance of a node from the mean of all
 * @returns the navigating node, and the edges of each node; `attached`: how many nodes were out of reach before the tree grew
 */
export function nsgBuild(knn: Lists, pair: Pair, fromCenter: Distance, { R, L, C }: NsgSizes) {
  const near = (ids: Iterable<number>, distance: Distance) =>
    Array.from(ids, (id): Near => ({ id, distance: distance(id) })).sort(nearer);
  const entry = near(knn.keys(), fromCenter)[0]!.id; // the navigating node n
  const lists = knn.map((neighbors, v) => {
    const E = searchOnGraph(knn, [entry], (id) => pair(v, id), L).met; // all nodes checked on the way from n to v
    const all = new Set([...E.map(({ id }) => id), ...neighbors]); // and v's nearest neighbors in G
    all.delete(v);
    return selectEdges(near(all, (id) => pair(v, id)).slice(0, C), R, pair); // sorted; edges without conflicts
  });
  linkBack(lists, R, pair);
  const edges = lists.map((list) => list.map(({ id }) => id));
  const reached = new Set<number>();
  let attached = 0;
  spread(edges, entry, reached); // the tree with root n
  while (reached.size < knn.length) {
    const v = edges.findIndex((_, id) => !reached.has(id)); // a node outside of the tree
    const met = searchOnGraph(edges, [entry], (id) => pair(v, id), L).met.sort(nearer);
    const rest = near(reached, (id) => pair(v, id));
    const hasRoom = ({ id }: Near): boolean => edges[id]!.length < R;
    const from = met.find(hasRoom) ?? rest.find(hasRoom) ?? rest.find(({ id }) => edges[id]!.length === R);
    edges[from!.id]!.push(v); // an edge to it from a near node in the tree
    attached++;
    spread(edges, v, reached);
  }
  return { entry, lists: edges, attached };
}

/** Each node is linked back from those that it is linked to, node after node; a list that grows beyond R is selected anew. */
export function linkBack(
  lists: Near[][],
  R: number,
  pair: Pair,
  reselect = (list: readonly Near[]) => selectEdges([...list].sort(nearer), R, pair),
): void {
  for (let v = 0; v < lists.length; v++) {
    for (let i = 0; i < lists[v]!.length; i++) {
      const { id, distance } = lists[v]![i]!;
      const list = lists[id]!;
      if (list.some((edge) => edge.id === v)) continue;
      list.push({ id: v, distance });
      if (list.length > R) lists[id] = reselect(list);
    }
  }
}

/** Adds all that can be reached from a node. */
export function spread(lists: Lists, node: number, reached: Set<number>): void {
  reached.add(node);
  for (const id of lists[node]!) if (!reached.has(id)) spread(lists, id, reached);
}

export function nearer(a: Near, b: Near): number {
  return a.distance - b.distance || a.id - b.id;
}
