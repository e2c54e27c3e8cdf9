import { countDistances, squaredDistance } from '../distance/reference.ts';
import type { Counts, Floats, Round } from '../operands.ts';
import { byteDistance, codeDistance } from '../scalar-codes/reference.ts';
import type { GraphWalkKernels, LayerWalk, WalkStart } from './kernel.ts';

export function referenceGraphWalk(round: Round, counts: Counts): GraphWalkKernels {
  function walkBy(distanceTo: (id: number) => number, walk: LayerWalk, { size, capacity, mark }: WalkStart): number {
    const { links, degree, visited, pool, work } = walk;
    const squared = new Float32Array(pool.buffer, pool.byteOffset, pool.length);
    for (let place = 0; place < size; place++) visited[pool[2 * place]! >> 1] = mark;
    work.fill(0, 0, 2);
    for (let place = nextPlace(pool, size); place < size; place = nextPlace(pool, size)) {
      const nearest = pool[2 * place]! >> 1;
      pool[2 * place]! |= 1;
      work[0]!++;
      const first = degree * listOf(walk, nearest);
      for (let i = first; i < first + degree && links[i]! >= 0; i++) {
        const id = links[i]!;
        if (visited[id] === mark) continue;
        visited[id] = mark;
        work[1]!++;
        size = insert(pool, squared, size, capacity, id, distanceTo(id));
      }
    }
    return size;
  }
  const counted = (size: number, { work }: LayerWalk, dim: number): number => {
    countDistances(counts, work[1]!, dim);
    return size;
  };
  return {
    walkLayer(walk, start, query, queryOffset, base, dim) {
      const distanceTo = (id: number) => squaredDistance(query, queryOffset, base, id * dim, dim, round);
      return counted(walkBy(distanceTo, walk, start), walk, dim);
    },
    walkBytes(walk, start, query, queryOffset, codes, dim, scale) {
      const distanceTo = (id: number) => byteDistance(query, queryOffset, codes, id * dim, dim, scale, round);
      return counted(walkBy(distanceTo, walk, start), walk, dim);
    },
    walkCodes(walk, start, target, steps, codes, dim) {
      const distanceTo = (id: number) => codeDistance(target, steps, codes, id * dim, dim, round);
      return counted(walkBy(distanceTo, walk, start), walk, dim);
    },
  };
}

function listOf({ lists, listOffset }: LayerWalk, id: number): number {
  return lists ? lists[id]! + listOffset : id;
}

/** The first entry that is not expanded, or `size`. */
function nextPlace(pool: Int32Array, size: number): number {
  let place = 0;
  while (place < size && (pool[2 * place]! & 1) === 1) place++;
  return place;
}

/** Puts a point in its place by (distance, id), if that is within the capacity. @returns the new size */
function insert(pool: Int32Array, squared: Floats, size: number, capacity: number, id: number, distance: number) {
  let place = size;
  const isAfter = (entry: number): boolean => {
    const other = squared[2 * entry + 1]!;
    return other > distance || (other === distance && pool[2 * entry]! >> 1 > id);
  };
  while (place > 0 && isAfter(place - 1)) place--;
  if (place === capacity) return size;
  const kept = Math.min(size, capacity - 1);
  pool.copyWithin(2 * place + 2, 2 * place, 2 * kept);
  pool[2 * place] = 2 * id;
  squared[2 * place + 1] = distance;
  return kept + 1;
}
