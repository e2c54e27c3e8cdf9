/**
 * Product codes compared with four queries at once, one in each lane: an entry of the four tables is one vector, so that one load and
 * one addition serve four queries, and no lane waits for another. 3.4 to 3.6 times the speed of one query at a time (bench/kernels/codes.ts).
 */

import { TABLE_STRIDE } from '../table-scan/reference.ts';
import { along, ROWS as CHUNK_ROWS, inRows } from '../threads/job.ts';
import { OFFER_MANY } from '../top-k/simd.ts';
import { forUp, ifThen, integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { f32, i32, select } from '../wasm/instructions.ts';
import type { Link } from '../wasm/link.ts';
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

export function emitProductSearch(module: ModuleBuilder): void {
  emitUsedCodes(module);
  const fill = emitTables(module);
  const scan = emitScan(module);
  const alone = emitAlone(module);
  const signature = integers(
    'topDistances',
    'topIds',
    'k',
    'queries',
    'visitors',
    'visitorCount',
    'origin',
    'codebooks',
    'centroids',
    'codes',
    'count',
    'ids',
    'first',
    'm',
    'partDim',
    'used',
    'together',
    'scratch',
  );
  module.func('offerProductCodes', signature, 'void', (search, f) => {
    const { topDistances, topIds, k, queries, visitors, visitorCount, origin, together, scratch } = search;
    const { codebooks, centroids, codes, count, ids, first, m, partDim, used } = search;
    const [dim, tables, query, place] = f.locals('i32', 4);
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
                  topDistances: heap(topDistances),
                  topIds: heap(topIds),
                  k,
                  residuals,
                  codebooks,
                  centroids,
                  codes,
                  count,
                  ids,
                  first,
                  m,
                  partDim,
                }),
              ],
            ),
          ],
        ),
      ]),
    ];
  });
}

/** One query: its table, then blocks of sums. */
function emitAlone(module: ModuleBuilder) {
  const distances = module.existing('squaredDistanceScan', integers('out', 'query', 'base', 'count', 'dim'), 'void');
  const sums = module.existing('tableSumScan', integers('out', 'table', 'codes', 'count', 'm'), 'void');
  const offerMany = module.existing('offerDistances', OFFER_MANY, 'void');
  const signature = integers(
    'topDistances',
    'topIds',
    'k',
    'residuals',
    'codebooks',
    'centroids',
    'codes',
    'count',
    'ids',
    'first',
    'm',
    'partDim',
  );
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
