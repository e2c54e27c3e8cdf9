/**
 * An entry of the pool is one 64-bit number, the bits of its distance above 2 · id: distances are not negative, so entries compare
 * as (distance, id). A new one is placed by a search without branches, and those behind it move up two at a time.
 */

import { countDistances } from '../distance/reference.ts';
import { SQUARED_DISTANCES } from '../distance/simd.ts';
import { type Link, remembering } from '../link.ts';
import { BYTE_DISTANCES, CODE_DISTANCES } from '../scalar-codes/simd.ts';
import {
  type FunctionScope,
  integers,
  type Local,
  type Locals,
  type ModuleBuilder,
  type Signature,
} from '../wasm/assembler.ts';
import { block, br, brIf, forUp, ifThen, loop, ret, whileDo } from '../wasm/control.ts';
import { Label } from '../wasm/encoding.ts';
import type { I32, Statement } from '../wasm/expressions.ts';
import { i32, i64, select, v128 } from '../wasm/instructions.ts';
import { fetchLines } from '../wasm/rows.ts';
import type { WasmFunction } from '../wasm/webassembly.ts';
import type { GraphWalkKernels, LayerWalk, WalkStart } from './kernel.ts';

const ENTRY = 8;

type Measure = Signature & { readonly out: 'i32'; readonly ids: 'i32'; readonly count: 'i32' };

interface Pool {
  /** Addresses: its first entry, and after its last, now and when it is full. */
  readonly first: Local<'i32'>;
  readonly end: Local<'i32'>;
  readonly limit: Local<'i32'>;
}

/** place = the first entry that is not before `key`, in a pool that is not empty. */
function findPlace(f: FunctionScope, { first, end }: Pool, key: Local<'i64'>, place: Local<'i32'>): Statement[] {
  const length = f.local('i32');
  const half = f.local('i32');
  const middle = f.local('i32');
  const isBefore = (entry: I32) => i64.lt_u(i64.load(entry), key);
  return [
    place.set(first),
    length.set(i32.sub(end, first)),
    whileDo(i32.gt_u(length, ENTRY), [
      half.set(i32.and(i32.shr_u(length, 1), -ENTRY)),
      middle.set(i32.add(place, half)),
      place.set(select(middle, place, isBefore(i32.sub(middle, ENTRY)))),
      length.set(i32.sub(length, half)),
    ]),
    place.set(i32.add(place, i32.mul(isBefore(place), ENTRY))),
  ];
}

/** Entries from `place` on move up by one, the last of a full pool falls out, and `key` takes the place. */
function insertAt(f: FunctionScope, { end, limit }: Pool, key: Local<'i64'>, place: Local<'i32'>): Statement[] {
  const from = f.local('i32');
  return [
    end.set(select(limit, i32.add(end, ENTRY), i32.eq(end, limit))),
    from.set(i32.sub(end, 3 * ENTRY)), // the last two that move
    whileDo(i32.ge_s(i32.sub(from, place), 0), [
      v128.store(from, v128.load(from), ENTRY),
      from.set(i32.sub(from, 2 * ENTRY)),
    ]),
    ifThen(i32.eq(i32.add(from, ENTRY), place), [i64.store(place, i64.load(place), ENTRY)]),
    i64.store(place, key),
  ];
}

/** Writes those neighbors to `ids` that this search has not met, without a branch on it, and marks them. */
function gatherUnmet(
  f: FunctionScope,
  row: Local<'i32'>,
  degree: I32,
  visited: I32,
  mark: I32,
  ids: I32,
  next: Local<'i32'>,
): Statement[] {
  const neighbor = f.local('i32');
  const flag = f.local('i32');
  const end = f.local('i32');
  const done = new Label();
  const again = new Label();
  return [
    next.set(ids),
    end.set(i32.add(row, i32.shl(degree, 2))),
    block(done, [
      loop(again, [
        brIf(done, i32.ge_u(row, end)),
        neighbor.set(i32.load(row)),
        brIf(done, i32.lt_s(neighbor, 0)),
        i32.store(next, neighbor),
        flag.set(i32.add(visited, neighbor)),
        next.set(i32.add(next, i32.shl(i32.ne(i32.load8_u(flag), mark), 2))),
        i32.store8(flag, mark),
        row.set(i32.add(row, 4)),
        br(again),
      ]),
    ]),
  ];
}

const WALK = integers(
  'pool',
  'size',
  'capacity',
  'links',
  'degree',
  'lists',
  'listOffset',
  'visited',
  'mark',
  'ids',
  'distances',
  'work',
);

export function emitGraphWalk(module: ModuleBuilder): void {
  emitWalk(module, 'walkLayer', 'squaredDistances', SQUARED_DISTANCES);
  emitWalk(module, 'walkBytes', 'byteDistances', BYTE_DISTANCES);
  emitWalk(module, 'walkCodes', 'codeDistances', CODE_DISTANCES);
}

/** The walk over points that `measureName` measures; it takes what that function takes, but for what the walk itself gives it. */
function emitWalk(module: ModuleBuilder, name: string, measureName: string, signature: Measure): void {
  const measure = module.existing(measureName, signature, 'void');
  const { out: _out, ids: _ids, count: _count, ...points } = signature;
  module.func(name, { ...WALK, ...points }, 'i32', (all, f) => {
    const p: Locals<typeof WALK> = all;
    const [end, limit, cursor, place] = f.locals('i32', 4);
    const [nearest, row, next, count] = f.locals('i32', 4);
    const hops = f.local('i32');
    const measured = f.local('i32');
    const key = f.local('i64');
    const pool = { first: p.pool, end, limit };
    const done = new Label();
    const again = new Label();
    const offer = (i: Local<'i32'>): Statement[] => [
      key.set(
        i64.or(
          i64.shl(i64.extend_i32_u(i32.load(i32.add(p.distances, i))), i64.extend_i32_u(32)),
          i64.extend_i32_u(i32.shl(i32.load(i32.add(p.ids, i)), 1)),
        ),
      ),
      ifThen(i32.or(i32.ne(end, limit), i64.lt_u(key, i64.load(i32.sub(end, ENTRY)))), [
        ...findPlace(f, pool, key, place),
        ...insertAt(f, pool, key, place),
        cursor.set(select(place, cursor, i32.lt_u(place, cursor))),
      ]),
    ];
    /** row = the address of the list of an entry's point */
    const rowOf = (entry: I32): Statement[] => [
      row.set(i32.shr_u(entry, 1)),
      ifThen(p.lists, [row.set(i32.add(i32.load(i32.add(p.lists, i32.shl(row, 2))), p.listOffset))]),
      row.set(i32.add(p.links, i32.shl(i32.mul(row, p.degree), 2))),
    ];
    const lastOf = (list: I32): I32 => i32.add(list, i32.shl(i32.sub(p.degree, 1), 2));
    return [
      end.set(i32.add(p.pool, i32.shl(p.size, 3))),
      limit.set(i32.add(p.pool, i32.shl(p.capacity, 3))),
      forUp(f, p.pool, end, ENTRY, (entry) => [i32.store8(i32.add(p.visited, i32.shr_u(i32.load(entry), 1)), p.mark)]),
      cursor.set(p.pool),
      block(done, [
        loop(again, [
          brIf(done, i32.ge_u(cursor, end)),
          nearest.set(i32.load(cursor)),
          cursor.set(i32.add(cursor, ENTRY)),
          brIf(again, i32.and(nearest, 1)),
          i32.store(i32.sub(cursor, ENTRY), i32.or(nearest, 1)),
          hops.set(i32.add(hops, 1)),
          ...rowOf(nearest),
          ...gatherUnmet(f, row, p.degree, p.visited, p.mark, p.ids, next),
          count.set(i32.shr_u(i32.sub(next, p.ids), 2)),
          measured.set(i32.add(measured, count)),
          // The list that most likely comes next is on its way while distances are computed: 1.05 to 1.15 times as many queries a
          // second, ef from 10 to 160 (bench/kernels/graph-walk.ts; 50,000 x 256, M = 16).
          ifThen(i32.lt_u(cursor, end), [...rowOf(i32.load(cursor)), ...fetchLines(f, row, lastOf(row))]),
          measure.call({ ...all, out: p.distances, ids: p.ids, count }),
          forUp(f, 0, i32.shl(count, 2), 4, offer),
          br(again),
        ]),
      ]),
      i32.store(p.work, hops),
      i32.store(p.work, measured, 4),
      ret(i32.shr_u(i32.sub(end, p.pool), 3)),
    ];
  });
}

export function bindGraphWalk({ func, at, counts }: Link): GraphWalkKernels {
  const [overVectors, overBytes, overCodes] = [func('walkLayer'), func('walkBytes'), func('walkCodes')];
  const [poolAt, linksAt, listsAt, visitedAt] = [remembering(at), remembering(at), remembering(at), remembering(at)];
  const [idsAt, outAt, workAt] = [remembering(at), remembering(at), remembering(at)];
  const [queryAt, baseAt, stepsAt] = [remembering(at), remembering(at), remembering(at)];
  /** Walks, and counts what was measured; p0 to p3 tell of the points. Spread operands would make an array for every call. */
  function run(
    func: WasmFunction,
    walk: LayerWalk,
    { size, capacity, mark }: WalkStart,
    dim: number,
    p0: number,
    p1: number,
    p2: number,
    p3: number,
  ): number {
    const { links, degree, lists, listOffset, visited, ids, distances, pool, work } = walk;
    const left = func(
      poolAt(pool, 2 * capacity),
      size,
      capacity,
      linksAt(links, 0),
      degree,
      lists ? listsAt(lists, 0) : 0,
      listOffset,
      visitedAt(visited, 0),
      mark,
      idsAt(ids, degree),
      outAt(distances, degree),
      workAt(work, 2),
      p0,
      p1,
      p2,
      p3,
    );
    countDistances(counts, work[1]!, dim);
    return left;
  }
  return {
    walkLayer(walk, start, query, queryOffset, base, dim) {
      const own = queryAt(query, queryOffset + dim) + 4 * queryOffset;
      return run(overVectors, walk, start, dim, own, baseAt(base, 0), dim, 0);
    },
    walkBytes(walk, start, query, queryOffset, codes, dim, scale) {
      const own = queryAt(query, queryOffset + dim) + queryOffset;
      return run(overBytes, walk, start, dim, own, baseAt(codes, 0), dim, scale);
    },
    walkCodes(walk, start, target, steps, codes, dim) {
      return run(overCodes, walk, start, dim, queryAt(target, dim), stepsAt(steps, dim), baseAt(codes, 0), dim);
    },
  };
}
