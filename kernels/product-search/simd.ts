/**
 * Product codes compared with four queries at once, one in each lane: an entry of the four tables is one vector, so that one load and
 * one addition serve four queries, and no lane waits for another. 3.4 to 3.6 times the speed of one query at a time (bench/kernels/codes.ts).
 */

import type { Link } from '../link.ts';
import { TABLE_STRIDE } from '../table-scan/reference.ts';
import { along, ROWS as CHUNK_ROWS, inRows } from '../threads/job.ts';
import { OFFER_MANY } from '../top-k/simd.ts';
import { type FunctionScope, integers, type Local, type Locals, type ModuleBuilder } from '../wasm/assembler.ts';
import { forUp, ifThen } from '../wasm/control.ts';
import type { Statement } from '../wasm/expressions.ts';
import { f32, i32, select } from '../wasm/instructions.ts';
import { SCRATCH_BYTES } from '../wasm/memory.ts';
import type { ProductSearchKernels } from './kernel.ts';
import { countProductSearch } from './reference.ts';
import { emitScan, HEAPS, SCAN_BYTES, WORST } from './scan-simd.ts';
import { emitTables, emitUsedCodes, LANE_BYTES, LANES, PART_BYTES, USED_BYTES } from './tables-simd.ts';

type I = Local<'i32'>;

/** Bytes of one table of a part. */
const ONE_PART_BYTES = 4 * TABLE_STRIDE;
/** Scratch: what the scan has there; then residuals and tables. */
const RESIDUALS = SCAN_BYTES;
/** Codes of one query that are summed before they are offered. */
const BLOCK = 2048;

/** In a list of as many codes for each centroid, nearly all centroids occur. */
const CODES_PER_CENTROID = 2;

/** Operands of `offerProductCodes`; `codes`, `ids` (0 without them) and `first` are those of the first row that is searched. */
const SEARCH = {
  ...integers('topDistances', 'topIds', 'k', 'queries', 'queryIds', 'queryCount', 'origin'),
  ...integers('codebooks', 'centroids', 'codes', 'count', 'ids', 'first', 'm', 'partDim'),
  ...integers('used', 'together', 'scratch'),
} as const;

export function emitProductSearch(module: ModuleBuilder): void {
  emitUsedCodes(module);
  const fill = emitTables(module);
  const scan = emitScan(module);
  const alone = emitAlone(module);
  module.func('offerProductCodes', SEARCH, 'void', (search, f) => {
    const { queryIds, queryCount, m, partDim, together, scratch } = search;
    const [dim, tables, query] = f.locals('i32', 3);
    const residuals = i32.add(scratch, RESIDUALS);
    const own = ofQuery(search, dim, query);
    const four = (v: I) => [
      ...[0, 1, 2, 3].flatMap((lane) => fillLane(f, search, own, v, lane)),
      fill.call({ ...search, tables, residuals }),
      scan.call({ ...search, tables }),
    ];
    const single = (v: I) => [
      query.set(i32.load(i32.add(queryIds, i32.shl(v, 2)))),
      forUp(f, 0, dim, 1, (i) => [f32.store(i32.add(scratch, i32.shl(i, 2)), own.residual(i), RESIDUALS)]),
      alone.call({ ...search, topDistances: own.topDistances, topIds: own.topIds, residuals }),
    ];
    return [
      dim.set(i32.mul(m, partDim)),
      tables.set(i32.add(residuals, i32.shl(dim, 4))),
      forUp(f, 0, queryCount, LANES, (v) => {
        const end = select(i32.add(v, LANES), queryCount, i32.lt_u(i32.add(v, LANES), queryCount));
        const several = i32.and(together, i32.gt_u(i32.sub(queryCount, v), 1));
        return [ifThen(several, four(v), [forUp(f, v, end, 1, single)])];
      }),
    ];
  });
}

/** Where the heap of a query lies, and number i of what is left of it without the origin. */
function ofQuery({ topDistances, topIds, k, queries, origin }: Locals<typeof SEARCH>, dim: I, query: I) {
  const heap = (array: I) => i32.add(array, i32.shl(i32.mul(query, k), 2));
  const residual = (i: I) => {
    const value = f32.load(i32.add(queries, i32.shl(i32.add(i32.mul(query, dim), i), 2)));
    return f32.sub(value, f32.load(i32.add(origin, i32.shl(i, 2))));
  };
  return { dim, query, topDistances: heap(topDistances), topIds: heap(topIds), residual };
}

/** What the scan of four queries needs of query v + lane; without one the lane repeats query v and keeps nothing. */
function fillLane(
  f: FunctionScope,
  { queryIds, queryCount, scratch }: Locals<typeof SEARCH>,
  { dim, query, topDistances, topIds, residual }: ReturnType<typeof ofQuery>,
  v: I,
  lane: number,
): Statement[] {
  const place = f.local('i32');
  const nothing = f32.const(Number.NEGATIVE_INFINITY);
  const worst = select(f32.load(topDistances), nothing, i32.lt_u(i32.add(v, lane), queryCount));
  return [
    place.set(i32.add(v, lane)),
    place.set(select(place, v, i32.lt_u(place, queryCount))),
    query.set(i32.load(i32.add(queryIds, i32.shl(place, 2)))),
    i32.store(scratch, topDistances, HEAPS + 8 * lane),
    i32.store(scratch, topIds, HEAPS + 8 * lane + 4),
    f32.store(scratch, worst, WORST + 4 * lane),
    forUp(f, 0, dim, 1, (i) => [f32.store(i32.add(scratch, i32.shl(i, 4)), residual(i), RESIDUALS + 4 * lane)]),
  ];
}

/** One query: its table, then blocks of sums. */
function emitAlone(module: ModuleBuilder) {
  const distances = module.existing('squaredDistanceScan', integers('out', 'query', 'base', 'count', 'dim'), 'void');
  const sums = module.existing('tableSumScan', integers('out', 'table', 'codes', 'count', 'm'), 'void');
  const offerMany = module.existing('offerDistances', OFFER_MANY, 'void');
  const signature = {
    ...integers('topDistances', 'topIds', 'k', 'residuals'),
    ...integers('codebooks', 'centroids', 'codes', 'count', 'ids', 'first', 'm', 'partDim'),
  } as const;
  return module.func('offerProductCodesAlone', signature, 'void', (operands, f) => {
    const { topDistances, topIds, k, residuals, codebooks, centroids, codes, count, ids, first, m, partDim } = operands;
    const [table, out, rows] = f.locals('i32', 3);
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
          topDistances,
          topIds,
          k,
          distances: out,
          first: i32.add(first, from),
          count: rows,
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
    offerProductCodes(topDistances, topIds, k, queries, queryIds, queryCount, origin, product) {
      const { codes, first, count, ids, codebooks, m, centroids, dim } = product;
      const used = m * USED_BYTES;
      const room = scratch(RESIDUALS + 4 * dim + m * ONE_PART_BYTES + 4 * BLOCK + used);
      const fits = RESIDUALS + LANE_BYTES * dim + m * PART_BYTES + used <= SCRATCH_BYTES;
      const grid = inRows(queryCount, CENTROID * centroids * dim + ENTRY * count * m, LANES);
      const asked = [at(queries, dim), along(at(queryIds, queryCount), 4), CHUNK_ROWS, at(origin, dim)] as const;
      const rows = at(codes, (first + count) * m) + first * m;
      const names = ids ? at(ids, first + count) + 4 * first : 0;
      const read = [at(codebooks, centroids * dim), centroids, rows, count, names, first, m, dim / m] as const;
      const usedCodes = room + SCRATCH_BYTES - used; // of the caller, where the other threads read it
      const all = count >= CODES_PER_CENTROID * centroids;
      if (fits && queryCount > 1) listUsedCodes(usedCodes, room, rows, count, m, centroids, Number(all));
      const heaps = [at(topDistances, k), at(topIds, k), k] as const;
      offerProductCodes(grid, [...heaps, ...asked, ...read, usedCodes, Number(fits), { scratch: 0 }]);
      countProductSearch(counts, queryCount, product);
    },
  };
}
