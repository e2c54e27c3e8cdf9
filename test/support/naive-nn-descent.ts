import { MersenneTwister } from '../../src/tensor/random/library-random.ts';
import type { Point } from './naive-graph.ts';

interface Entry extends Point {
  fresh: boolean;
}

const before = (a: Point, b: Point): number => a.distance - b.distance || a.id - b.id;

export interface NnDescentSizes {
  readonly K: number;
  readonly L: number;
  readonly iter: number;
  readonly S: number;
  readonly R: number;
}

/** NN-descent written out with lists of objects, pair by pair. Only for sizes at which all pools hold K in the end. */
export function naiveNnDescent(n: number, pair: (a: number, b: number) => number, sizes: NnDescentSizes): Point[][] {
  const { K, L, iter, S, R } = sizes;
  const random = new MersenneTwister(2021);
  const draw = (count: number, except: number): number[] => {
    const found = new Set<number>();
    while (found.size < count) {
      const among = random.below(n - 1);
      found.add(among < except ? among : among + 1);
    }
    return [...found];
  };
  const pools: Entry[][] = [];
  const fresh: number[][] = [];
  const stale: number[][] = Array.from({ length: n }, () => []);
  const depths = new Array<number>(n).fill(S);
  for (let i = 0; i < n; i++) {
    pools.push(draw(S, i).map((id) => ({ id, distance: pair(i, id), fresh: true })));
    pools[i]!.sort(before);
    fresh.push(draw(Math.min(2 * S, n - 1), i));
  }
  let changed = false;
  const offer = (to: number, id: number, distance: number): void => {
    const pool = pools[to]!;
    if (pool.some((entry) => entry.id === id)) return;
    const entry = { id, distance, fresh: true };
    pool.push(entry);
    pool.sort(before);
    if (pool.length <= L || pool.pop() !== entry) changed = true;
  };
  for (let round = 0; round < iter; round++) {
    for (let v = 0; v < n; v++) {
      fresh[v]!.forEach((i, place) => {
        for (const j of [...fresh[v]!.slice(place + 1), ...stale[v]!]) {
          if (i === j) continue;
          offer(i, j, pair(i, j));
          offer(j, i, pair(i, j));
        }
      });
    }
    if (!changed) break;
    changed = false;
    const reverse = { fresh: fresh.map((): number[] => []), stale: fresh.map((): number[] => []) };
    for (let v = 0; v < n; v++) {
      const most = Math.min(depths[v]! + S, pools[v]!.length);
      let depth = 0;
      for (let met = 0; depth < most && met < S; depth++) if (pools[v]![depth]!.fresh) met++;
      depths[v] = depth;
    }
    for (let v = 0; v < n; v++) {
      fresh[v] = [];
      stale[v] = [];
      for (const entry of pools[v]!.slice(0, depths[v])) {
        (entry.fresh ? fresh : stale)[v]!.push(entry.id);
        const other = pools[entry.id]!;
        if (!other.some(({ id }) => id === v) && before({ id: v, distance: entry.distance }, other.at(-1)!) > 0) {
          const list = (entry.fresh ? reverse.fresh : reverse.stale)[entry.id]!;
          if (list.length < R) list.push(v);
          else list[random.below(R)] = v;
        }
        entry.fresh = false;
      }
    }
    for (let v = 0; v < n; v++) {
      fresh[v] = [...new Set([...fresh[v]!, ...reverse.fresh[v]!])];
      stale[v] = [...new Set([...stale[v]!, ...reverse.stale[v]!])].slice(0, 2 * R);
    }
  }
  return pools.map((pool) => pool.slice(0, K));
}
