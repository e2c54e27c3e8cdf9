import { countDistances } from '../distance/reference.ts';
import type { Link } from '../link.ts';
import { along, inRows, ROWS } from '../threads/job.ts';
import { type FunctionScope, integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { forUp, ifThen } from '../wasm/control.ts';
import type { I32, Statement } from '../wasm/expressions.ts';
import { f32x4, i32, i32x4, memory, select, v128 } from '../wasm/instructions.ts';
import type { NearestRowsKernels } from './kernel.ts';

/**
 * Points that are compared side by side, one in each lane of two vectors: the four running sums of a distance are then eight
 * accumulators, and no sum crosses lanes. Rows of four lanes of one distance, as in distance/, spend half their time on reducing
 * when a row has eight numbers.
 */
const POINTS = 8;
const POINT_BYTES = 4 * POINTS;
const VECTORS = [0, 1] as const;

/** panel[i][p] = number i of point p; places beyond `rows` repeat the last point. */
function packPoints(f: FunctionScope, panel: I32, points: I32, stride: I32, rows: I32, dim: I32): Statement[] {
  const source = f.local('i32');
  const last = f.local('i32');
  const p = f.local('i32');
  return [
    last.set(i32.sub(rows, 1)),
    forUp(f, 0, POINTS, 1, (place) => [
      p.set(select(place, last, i32.lt_u(place, last))),
      source.set(i32.add(points, i32.mul(p, stride))),
      forUp(f, 0, dim, 1, (i) => [
        i32.store(
          i32.add(i32.add(panel, i32.mul(i, POINT_BYTES)), i32.shl(place, 2)),
          i32.load(i32.add(source, i32.shl(i, 2))),
        ),
      ]),
    ]),
  ];
}

/** Adds number i + lane of the row at `row` to the sums of that lane, for every point of the panel. */
function addLane(
  sums: readonly Local<'v128'>[],
  one: Local<'v128'>,
  difference: Local<'v128'>,
  row: I32,
  panel: I32,
  lane: number,
): Statement[] {
  return [
    one.set(v128.load32_splat(row, 4 * lane)),
    ...VECTORS.flatMap((v) => [
      difference.set(f32x4.sub(v128.load(panel, POINT_BYTES * lane + 16 * v), one)),
      sums[v]!.set(f32x4.add(sums[v]!, f32x4.mul(difference, difference))),
    ]),
  ];
}

/** The nearest of the rows of base to each point of the panel: distances in `least`, row numbers in `nearest`. */
function nearestOfPanel(
  f: FunctionScope,
  least: readonly Local<'v128'>[],
  nearest: readonly Local<'v128'>[],
  panel: Local<'i32'>,
  base: Local<'i32'>,
  baseCount: Local<'i32'>,
  dim: Local<'i32'>,
): Statement[] {
  const lanes = Array.from({ length: 4 }, () => f.locals('v128', VECTORS.length));
  const one = f.local('v128');
  const difference = f.local('v128');
  const closer = f.local('v128');
  const row = f.local('i32');
  const place = f.local('i32');
  const rest = f.local('i32');
  return [
    row.set(base),
    ...VECTORS.flatMap((v) => [least[v]!.set(f32x4.const(Number.POSITIVE_INFINITY)), nearest[v]!.set(i32x4.const(0))]),
    forUp(f, 0, baseCount, 1, (j) => [
      ...lanes.flat().map((sum) => sum.set(f32x4.const(0))),
      place.set(panel),
      forUp(f, 0, i32.shr_u(dim, 2), 1, () => [
        ...lanes.flatMap((sums, lane) => addLane(sums, one, difference, row, place, lane)),
        row.set(i32.add(row, 16)),
        place.set(i32.add(place, 4 * POINT_BYTES)),
      ]),
      rest.set(i32.and(dim, 3)),
      ...lanes
        .slice(0, 3)
        .map((sums, lane) => ifThen(i32.gt_u(rest, lane), addLane(sums, one, difference, row, place, lane))),
      row.set(i32.add(row, i32.shl(rest, 2))),
      ...VECTORS.flatMap((v) => {
        const [l0, l1, l2, l3] = lanes.map((sums) => sums[v]!) as [Local<'v128'>, ...Local<'v128'>[]];
        return [
          difference.set(f32x4.add(f32x4.add(l0, l2!), f32x4.add(l1!, l3!))),
          closer.set(f32x4.lt(difference, least[v]!)),
          least[v]!.set(v128.bitselect(difference, least[v]!, closer)),
          nearest[v]!.set(v128.bitselect(i32x4.splat(j), nearest[v]!, closer)),
        ];
      }),
    ]),
  ];
}

export function emitNearestRows(module: ModuleBuilder): void {
  module.func(
    'nearestRows',
    integers('ids', 'distances', 'points', 'stride', 'count', 'base', 'baseCount', 'dim', 'scratch'),
    'void',
    ({ ids, distances, points, stride, count, base, baseCount, dim, scratch }, f) => {
      const least = f.locals('v128', VECTORS.length);
      const nearest = f.locals('v128', VECTORS.length);
      const panel = f.local('i32');
      const rows = f.local('i32');
      return [
        panel.set(i32.add(scratch, POINT_BYTES)),
        forUp(f, 0, count, POINTS, (first) => [
          rows.set(i32.sub(count, first)),
          rows.set(select(rows, i32.const(POINTS), i32.lt_u(rows, POINTS))),
          ...packPoints(f, panel, i32.add(points, i32.mul(first, stride)), stride, rows, dim),
          ...nearestOfPanel(f, least, nearest, panel, base, baseCount, dim),
          ...[
            { target: ids, values: nearest },
            { target: distances, values: least },
          ].flatMap(({ target, values }) => [
            ...values.map((value, v) => v128.store(scratch, value, 16 * v)),
            memory.copy(i32.add(target, i32.shl(first, 2)), scratch, i32.shl(rows, 2)),
          ]),
        ]),
      ];
    },
  );
}

/** Nanoseconds for one dimension of one distance. */
const DIMENSION = 0.08;

export function bindNearestRows({ split, at, scratch, counts }: Link): NearestRowsKernels {
  const nearestRows = split('nearestRows');
  return {
    nearestRows(ids, distances, points, first, count, base, baseCount, dim, stride = dim) {
      const touched = count > 0 ? (first + count - 1) * stride + dim : 0;
      const from = along(at(points, touched) + 4 * first * stride, 4 * stride);
      scratch(POINT_BYTES * (dim + 1));
      const to = [along(at(ids, count), 4), along(at(distances, count), 4)];
      const grid = inRows(count, baseCount * (DIMENSION * dim + 1), POINTS);
      nearestRows(grid, [...to, from, 4 * stride, ROWS, at(base, baseCount * dim), baseCount, dim, { scratch: 0 }]);
      countDistances(counts, count * baseCount, dim);
    },
  };
}
