import { type Link, remembering } from '../link.ts';
import { along, COLUMNS, inRows, ROWS } from '../threads/job.ts';
import { type FunctionScope, integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { forUp, ifThen } from '../wasm/control.ts';
import type { Expression, I32, Statement } from '../wasm/expressions.ts';
import { f32, f32x4, i32, i32x4, v128 } from '../wasm/instructions.ts';
import { lastFloats } from '../wasm/lane-sums.ts';
import { fetchRows, rowGroups, rowsById, rowsInOrder } from '../wasm/rows.ts';
import type { DistanceKernels } from './kernel.ts';
import { countDistances } from './reference.ts';

/** Rows whose sums run side by side: as many independent cache misses in flight. */
const GROUP = 8;

/** How much of b `squaredDistanceMatrix` keeps in cache. */
const BLOCK_BYTES = 32768;

/** acc += (a - b)² in four lanes. */
function addSquare(
  acc: Local<'v128'>,
  difference: Local<'v128'>,
  a: Expression<'v128'>,
  b: Expression<'v128'>,
): Statement[] {
  return [difference.set(f32x4.sub(a, b)), acc.set(f32x4.add(acc, f32x4.mul(difference, difference)))];
}

/** (l0 + l2) + (l1 + l3) */
function reduce(f: FunctionScope, acc: Local<'v128'>): { set: Statement; value: Expression<'f32'> } {
  const halves = f.local('v128'); // l0 + l2, l1 + l3
  return {
    set: halves.set(f32x4.add(acc, i32x4.shuffle(acc, acc, [2, 3, 2, 3]))),
    value: f32.add(f32x4.extract_lane(halves, 0), f32x4.extract_lane(halves, 1)),
  };
}

/** Distances of the rows of a group from the query. One accumulator a row, so that the bits do not depend on the group. */
function distancesTo(f: FunctionScope, query: Local<'i32'>, dim: Local<'i32'>) {
  return (rows: readonly Local<'i32'>[], out: I32): Statement[] => {
    const sums = f.locals('v128', rows.length);
    const [q, difference] = f.locals('v128', 2);
    const place = f.local('i32');
    const addSquares = (load: (address: I32) => Expression<'v128'>, byte: I32): Statement[] => [
      q.set(load(i32.add(query, byte))),
      ...sums.flatMap((sum, g) => addSquare(sum, difference, load(i32.add(rows[g]!, byte)), q)),
    ];
    return [
      ...sums.map((sum) => sum.set(f32x4.const(0))),
      place.set(i32.shl(i32.and(dim, -4), 2)),
      forUp(f, 0, place, 16, (byte) => addSquares(v128.load, byte)),
      lastFloats(dim, (load) => addSquares(load, place)),
      ...sums.flatMap((sum, g) => {
        const { set, value } = reduce(f, sum);
        return [set, f32.store(out, value, 4 * g)];
      }),
    ];
  };
}

/** What `squaredDistances` takes. */
export const SQUARED_DISTANCES = integers('out', 'query', 'base', 'ids', 'count', 'dim');

export function emitDistance(module: ModuleBuilder): void {
  module.func('squaredDistances', SQUARED_DISTANCES, 'void', ({ out, query, base, ids, count, dim }, f) => {
    const row = rowsById(base, ids, i32.shl(dim, 2));
    // From memory 1.1 to 1.3 times as fast for it up to 256 dimensions, in cache up to 2 ns a row slower (bench/kernels/distance.ts).
    return [fetchRows(f, GROUP, count, row), ...rowGroups(f, GROUP, out, count, row, distancesTo(f, query, dim))];
  });
  const scan = module.func(
    'squaredDistanceScan',
    integers('out', 'query', 'base', 'count', 'dim'),
    'void',
    ({ out, query, base, count, dim }, f) =>
      rowGroups(f, GROUP, out, count, rowsInOrder(base, i32.shl(dim, 2)), distancesTo(f, query, dim)),
  );
  // All pairs: a block of rows of b that stays in cache meets every row of a.
  module.func(
    'squaredDistanceMatrix',
    integers('out', 'outRow', 'a', 'aCount', 'b', 'bCount', 'dim'),
    'void',
    ({ out, outRow, a, aCount, b, bCount, dim }, f) => {
      const rowBytes = f.local('i32');
      const blockRows = f.local('i32');
      const rows = f.local('i32');
      return [
        rowBytes.set(i32.shl(dim, 2)),
        blockRows.set(i32.add(i32.and(i32.div_u(BLOCK_BYTES, i32.add(rowBytes, 1)), -8), 8)),
        forUp(f, 0, bCount, blockRows, (first) => [
          rows.set(i32.sub(bCount, first)),
          ifThen(i32.gt_u(rows, blockRows), [rows.set(blockRows)]),
          forUp(f, 0, aCount, 1, (i) => [
            scan.call({
              out: i32.add(out, i32.add(i32.mul(i, outRow), i32.shl(first, 2))),
              query: i32.add(a, i32.mul(i, rowBytes)),
              base: i32.add(b, i32.mul(first, rowBytes)),
              count: rows,
              dim,
            }),
          ]),
        ]),
      ];
    },
  );
}

/** Nanoseconds for one dimension of one distance, from cache, and of one row from beyond it. */
const DIMENSION = 0.09;
const FAR_DIMENSION = 0.2;
/** Columns of a chunk of a distance matrix: a single row of a is cut into several chunks too. */
const MATRIX_COLUMNS = 256;

export function bindDistance({ func, split, at, counts }: Link): DistanceKernels {
  const toIds = func('squaredDistances');
  const scan = split('squaredDistanceScan');
  const matrix = split('squaredDistanceMatrix');
  const [outAt, queryAt, baseAt, idsAt] = [remembering(at), remembering(at), remembering(at), remembering(at)];
  return {
    squaredDistances(out, query, queryOffset, base, ids, count, dim) {
      const from = queryAt(query, queryOffset + dim) + 4 * queryOffset;
      toIds(outAt(out, count), from, baseAt(base, 0), idsAt(ids, count), count, dim);
      countDistances(counts, count, dim);
    },
    squaredDistanceScan(out, query, queryOffset, base, first, count, dim) {
      const from = queryAt(query, queryOffset + dim) + 4 * queryOffset;
      const rows = along(baseAt(base, (first + count) * dim) + 4 * first * dim, 4 * dim);
      scan(inRows(count, FAR_DIMENSION * dim + 2), [along(outAt(out, count), 4), from, rows, ROWS, dim]);
      countDistances(counts, count, dim);
    },
    squaredDistanceMatrix(out, a, aFirst, aCount, b, bFirst, bCount, dim) {
      const aRows = along(at(a, (aFirst + aCount) * dim) + 4 * aFirst * dim, 4 * dim);
      const bRows = along(at(b, (bFirst + bCount) * dim) + 4 * bFirst * dim, 0, 4 * dim);
      const columnsEach = Math.max(1, Math.min(bCount, MATRIX_COLUMNS));
      const each = (DIMENSION * dim + 2) * columnsEach;
      const { rowsEach } = inRows(aCount, each);
      const nanoseconds = (DIMENSION * dim + 2) * aCount * bCount;
      const to = along(at(out, aCount * bCount), 4 * bCount, 4);
      const grid = { nanoseconds, rows: aCount, rowsEach, columns: bCount, columnsEach };
      matrix(grid, [to, 4 * bCount, aRows, ROWS, bRows, COLUMNS, dim]);
      countDistances(counts, aCount * bCount, dim);
    },
  };
}
