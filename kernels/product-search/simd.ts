/**
 * Product codes compared with four queries at once, one in each lane: an entry of the four tables is one vector, so that one load and
 * one addition serve four queries, and no lane waits for another. 3.4 to 3.6 times the speed of one query at a time (bench/kernels/codes.ts).
 */
import { type FunctionScope, forUp, ifThen, type Local, type ModuleBuilder, whileDo } from '../assembler.ts';
import { f32, f32x4, type I32, i32, i32x4, memory, type Statement, select, v128 } from '../instructions.ts';
import type { Link } from '../link.ts';
import { SCRATCH_BYTES } from '../memory.ts';
import { TABLE_STRIDE } from '../table-scan/reference.ts';
import { along, ROWS as CHUNK_ROWS, inRows } from '../threads/job.ts';
import { OFFER, OFFER_MANY } from '../top-k/simd.ts';
import type { ProductSearchKernels } from './kernel.ts';
import { countProductSearch } from './reference.ts';

type I = Local<'i32'>;
type V = Local<'v128'>;

/** Queries side by side, one a lane. */
const LANES = 4;
const LANE_BYTES = 4 * LANES;
/** Bytes of the four tables of a part, and of one table. */
const PART_BYTES = LANE_BYTES * TABLE_STRIDE;
const ONE_PART_BYTES = 4 * TABLE_STRIDE;
/** Centroids whose distances are computed side by side. */
const PAIR = 2;
/** Codes whose sums run side by side, and parts a turn of their loop. */
const CODES = 4;
const UNROLLED = 4;
/** Codes of one query that are summed before they are offered. */
const BLOCK = 2048;

/** Scratch: the worst distance of each lane, its heap (distances, ids), the sums of four codes; then residuals and tables. */
const WORST = 0;
const HEAPS = 16;
const SUMS = 48;
const RESIDUALS = 112;
/** Of each part, how many codes occur, and which, the last one twice; only their entries of tables are computed. */
const USED_BYTES = 4 * (TABLE_STRIDE + 2);
/** In a list of as many codes for each centroid, nearly all centroids occur. */
const CODES_PER_CENTROID = 2;

const SCAN = {
  scratch: 'i32',
  tables: 'i32',
  codes: 'i32',
  count: 'i32',
  ids: 'i32',
  first: 'i32',
  m: 'i32',
  k: 'i32',
} as const;

export function emitProductSearch(module: ModuleBuilder): void {
  emitUsedCodes(module);
  const fill = emitTables(module);
  const scan = emitScan(module);
  const alone = emitAlone(module);
  const signature = {
    topDistances: 'i32',
    topIds: 'i32',
    k: 'i32',
    queries: 'i32',
    visitors: 'i32',
    visitorCount: 'i32',
    origin: 'i32',
    codebooks: 'i32',
    centroids: 'i32',
    codes: 'i32',
    count: 'i32',
    ids: 'i32',
    first: 'i32',
    m: 'i32',
    partDim: 'i32',
    used: 'i32',
    together: 'i32',
    scratch: 'i32',
  } as const;
  module.func('offerProductCodes', signature, 'void', (search, f) => {
    const { topDistances, topIds, k, queries, visitors, visitorCount, origin, together, scratch } = search;
    const { codebooks, centroids, codes, count, ids, first, m, partDim, used } = search;
    const [dim, tables, query, place] = f.locals('i32', 4) as [I, I, I, I];
    const heap = (array: I) => i32.add(array, i32.shl(i32.mul(query, k), 2));
    const value = (i: I) => {
      const own = f32.load(i32.add(queries, i32.shl(i32.add(i32.mul(query, dim), i), 2)));
      return f32.sub(own, f32.load(i32.add(origin, i32.shl(i, 2))));
    };
    const lane = (v: I, lane: number) => [
      place.set(i32.add(v, lane)),
      place.set(select(place, v, i32.lt_u(place, visitorCount))), // a lane without a query repeats the first and keeps nothing
      query.set(i32.load(i32.add(visitors, i32.shl(place, 2)))),
      i32.store(scratch, heap(topDistances), HEAPS + 8 * lane),
      i32.store(scratch, heap(topIds), HEAPS + 8 * lane + 4),
      f32.store(
        scratch,
        select(
          f32.load(heap(topDistances)),
          f32.const(Number.NEGATIVE_INFINITY),
          i32.lt_u(i32.add(v, lane), visitorCount),
        ),
        WORST + 4 * lane,
      ),
      forUp(f, 0, dim, 1, (i) => [f32.store(i32.add(scratch, i32.shl(i, 4)), value(i), RESIDUALS + 4 * lane)]),
    ];
    const residuals = i32.add(scratch, RESIDUALS);
    return [
      dim.set(i32.mul(m, partDim)),
      tables.set(i32.add(residuals, i32.shl(dim, 4))),
      forUp(f, 0, visitorCount, LANES, (v) => [
        ifThen(
          i32.and(together, i32.gt_u(i32.sub(visitorCount, v), 1)),
          [
            ...[0, 1, 2, 3].flatMap((one) => lane(v, one)),
            fill.call({ tables, residuals, codebooks, centroids, m, partDim, used }),
            scan.call({ scratch, tables, codes, count, ids, first, m, k }),
          ],
          [
            forUp(
              f,
              v,
              select(i32.add(v, LANES), visitorCount, i32.lt_u(i32.add(v, LANES), visitorCount)),
              1,
              (one) => [
                query.set(i32.load(i32.add(visitors, i32.shl(one, 2)))),
                forUp(f, 0, dim, 1, (i) => [f32.store(i32.add(scratch, i32.shl(i, 2)), value(i), RESIDUALS)]),
                alone.call({
                  ...{
                    topDistances: heap(topDistances),
                    topIds: heap(topIds),
                    k,
                    residuals,
                    codebooks,
                    centroids,
                    codes,
                  },
                  ...{ count, ids, first, m, partDim },
                }),
              ],
            ),
          ],
        ),
      ]),
    ];
  });
}

/** Writes down which codes occur in each part, in the order in which they are met; all of them with `all`. */
function emitUsedCodes(module: ModuleBuilder): void {
  const signature = {
    used: 'i32',
    met: 'i32',
    codes: 'i32',
    count: 'i32',
    m: 'i32',
    centroids: 'i32',
    all: 'i32',
  } as const;
  module.func('listUsedCodes', signature, 'void', ({ used, met, codes, count, m, centroids, all }, f) => {
    const [place, code] = f.locals('i32', 2) as [I, I];
    return [
      forUp(f, 0, m, 1, (s) => [
        place.set(i32.add(used, 4)),
        ifThen(
          all,
          [forUp(f, 0, centroids, 1, (j) => [i32.store(place, j), place.set(i32.add(place, 4))])],
          [
            memory.fill(met, 0, TABLE_STRIDE),
            forUp(f, i32.add(codes, s), i32.add(codes, i32.mul(count, m)), m, (at) => [
              code.set(i32.load8_u(at)),
              // Without a branch, which would be foretold wrongly half the time: a code that was met is written over by the next.
              i32.store(place, code),
              place.set(i32.add(place, i32.shl(i32.eqz(i32.load8_u(i32.add(met, code))), 2))),
              i32.store8(i32.add(met, code), 1),
            ]),
          ],
        ),
        i32.store(used, i32.shr_u(i32.sub(i32.sub(place, used), 4), 2)),
        i32.store(place, i32.load(i32.sub(place, 4))),
        used.set(i32.add(used, USED_BYTES)),
      ]),
    ];
  });
}

/** tables[s, j] = the distances of part s of four residuals from centroid j; residuals and entries are vectors of four queries. */
function emitTables(module: ModuleBuilder) {
  const signature = {
    tables: 'i32',
    residuals: 'i32',
    codebooks: 'i32',
    centroids: 'i32',
    m: 'i32',
    partDim: 'i32',
    used: 'i32',
  } as const;
  return module.func('fillProductTables', signature, 'void', (operands, f) => {
    const { tables, residuals, codebooks, centroids, m, partDim, used } = operands;
    const sums = Array.from({ length: PAIR }, () => f.locals('v128', 4)); // the lanes of the definition, i mod 4
    const [own, difference] = f.locals('v128', 2) as [V, V];
    const [place, rest] = f.locals('i32', 2) as [I, I];
    const codes = f.locals('i32', PAIR);
    const at = f.locals('i32', PAIR);
    const add = (lane: number) => [
      own.set(v128.load(place, LANE_BYTES * lane)),
      ...sums.flatMap((lanes, c) => [
        difference.set(f32x4.sub(own, v128.load32_splat(at[c]!, 4 * lane))),
        lanes[lane]!.set(f32x4.add(lanes[lane]!, f32x4.mul(difference, difference))),
      ]),
    ];
    const entry = (c: number) => i32.add(tables, i32.mul(codes[c]!, LANE_BYTES));
    return [
      forUp(f, 0, m, 1, () => [
        forUp(f, 0, i32.load(used), PAIR, (t) => [
          ...codes.flatMap((code, c) => [
            code.set(i32.load(i32.add(used, i32.shl(t, 2)), 4 + 4 * c)),
            at[c]!.set(i32.add(codebooks, i32.mul(code, i32.shl(partDim, 2)))),
          ]),
          place.set(residuals),
          ...sums.flat().map((sum) => sum.set(f32x4.const(0))),
          forUp(f, 0, i32.shr_u(partDim, 2), 1, () => [
            ...[0, 1, 2, 3].flatMap(add),
            place.set(i32.add(place, 4 * LANE_BYTES)),
            ...at.map((one) => one.set(i32.add(one, 16))),
          ]),
          rest.set(i32.and(partDim, 3)),
          ...[0, 1, 2].map((lane) => ifThen(i32.gt_u(rest, lane), add(lane))),
          ...sums.map(([l0, l1, l2, l3], c) =>
            v128.store(entry(c), f32x4.add(f32x4.add(l0!, l2!), f32x4.add(l1!, l3!))),
          ),
        ]),
        tables.set(i32.add(tables, PART_BYTES)),
        used.set(i32.add(used, USED_BYTES)),
        codebooks.set(i32.add(codebooks, i32.mul(centroids, i32.shl(partDim, 2)))),
        residuals.set(i32.add(residuals, i32.mul(partDim, LANE_BYTES))),
      ]),
    ];
  });
}

/** Offers the sums of all codes to the heaps of the four lanes. */
function emitScan(module: ModuleBuilder) {
  const keep = emitKeep(module);
  return module.func('scanProductCodes', SCAN, 'void', (operands, f) => {
    const { scratch, tables, codes, count, ids, first, m, k } = operands;
    const row = f.local('i32');
    const worst = f.local('v128');
    const readWorst = worst.set(v128.load(scratch, WORST));
    const group = (size: number): Statement[] => {
      const sums = f.locals('v128', size);
      const hits = f.local('i32');
      const near = sums.map((sum, g) => i32.shl(i32x4.bitmask(f32x4.le(sum, worst)), 4 * g));
      return [
        ...addParts(f, sums, codes, tables, m),
        hits.set(near.reduce((all, one) => i32.or(all, one))),
        ifThen(hits, [
          ...sums.map((sum, g) => v128.store(scratch, sum, SUMS + LANE_BYTES * g)),
          keep.call({
            scratch,
            hits,
            ids: select(i32.add(ids, i32.shl(row, 2)), i32.const(0), ids),
            first: i32.add(first, row),
            k,
          }),
          readWorst,
        ]),
        row.set(i32.add(row, size)),
        codes.set(i32.add(codes, i32.mul(m, size))),
      ];
    };
    return [
      readWorst,
      forUp(f, 0, i32.div_u(count, CODES), 1, () => group(CODES)),
      forUp(f, 0, i32.rem_u(count, CODES), 1, () => group(1)),
    ];
  });
}

/** sums[g] = the entries of code g, added in the order of parts. */
function addParts(f: FunctionScope, sums: readonly V[], codes: I, tables: I, m: I): Statement[] {
  const rows = f.locals('i32', sums.length);
  const part = f.local('i32');
  const whole = f.local('i32');
  const add = (s: I32, step: number) =>
    sums.map((sum, g) => {
      const entry = i32.add(part, i32.shl(i32.load8_u(i32.add(rows[g]!, s), step), 4));
      return sum.set(f32x4.add(sum, v128.load(entry, step * PART_BYTES)));
    });
  return [
    ...rows.map((row, g) => row.set(g === 0 ? codes : i32.add(rows[g - 1]!, m))),
    ...sums.map((sum) => sum.set(f32x4.const(0))),
    part.set(tables),
    whole.set(i32.and(m, -UNROLLED)),
    forUp(f, 0, whole, UNROLLED, (s) => [
      ...Array.from({ length: UNROLLED }, (_, step) => add(s, step)).flat(),
      part.set(i32.add(part, UNROLLED * PART_BYTES)),
    ]),
    forUp(f, whole, m, 1, (s) => [...add(s, 0), part.set(i32.add(part, PART_BYTES))]),
  ];
}

/** Offers the sums whose bits are set: bit 4g + lane is that of code g for the query of the lane. */
function emitKeep(module: ModuleBuilder) {
  const offer = module.existing('offerPair', OFFER, 'void');
  const signature = { scratch: 'i32', hits: 'i32', ids: 'i32', first: 'i32', k: 'i32' } as const;
  return module.func('keepProductCodes', signature, 'void', ({ scratch, hits, ids, first, k }, f) => {
    const [bit, code, heap] = f.locals('i32', 3) as [I, I, I];
    return [
      whileDo(hits, [
        bit.set(i32.ctz(hits)),
        code.set(i32.shr_u(bit, 2)),
        heap.set(i32.add(scratch, i32.shl(i32.and(bit, LANES - 1), 3))),
        offer.call({
          distances: i32.load(heap, HEAPS),
          ids: i32.load(heap, HEAPS + 4),
          k,
          distance: f32.load(i32.add(scratch, i32.shl(bit, 2)), SUMS),
          id: select(i32.load(i32.add(ids, i32.shl(code, 2))), i32.add(first, code), ids),
        }),
        f32.store(i32.add(scratch, i32.shl(i32.and(bit, LANES - 1), 2)), f32.load(i32.load(heap, HEAPS)), WORST),
        hits.set(i32.and(hits, i32.sub(hits, 1))),
      ]),
    ];
  });
}

/** One query: its table, then blocks of sums. */
function emitAlone(module: ModuleBuilder) {
  const distances = module.existing(
    'squaredDistanceScan',
    { out: 'i32', query: 'i32', base: 'i32', count: 'i32', dim: 'i32' },
    'void',
  );
  const sums = module.existing(
    'tableSumScan',
    { out: 'i32', table: 'i32', codes: 'i32', count: 'i32', m: 'i32' },
    'void',
  );
  const offerMany = module.existing('offerDistances', OFFER_MANY, 'void');
  const signature = {
    topDistances: 'i32',
    topIds: 'i32',
    k: 'i32',
    residuals: 'i32',
    codebooks: 'i32',
    centroids: 'i32',
    codes: 'i32',
    count: 'i32',
    ids: 'i32',
    first: 'i32',
    m: 'i32',
    partDim: 'i32',
  } as const;
  return module.func('offerProductCodesAlone', signature, 'void', (operands, f) => {
    const { topDistances, topIds, k, residuals, codebooks, centroids, codes, count, ids, first, m, partDim } = operands;
    const [table, out, rows] = f.locals('i32', 3) as [I, I, I];
    const bytes = i32.shl(partDim, 2);
    return [
      table.set(i32.add(residuals, i32.mul(m, bytes))),
      out.set(i32.add(table, i32.mul(m, ONE_PART_BYTES))),
      forUp(f, 0, m, 1, (s) => [
        distances.call({
          out: i32.add(table, i32.mul(s, ONE_PART_BYTES)),
          query: i32.add(residuals, i32.mul(s, bytes)),
          base: i32.add(codebooks, i32.mul(i32.mul(s, centroids), bytes)),
          count: centroids,
          dim: partDim,
        }),
      ]),
      forUp(f, 0, count, BLOCK, (from) => [
        rows.set(i32.sub(count, from)),
        rows.set(select(rows, i32.const(BLOCK), i32.lt_u(rows, BLOCK))),
        sums.call({ out, table, codes: i32.add(codes, i32.mul(from, m)), count: rows, m }),
        offerMany.call({
          ...{ topDistances, topIds, k, distances: out, first: i32.add(first, from), count: rows },
          ids: select(i32.add(ids, i32.shl(from, 2)), i32.const(0), ids),
        }),
      ]),
    ];
  });
}

/** About how long a query takes for a dimension of a centroid, and for a part of a code. */
const CENTROID = 0.1;
const ENTRY = 0.1;

export function bindProductSearch({ func, split, at, scratch, counts }: Link): ProductSearchKernels {
  const listUsedCodes = func('listUsedCodes');
  const offerProductCodes = split('offerProductCodes');
  return {
    offerProductCodes(topDistances, topIds, k, queries, visitors, visitorCount, origin, product) {
      const { codes, first, count, ids, codebooks, m, centroids, dim } = product;
      const used = m * USED_BYTES;
      const room = scratch(RESIDUALS + 4 * dim + m * ONE_PART_BYTES + 4 * BLOCK + used);
      const fits = RESIDUALS + LANE_BYTES * dim + m * PART_BYTES + used <= SCRATCH_BYTES;
      const grid = inRows(visitorCount, CENTROID * centroids * dim + ENTRY * count * m, LANES);
      const asked = [at(queries, dim), along(at(visitors, visitorCount), 4), CHUNK_ROWS, at(origin, dim)] as const;
      const rows = at(codes, (first + count) * m) + first * m;
      const names = ids ? at(ids, first + count) + 4 * first : 0;
      const read = [at(codebooks, centroids * dim), centroids, rows, count, names, first, m, dim / m] as const;
      const usedCodes = room + SCRATCH_BYTES - used; // of the caller, where the other threads read it
      const all = count >= CODES_PER_CENTROID * centroids;
      if (fits && visitorCount > 1) listUsedCodes(usedCodes, room, rows, count, m, centroids, Number(all));
      const heaps = [at(topDistances, k), at(topIds, k), k] as const;
      offerProductCodes(grid, [...heaps, ...asked, ...read, usedCodes, Number(fits), { scratch: 0 }]);
      countProductSearch(counts, visitorCount, product);
    },
  };
}
