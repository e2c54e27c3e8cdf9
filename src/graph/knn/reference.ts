import type { Near } from '../near.ts';
import type { NnDescentOptions } from './nn-descent.ts';

/*
 * NN-descent as printed: the definition of what `nnDescent` finds.
 *
 * Source: Dong, Charikar & Li 2011, Algorithm 2 (NNDescentFull): a neighbor of a neighbor is likely to be a neighbor.
 * Departs: as `nnDescent`.
 */

type Pair = (a: number, b: number) => number;

interface Neighbor extends Near {
  /** Not yet compared with the other neighbors. */
  isNew: boolean;
}

/**
 * The K nearest others of each of n points, as far as they are found; for sizes at which all pools hold K in the end, n > L + 1.
 *
 * @param random draws whole numbers from 0 to below its argument
 */
export function referenceNnDescent(
  n: number,
  pair: Pair,
  { K, L, iter, S, R }: Pick<NnDescentOptions, 'K' | 'L' | 'iter' | 'S' | 'R'>,
  random: (below: number) => number,
): Near[][] {
  const pools: Neighbor[][] = []; // B[v]
  let fresh: number[][] = []; // new[v]
  let stale: number[][] = Array.from({ length: n }, () => []); // old[v]
  const depths = new Array<number>(n).fill(S);
  for (let v = 0; v < n; v++) {
    const first = sample(n, S, v, random).map((id): Neighbor => ({ id, distance: pair(v, id), isNew: true }));
    pools.push(first.sort(nearer));
    fresh.push(sample(n, Math.min(2 * S, n - 1), v, random));
  }
  for (let round = 0; round < iter; round++) {
    let changed = false; // c
    for (let v = 0; v < n; v++) {
      for (const [place, a] of fresh[v]!.entries()) {
        for (const b of [...fresh[v]!.slice(place + 1), ...stale[v]!]) {
          if (a === b) continue;
          if (update(pools[a]!, b, pair(a, b), L)) changed = true;
          if (update(pools[b]!, a, pair(b, a), L)) changed = true;
        }
      }
    }
    if (!changed) break;
    pools.forEach((pool, v) => {
      depths[v] = nextDepth(pool, depths[v]! + S, S);
    });
    [fresh, stale] = nextRound(pools, depths, R, random);
  }
  return pools.map((pool) => pool.slice(0, K));
}

/** UpdateNN: offers a neighbor to a pool of the L nearest; whether the pool has changed. */
function update(pool: Neighbor[], id: number, distance: number, L: number): boolean {
  if (pool.some((neighbor) => neighbor.id === id)) return false;
  const offered = { id, distance, isNew: true };
  pool.push(offered);
  pool.sort(nearer);
  return pool.length <= L || pool.pop() !== offered;
}

/** How many neighbors, nearest first, hold S new ones: at most `most`. */
function nextDepth(pool: readonly Neighbor[], most: number, S: number): number {
  let depth = 0;
  for (let met = 0; depth < Math.min(most, pool.length) && met < S; depth++) if (pool[depth]!.isNew) met++;
  return depth;
}

/** The new and the old neighbors of each point down to its depth, and the points that have it as a neighbor, at most R of each. */
function nextRound(pools: Neighbor[][], depths: readonly number[], R: number, random: (below: number) => number) {
  const [fresh, stale, freshReverse, staleReverse] = Array.from({ length: 4 }, () => pools.map((): number[] => []));
  pools.forEach((pool, v) => {
    for (const neighbor of pool.slice(0, depths[v])) {
      const { id, distance, isNew } = neighbor;
      (isNew ? fresh : stale)![v]!.push(id);
      neighbor.isNew = false;
      const isKnown = pools[id]!.some((other) => other.id === v) || nearer({ id: v, distance }, pools[id]!.at(-1)!) < 0;
      if (isKnown) continue;
      const reverse = (isNew ? freshReverse : staleReverse)![id]!;
      if (reverse.length < R) reverse.push(v);
      else reverse[random(R)] = v;
    }
  });
  const union = (lists: number[][], others: number[][]): number[][] =>
    lists.map((list, v) => [...new Set([...list, ...others[v]!])]);
  return [union(fresh!, freshReverse!), union(stale!, staleReverse!).map((list) => list.slice(0, 2 * R))] as const;
}

/** Different random points, never `except`. */
function sample(n: number, count: number, except: number, random: (below: number) => number): number[] {
  const drawn = new Set<number>();
  while (drawn.size < count) {
    const among = random(n - 1);
    drawn.add(among < except ? among : among + 1);
  }
  return [...drawn];
}

function nearer(a: Near, b: Near): number {
  return a.distance - b.distance || a.id - b.id;
}
