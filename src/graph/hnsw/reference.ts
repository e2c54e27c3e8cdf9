import type { Near } from '../near.ts';

/*
 * HNSW as printed: the definition of the graph that `buildHnsw` builds (profile canonical) and of what a search in it finds.
 *
 * Source: Malkov & Yashunin 2018, Algorithms 1, 2, 4 and 5; names and line numbers are the paper's.
 * Departs: equal distances go to the smaller id, which the paper leaves open. The level l of a new element is given: Algorithm 1's
 * line 4, a random draw, is `canonicalLevels`. An element is never its own candidate where candidates are extended.
 */

type FromQ = (element: number) => number;
type Neighborhood = (element: number) => readonly number[];

export interface ReferenceHnsw {
  readonly distance: (a: number, b: number) => number;
  /** Connections of a new element; at layer 0 M0, where that is another number. */
  readonly M: number;
  readonly M0?: number;
  /** The most connections that an element keeps: above layer 0, and at layer 0. */
  readonly Mmax: number;
  readonly Mmax0: number;
  readonly efConstruction: number;
  readonly extendCandidates?: boolean;
  readonly keepPrunedConnections?: boolean;
  /** For each layer lc the connections of each of its elements; empty at first. */
  readonly layers: Map<number, number[]>[];
  /** The enter point, an element of the top layer; undefined at first. */
  ep?: number;
}

/** Algorithm 1, INSERT: element q, of level l. `fromQ` is another distance where q is a vector and what is stored are codes. */
export function insert(hnsw: ReferenceHnsw, q: number, l: number, fromQ: FromQ = (e) => hnsw.distance(q, e)): void {
  const { M, M0 = M, Mmax, Mmax0, efConstruction, distance, layers } = hnsw;
  let ep = enterPoint(hnsw, fromQ); // 2
  const L = layers.length - 1; // 3
  for (let lc = L; lc > l; lc--) ep = searchLayer(fromQ, ep, 1, at(layers[lc]!)); // 5-7
  for (let lc = Math.min(L, l); lc >= 0; lc--) {
    const layer = layers[lc]!;
    const W = searchLayer(fromQ, ep, efConstruction, at(layer)); // 8-9
    const neighbors = selectNeighbors(q, W, lc === 0 ? M0 : M, lc, hnsw); // 10
    layer.set(q, neighbors);
    for (const e of neighbors) layer.get(e)!.push(q); // 11
    for (const e of neighbors) {
      const eConn = layer.get(e)!.map((id) => ({ id, distance: distance(e, id) })); // 12-13
      const most = lc === 0 ? Mmax0 : Mmax;
      if (eConn.length > most) layer.set(e, selectNeighbors(e, eConn, most, lc, hnsw)); // 14-16
    }
    ep = W; // 17
  }
  while (layers.length <= l) layers.push(new Map([[q, []]]));
  if (l > L) hnsw.ep = q; // 18-19
}

/** Algorithm 2, SEARCH-LAYER: the ef elements nearest to q that a search from `ep` meets, nearest first. */
export function searchLayer(fromQ: FromQ, ep: readonly Near[], ef: number, neighborhood: Neighborhood): Near[] {
  const v = new Set(ep.map(({ id }) => id)); // 1: visited
  const C = [...ep].sort(nearer); // 2: candidates
  const W = [...ep].sort(nearer); // 3: found
  for (let c = C.shift(); c; c = C.shift()) {
    if (nearer(c, W.at(-1)!) > 0) break; // 4-8
    for (const id of neighborhood(c.id)) {
      if (v.has(id)) continue; // 9-10
      v.add(id); // 11
      const e = { id, distance: fromQ(id) };
      if (W.length === ef && nearer(e, W.at(-1)!) > 0) continue; // 12-13
      C.push(e); // 14
      W.push(e); // 15
      C.sort(nearer);
      W.sort(nearer);
      if (W.length > ef) W.pop(); // 16-17
    }
  }
  return W; // 18
}

type Selection = Pick<ReferenceHnsw, 'distance' | 'layers' | 'extendCandidates' | 'keepPrunedConnections'>;

/** Algorithm 4, SELECT-NEIGHBORS-HEURISTIC: at most M of the candidates C, each nearer to q than to those before it. */
export function selectNeighbors(q: number, C: readonly Near[], M: number, lc: number, hnsw: Selection): number[] {
  const { distance, layers, extendCandidates, keepPrunedConnections } = hnsw;
  const R: Near[] = []; // 1
  const W = [...C]; // 2
  for (const { id } of extendCandidates ? C : []) {
    for (const adjacent of layers[lc]!.get(id)!) {
      const isKnown = adjacent === q || W.some((e) => e.id === adjacent); // 3-6
      if (!isKnown) W.push({ id: adjacent, distance: distance(q, adjacent) }); // 7
    }
  }
  const Wd: Near[] = []; // 8: discarded
  for (const e of W.sort(nearer)) {
    if (R.length === M) break; // 9-10
    const isCloser = R.every((r) => e.distance <= distance(e.id, r.id)); // 11
    (isCloser ? R : Wd).push(e); // 12-14
  }
  if (keepPrunedConnections) R.push(...Wd.slice(0, M - R.length)); // 15-17
  return R.map(({ id }) => id); // 18
}

/** Algorithm 5, K-NN-SEARCH: the K elements nearest to q among the ef that a search finds. */
export function search(hnsw: ReferenceHnsw, fromQ: FromQ, K: number, ef: number): Near[] {
  let ep = enterPoint(hnsw, fromQ); // 2
  for (const layer of hnsw.layers.slice(1).reverse()) ep = searchLayer(fromQ, ep, 1, at(layer)); // 3-6
  return searchLayer(fromQ, ep, ef, at(hnsw.layers[0] ?? new Map())).slice(0, K); // 7-8
}

function enterPoint({ ep }: ReferenceHnsw, fromQ: FromQ): Near[] {
  return ep === undefined ? [] : [{ id: ep, distance: fromQ(ep) }];
}

function at(layer: ReadonlyMap<number, number[]>): Neighborhood {
  return (element) => layer.get(element)!;
}

function nearer(a: Near, b: Near): number {
  return a.distance - b.distance || a.id - b.id;
}
