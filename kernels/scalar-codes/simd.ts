import { countDistances } from '../distance/reference.ts';
import { type Link, remembering } from '../link.ts';
import { along, inRows, ROWS } from '../threads/job.ts';
import { type FunctionScope, integers, type Local, type Locals, type ModuleBuilder } from '../wasm/assembler.ts';
import { forUp, ifThen } from '../wasm/control.ts';
import type { Expression, I32, Statement } from '../wasm/expressions.ts';
import { f32, f32x4, i16x8, i32, i32x4, v128 } from '../wasm/instructions.ts';
import { fetchRows, rowGroups, rowsById, rowsInOrder } from '../wasm/rows.ts';
import { emitScalarEncoding } from './encoding-simd.ts';
import type { ScalarCodesKernels } from './kernel.ts';

/** Rows whose sums run side by side. */
const GROUP = 4;

type GroupBody = (rows: readonly Local<'i32'>[], out: Local<'i32'>) => Statement[];

/**
 * Bytes are widened twice, to 16 and to 32 bits, then made floats: half the work. As signed numbers, since processors without
 * AVX-512 make floats of unsigned ones in several instructions (twice the time of the whole loop). Target and steps are loaded once
 * for all rows of a group.
 */
function floatBody(f: FunctionScope, target: Local<'i32'>, steps: Local<'i32'>, dim: Local<'i32'>): GroupBody {
  return (rows, out) => {
    const sums = f.locals('v128', rows.length);
    const wide = f.locals('v128', rows.length);
    const [aim, step, difference] = f.locals('v128', 3);
    const place = f.local('i32');
    const whole = f.local('i32');
    const one = f.local('f32');
    const at = (pointer: I32) => i32.add(pointer, i32.shl(place, 2));
    const addFour = (offset: number, widen: (codes: Expression<'v128'>) => Expression<'v128'>): Statement[] => [
      aim.set(v128.load(at(target), offset)),
      step.set(v128.load(at(steps), offset)),
      ...sums.flatMap((sum, g) => [
        difference.set(f32x4.sub(aim, f32x4.mul(step, f32x4.convert_i32x4_s(widen(wide[g]!))))),
        sum.set(f32x4.add(sum, f32x4.mul(difference, difference))),
      ]),
    ];
    const addOne = (lane: number): Statement[] =>
      rows.flatMap((row, g) => {
        const code = f32.convert_i32_s(i32.load8_u(i32.add(row, place), lane));
        const value = f32.mul(f32.load(at(steps), 4 * lane), code);
        const sum = f32x4.extract_lane(sums[g]!, lane);
        return [
          one.set(f32.sub(f32.load(at(target), 4 * lane), value)),
          sums[g]!.set(f32x4.replace_lane(sums[g]!, lane, f32.add(sum, f32.mul(one, one)))),
        ];
      });
    return [
      ...sums.map((sum) => sum.set(f32x4.const(0))),
      whole.set(i32.and(dim, -8)),
      forUp(f, 0, whole, 8, (i) => [
        place.set(i),
        ...rows.map((row, g) => wide[g]!.set(v128.load8x8_u(i32.add(row, place)))),
        ...addFour(0, i32x4.extend_low_i16x8_u),
        ...addFour(16, i32x4.extend_high_i16x8_u),
      ]),
      place.set(whole),
      ifThen(i32.and(dim, 4), [
        ...rows.map((row, g) => wide[g]!.set(i16x8.extend_low_i8x16_u(v128.load32_zero(i32.add(row, place))))),
        ...addFour(0, i32x4.extend_low_i16x8_u),
        place.set(i32.add(place, 4)),
      ]),
      ...[0, 1, 2].map((lane) => ifThen(i32.gt_u(i32.and(dim, 3), lane), addOne(lane))),
      ...sums.flatMap((sum, g) => [
        difference.set(f32x4.add(sum, i32x4.shuffle(sum, sum, [2, 3, 2, 3]))),
        f32.store(out, f32.add(f32x4.extract_lane(difference, 0), f32x4.extract_lane(difference, 1)), 4 * g),
      ]),
    ];
  };
}

/** Differences of bytes fit 16 bits, sums of two squares 32: eight numbers in one multiplication. */
function byteBody(f: FunctionScope, query: Local<'i32'>, dim: Local<'i32'>, scale: Local<'f32'>): GroupBody {
  return (rows, out) => {
    const sums = f.locals('v128', rows.length);
    const totals = f.locals('i32', rows.length);
    const own = f.local('v128');
    const difference = f.local('v128');
    const whole = f.local('i32');
    const one = f.local('i32');
    return [
      ...sums.map((sum) => sum.set(i32x4.const(0))),
      whole.set(i32.and(dim, -8)),
      forUp(f, 0, whole, 8, (i) => [
        own.set(v128.load8x8_u(i32.add(query, i))),
        ...rows.flatMap((row, g) => [
          difference.set(i16x8.sub(v128.load8x8_u(i32.add(row, i)), own)),
          sums[g]!.set(i32x4.add(sums[g]!, i32x4.dot_i16x8_s(difference, difference))),
        ]),
      ]),
      ...totals.map((total, g) => {
        const lanes = [0, 1, 2, 3].map((lane) => i32x4.extract_lane(sums[g]!, lane));
        return total.set(lanes.reduce((sum, lane) => i32.add(sum, lane)));
      }),
      forUp(f, whole, dim, 1, (i) =>
        rows.flatMap((row, g) => [
          one.set(i32.sub(i32.load8_u(i32.add(row, i)), i32.load8_u(i32.add(query, i)))),
          totals[g]!.set(i32.add(totals[g]!, i32.mul(one, one))),
        ]),
      ),
      ...totals.map((total, g) => f32.store(out, f32.mul(f32.convert_i32_s(total), scale), 4 * g)),
    ];
  };
}

/** What `codeDistances` and `byteDistances` take. */
export const CODE_DISTANCES = integers('out', 'target', 'steps', 'codes', 'ids', 'count', 'dim');
export const BYTE_DISTANCES = { ...integers('out', 'query', 'codes', 'ids', 'count', 'dim'), scale: 'f32' } as const;

export function emitScalarCodes(module: ModuleBuilder): void {
  emitScalarEncoding(module);
  /** Rows are fetched first, as in distance/. */
  const byId = (
    f: FunctionScope,
    { out, codes, ids, count, dim }: Locals<Pick<typeof BYTE_DISTANCES, 'out' | 'codes' | 'ids' | 'count' | 'dim'>>,
    body: GroupBody,
  ): Statement[] => {
    const row = rowsById(codes, ids, dim);
    return [fetchRows(f, GROUP, count, row), ...rowGroups(f, GROUP, out, count, row, body)];
  };
  module.func('codeDistances', CODE_DISTANCES, 'void', (p, f) => byId(f, p, floatBody(f, p.target, p.steps, p.dim)));
  module.func(
    'codeDistanceScan',
    integers('out', 'target', 'steps', 'codes', 'count', 'dim'),
    'void',
    ({ out, target, steps, codes, count, dim }, f) =>
      rowGroups(f, GROUP, out, count, rowsInOrder(codes, dim), floatBody(f, target, steps, dim)),
  );
  module.func('byteDistances', BYTE_DISTANCES, 'void', (p, f) => byId(f, p, byteBody(f, p.query, p.dim, p.scale)));
  module.func(
    'byteDistanceScan',
    { ...integers('out', 'query', 'codes', 'count', 'dim'), scale: 'f32' },
    'void',
    ({ out, query, codes, count, dim, scale }, f) =>
      rowGroups(f, GROUP, out, count, rowsInOrder(codes, dim), byteBody(f, query, dim, scale)),
  );
}

/** Nanoseconds for one dimension of one row from beyond the cache: of steps and codes, and of bytes only. */
const FLOAT_DIMENSION = 0.3;
const BYTE_DIMENSION = 0.06;
/** The same for encoding one dimension. */
const CODE_DIMENSION = 0.4;

export function bindScalarCodes({ func, split, at, counts }: Link): ScalarCodesKernels {
  const codesOf = split('scalarCodes');
  const codeIds = func('codeDistances');
  const codeScan = split('codeDistanceScan');
  const byteIds = func('byteDistances');
  const byteScan = split('byteDistanceScan');
  const [outAt, targetAt, stepsAt, queryAt] = [remembering(at), remembering(at), remembering(at), remembering(at)];
  const [codesAt, idsAt] = [remembering(at), remembering(at)];
  return {
    scalarCodes(codes, x, minima, spans, count, dim) {
      const moving = [along(at(codes, count * dim), dim), along(at(x, count * dim), 4 * dim)];
      const ranges = [at(minima, dim), at(spans, dim)];
      codesOf(inRows(count, CODE_DIMENSION * dim + 2), [...moving, ...ranges, ROWS, dim]);
    },
    codeDistances(out, target, steps, codes, ids, count, dim) {
      const aim = targetAt(target, dim);
      codeIds(outAt(out, count), aim, stepsAt(steps, dim), codesAt(codes, 0), idsAt(ids, count), count, dim);
      countDistances(counts, count, dim);
    },
    codeDistanceScan(out, target, steps, codes, first, count, dim) {
      const from = along(codesAt(codes, (first + count) * dim) + first * dim, dim);
      const constants = [targetAt(target, dim), stepsAt(steps, dim)];
      codeScan(inRows(count, FLOAT_DIMENSION * dim + 2), [along(outAt(out, count), 4), ...constants, from, ROWS, dim]);
      countDistances(counts, count, dim);
    },
    byteDistances(out, query, queryOffset, codes, ids, count, dim, scale) {
      const own = queryAt(query, queryOffset + dim) + queryOffset;
      byteIds(outAt(out, count), own, codesAt(codes, 0), idsAt(ids, count), count, dim, scale);
      countDistances(counts, count, dim);
    },
    byteDistanceScan(out, query, queryOffset, codes, first, count, dim, scale) {
      const own = queryAt(query, queryOffset + dim) + queryOffset;
      const from = along(codesAt(codes, (first + count) * dim) + first * dim, dim);
      byteScan(inRows(count, BYTE_DIMENSION * dim + 2), [along(outAt(out, count), 4), own, from, ROWS, dim, scale]);
      countDistances(counts, count, dim);
    },
  };
}
