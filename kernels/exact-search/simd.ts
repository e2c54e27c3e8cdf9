/**
 * Exact neighbors by products: |x - y|² = |x|² + |y|² - 2xy needs two thirds of the arithmetic of a distance, but cancels. So a product
 * only says which pairs cannot be among the k nearest, by a proven bound; the others are measured as distance/ defines it, and the
 * result is that of measuring all, at 1.55 to 1.8 times the speed (bench/kernels/codes.ts).
 *
 * The bound, with u = 2^-24, n = dim and |.| of the exact values: a sum of n products in four lanes errs by at most
 * (n/4 + 4) u |x||y| <= (n/4 + 4) u (|x|² + |y|²) / 2, a measured distance by (n/4 + 6) u of itself (Higham 2002, section 3.1). So
 *
 *   xy computed < shrink · (|x|² + |y|²) / 2 - grow · worst / 2
 *
 * with shrink = 1 - (n/2 + 64) u and grow = 1 + (n/3 + 64) u proves that the measured distance exceeds the worst one kept. The spare
 * parts of 64 u cover the rounding of this line itself; LEAST_WORST what underflows.
 */

import { countDistances } from '../distance/reference.ts';
import type { Link } from '../link.ts';
import { along, ROWS as CHUNK_ROWS, inRows } from '../threads/job.ts';
import { OFFER } from '../top-k/simd.ts';
import { type Func, type FunctionScope, integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { forUp, ifThen, whileDo } from '../wasm/control.ts';
import type { I32, Statement } from '../wasm/expressions.ts';
import { f32, f32x4, i32, i32x4, select, v128 } from '../wasm/instructions.ts';
import { lastFloats, reduceLanes } from '../wasm/lane-sums.ts';
import type { ExactSearchKernels } from './kernel.ts';
import { emitHalfNorms } from './norms-simd.ts';

type I = Local<'i32'>;
type V = Local<'v128'>;

const UNIT = 2 ** -24;
/** Added to the worst distance: more than the products of a million dimensions can lose below the smallest float. */
const LEAST_WORST = 2 ** -110;

/** Rows of base, and queries, whose eight products are computed side by side. */
const ROWS = 4;
const QUERIES = 2;

/** Queries that meet all rows before the next ones. Each has a record in scratch. */
const BLOCK = 64;
/** Survivors of a query wait for each other, so that their distances are computed side by side. */
const WAITING = 8;
const RECORD_BYTES = 64;
/** Places in a record: shrink · |x|² / 2, that minus grow · worst / 2, how many wait, and the rows that wait. */
const OWN = 0;
const LIMIT = 4;
const COUNT = 8;
const WAITERS = 16;
/** Scratch: distances of survivors, then the records. */
const RECORDS = 4 * WAITING;
const SCRATCH = RECORDS + RECORD_BYTES * BLOCK;
/** Rows of base of one call of the WebAssembly function: as many norms lie behind the records. */
const MOST_ROWS = 16384;

/** What is the same for a query and all its rows. */
const SEARCH = {
  ...integers('topDistances', 'topIds', 'k', 'query', 'base', 'firstId', 'dim', 'record', 'distances'),
  grow: 'f32',
} as const;

const DISTANCES = integers('out', 'query', 'base', 'ids', 'count', 'dim');

export function emitExactSearch(module: ModuleBuilder): void {
  const norms = emitHalfNorms(module);
  const measure = emitMeasure(module);
  const keep = emitKeep(module, measure);
  const meet = emitMeet(module, keep);
  const signature = {
    ...integers(
      'topDistances',
      'topIds',
      'k',
      'queries',
      'queryCount',
      'base',
      'baseCount',
      'firstId',
      'dim',
      'norms',
      'scratch',
    ),
    shrink: 'f32',
    grow: 'f32',
  } as const;
  module.func('offerRows', signature, 'void', (search, f) => {
    const { topDistances, topIds, k, queries, queryCount, base, baseCount, firstId, dim, scratch, shrink, grow } =
      search;
    const [count, record, i] = f.locals('i32', 3);
    const rowBytes = i32.shl(dim, 2);
    const own = (i: I) => ({
      topDistances: i32.add(topDistances, i32.mul(i, i32.shl(k, 2))),
      topIds: i32.add(topIds, i32.mul(i, i32.shl(k, 2))),
      k,
      query: i32.add(queries, i32.mul(i, rowBytes)),
      base,
      firstId,
      dim,
      record: i32.add(record, i32.mul(i, RECORD_BYTES)),
      distances: scratch,
      grow,
    });
    return [
      record.set(i32.add(scratch, RECORDS)),
      forUp(f, 0, queryCount, BLOCK, (first) => [
        count.set(i32.sub(queryCount, first)),
        count.set(select(count, i32.const(BLOCK), i32.lt_u(count, BLOCK))),
        norms.call({ out: record, step: RECORD_BYTES, rows: queries, count, dim, shrink }),
        i.set(0),
        whileDo(i32.lt_u(i, count), [
          i32.store(i32.add(record, i32.mul(i, RECORD_BYTES)), 0, COUNT),
          measure.call(own(i)),
          i.set(i32.add(i, 1)),
        ]),
        i.set(0),
        meet.call({ ...own(i), queryCount: count, baseCount, norms: search.norms }),
        whileDo(i32.lt_u(i, count), [measure.call(own(i)), i.set(i32.add(i, 1))]),
        queries.set(i32.add(queries, i32.mul(count, rowBytes))),
        topDistances.set(i32.add(topDistances, i32.mul(count, i32.shl(k, 2)))),
        topIds.set(i32.add(topIds, i32.mul(count, i32.shl(k, 2)))),
      ]),
    ];
  });
}

/** Measures and offers the rows that wait, and sets the limit of the query by its worst distance. */
function emitMeasure(module: ModuleBuilder) {
  const offer = module.existing('offerPair', OFFER, 'void');
  const squaredDistances = module.existing('squaredDistances', DISTANCES, 'void');
  return module.func('measureWaiting', SEARCH, 'void', (search, f) => {
    const { topDistances, topIds, k, query, base, firstId, dim, record, distances, grow } = search;
    const worst = f32.add(f32.load(topDistances), LEAST_WORST);
    const count = f.local('i32');
    const ids = i32.add(record, WAITERS);
    return [
      count.set(i32.load(record, COUNT)),
      ifThen(count, [
        squaredDistances.call({ out: distances, query, base, ids, count, dim }),
        forUp(f, 0, i32.shl(count, 2), 4, (place) => [
          offer.call({
            distances: topDistances,
            ids: topIds,
            k,
            distance: f32.load(i32.add(distances, place)),
            id: i32.add(firstId, i32.load(i32.add(ids, place))),
          }),
        ]),
        i32.store(record, 0, COUNT),
      ]),
      f32.store(record, f32.sub(f32.load(record, OWN), f32.mul(worst, f32.mul(grow, 0.5))), LIMIT),
    ];
  });
}

/** The rows from `row` on whose bits are set wait, or are measured once enough do. */
function emitKeep(module: ModuleBuilder, measure: Func<typeof SEARCH, 'void'>) {
  const signature = { ...SEARCH, row: 'i32', rows: 'i32' } as const;
  return module.func('keepRows', signature, 'void', ({ row, rows, ...search }, f) => {
    const count = f.local('i32');
    const { record } = search;
    return [
      count.set(i32.load(record, COUNT)),
      whileDo(rows, [
        i32.store(i32.add(record, i32.shl(count, 2)), i32.add(row, i32.ctz(rows)), WAITERS),
        count.set(i32.add(count, 1)),
        i32.store(record, count, COUNT),
        ifThen(i32.eq(count, WAITING), [measure.call(search), count.set(0)]),
        rows.set(i32.and(rows, i32.sub(rows, 1))),
      ]),
    ];
  });
}

/** All pairs of a block of queries and the rows: 2 x 4 products at a time. */
function emitMeet(module: ModuleBuilder, keep: ReturnType<typeof emitKeep>) {
  const signature = { ...SEARCH, ...integers('queryCount', 'baseCount', 'norms') } as const;
  return module.func('meetRows', signature, 'void', ({ queryCount, baseCount, norms, ...search }, f) => {
    const { topDistances, topIds, k, query, base, dim, record } = search;
    const [whole, rowBytes, hits, left] = f.locals('i32', 4);
    const rows = f.locals('i32', ROWS);
    const half = f.local('v128');
    const i = f.local('i32');
    const own = f.local('i32'); // record of query i
    const asked = f.local('i32'); // query i
    const begin = [i.set(0), own.set(record), asked.set(query)];
    const advance = (queries: number) => [
      i.set(i32.add(i, queries)),
      own.set(i32.add(own, RECORD_BYTES * queries)),
      asked.set(i32.add(asked, i32.mul(rowBytes, queries))),
    ];
    const place = (q: number) => ({
      ...search,
      topDistances: i32.add(topDistances, i32.mul(i32.add(i, q), i32.shl(k, 2))),
      topIds: i32.add(topIds, i32.mul(i32.add(i, q), i32.shl(k, 2))),
      query: i32.add(asked, i32.mul(rowBytes, q)),
      record: i32.add(own, RECORD_BYTES * q),
    });
    const pairs = (queries: number, row: I): Statement[] => {
      const sums = Array.from({ length: queries }, () => f.locals('v128', ROWS));
      const dots = f.local('v128');
      return [
        ...products(f, sums, asked, rows, dim, whole, rowBytes),
        ...sums.flatMap((lanes, q) => [
          ...reduceLanes(f, dots, lanes),
          hits.set(
            i32.xor(
              i32x4.bitmask(f32x4.lt(dots, f32x4.add(half, v128.load32_splat(own, LIMIT + q * RECORD_BYTES)))),
              15,
            ),
          ),
          ifThen(hits, [keep.call({ ...place(q), row, rows: hits })]),
        ]),
        ...advance(queries),
      ];
    };
    return [
      rowBytes.set(i32.shl(dim, 2)),
      whole.set(i32.shl(i32.and(dim, -4), 2)),
      left.set(i32.and(baseCount, -ROWS)),
      forUp(f, 0, left, ROWS, (row) => [
        ...rows.map((one, g) => one.set(i32.add(base, i32.mul(i32.add(row, g), rowBytes)))),
        half.set(v128.load(i32.add(norms, i32.shl(row, 2)))),
        ...begin,
        forUp(f, 0, i32.shr_u(queryCount, 1), 1, () => pairs(QUERIES, row)),
        ifThen(i32.and(queryCount, 1), pairs(1, row)),
      ]),
      // The last rows, fewer than 4, are measured for every query.
      ifThen(i32.lt_u(left, baseCount), [
        ...begin,
        forUp(f, 0, queryCount, 1, () => [
          keep.call({ ...place(0), row: left, rows: i32.sub(i32.shl(1, i32.sub(baseCount, left)), 1) }),
          ...advance(1),
        ]),
      ]),
    ];
  });
}

/** sums[q][g] = the products of query q and row g, in four lanes. */
function products(
  f: FunctionScope,
  sums: readonly (readonly V[])[],
  query: I,
  rows: readonly I[],
  dim: I,
  whole: I,
  rowBytes: I,
): Statement[] {
  const own = f.locals('v128', sums.length);
  const row = f.local('v128');
  const address = (q: number, byte: I32) => i32.add(q === 0 ? query : i32.add(query, rowBytes), byte);
  const accumulate = (g: number) => sums.map((one, q) => one[g]!.set(f32x4.add(one[g]!, f32x4.mul(own[q]!, row))));
  return [
    ...sums.flat().map((sum) => sum.set(f32x4.const(0))),
    forUp(f, 0, whole, 16, (byte) => [
      ...own.map((one, q) => one.set(v128.load(address(q, byte)))),
      ...rows.flatMap((one, g) => [row.set(v128.load(i32.add(one, byte))), ...accumulate(g)]),
    ]),
    lastFloats(dim, (load) => [
      ...own.map((one, q) => one.set(load(address(q, whole)))),
      ...rows.flatMap((one, g) => [row.set(load(i32.add(one, whole))), ...accumulate(g)]),
    ]),
  ];
}

/** Fewer queries are compared by distances: the norms of the rows would cost what products save. */
const FEWEST_QUERIES = 3;
/** About how long a pair takes for one dimension. */
const NANOSECONDS = 0.06;
/** Queries of a chunk are a multiple of it: each chunk reads all rows. */
const GRAIN = 4;

export function bindExactSearch({ func, split, at, scratch, counts }: Link): ExactSearchKernels {
  const offerRows = split('offerRows');
  const halfNorms = func('halfNorms');
  const distanceScan = func('squaredDistanceScan');
  const offerDistances = func('offerDistances');
  const room = scratch(SCRATCH + 4 * MOST_ROWS);
  const norms = room + SCRATCH;
  return {
    offerRows(topDistances, topIds, k, queries, queryCount, base, baseCount, firstId, dim, meanwhile) {
      const shrink = 1 - (dim / 2 + 64) * UNIT;
      const grow = 1 + (dim / 3 + 64) * UNIT;
      const [tops, ids] = [at(topDistances, queryCount * k), at(topIds, queryCount * k)];
      const [asked, from] = [at(queries, queryCount * dim), at(base, baseCount * dim)];
      const own = [along(tops, 4 * k), along(ids, 4 * k), k, along(asked, 4 * dim), CHUNK_ROWS] as const;
      let other = meanwhile;
      for (let first = 0; first < baseCount; first += MOST_ROWS) {
        const count = Math.min(MOST_ROWS, baseCount - first);
        const rows = from + 4 * first * dim;
        if (queryCount >= FEWEST_QUERIES) {
          halfNorms(norms, 4, rows, count, dim, shrink);
          const grid = inRows(queryCount, NANOSECONDS * count * dim, GRAIN);
          offerRows(grid, [...own, rows, count, firstId + first, dim, norms, { scratch: 0 }, shrink, grow], other);
          other = undefined;
          continue;
        }
        for (let i = 0; i < queryCount; i++) {
          distanceScan(room, asked + 4 * i * dim, rows, count, dim);
          offerDistances(tops + 4 * i * k, ids + 4 * i * k, k, room, 0, firstId + first, count);
        }
      }
      other?.();
      countDistances(counts, queryCount * baseCount, dim);
    },
  };
}
