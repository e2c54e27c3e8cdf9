import type { FunctionScope, Local } from '../wasm/assembler.ts';
import { eachStrip } from '../wasm/columns.ts';
import { eachElement, forUp } from '../wasm/control.ts';
import type { I32, Statement } from '../wasm/expressions.ts';
import { f32x4, i32, v128 } from '../wasm/instructions.ts';
import { reduceLanes, sumTerms } from '../wasm/lane-sums.ts';

type L = Local<'i32'>;

/** results[j] = a · row(j), j < count, where row(j) = first + j stride; `length` floats each. Four rows at a time. */
export function dots(f: FunctionScope, results: L, a: L, first: I32, stride: L, count: L, length: L): Statement[] {
  const row = f.local('i32');
  const place = f.local('i32');
  const dot = f.local('v128');
  const group = (size: 4 | 1): Statement[] => {
    const sums = f.locals('v128', size);
    const rows = sums.map((_, g) => i32.add(row, i32.mul(stride, g)));
    return [
      ...sumTerms(f, sums, a, rows, length, f32x4.mul),
      ...reduceLanes(f, dot, sums),
      size === 4 ? v128.store(place, dot) : v128.store32_lane(place, dot, 0),
      row.set(i32.add(row, i32.mul(stride, size))),
      place.set(i32.add(place, 4 * size)),
    ];
  };
  return [
    row.set(first),
    place.set(results),
    forUp(f, 0, i32.shr_u(count, 2), 1, () => group(4)),
    forUp(f, 0, i32.and(count, 3), 1, () => group(1)),
  ];
}

/** target += (or, from 0, =) sum over j < count, in order, of weights[j] row(j), over `length` columns. */
export function weightedRows(
  f: FunctionScope,
  target: I32,
  accumulate: boolean,
  weights: { first: I32; stride: I32 },
  rows: { first: I32; stride: I32 },
  count: I32,
  length: I32,
): Statement[] {
  const [weight, row] = f.locals('i32', 2);
  const factor = f.local('v128');
  const sums = f.locals('v128', 4);
  return eachStrip(f, length, 4, (byte, { vectors, load, store }) => [
    ...vectors.map((v) => sums[v]!.set(accumulate ? load(i32.add(target, byte), v) : f32x4.const(0))),
    weight.set(weights.first),
    row.set(i32.add(rows.first, byte)),
    forUp(f, 0, count, 1, () => [
      factor.set(v128.load32_splat(weight)),
      ...vectors.map((v) => sums[v]!.set(f32x4.add(sums[v]!, f32x4.mul(factor, load(row, v))))),
      weight.set(i32.add(weight, weights.stride)),
      row.set(i32.add(row, rows.stride)),
    ]),
    ...vectors.map((v) => store(i32.add(target, byte), sums[v]!, v)),
  ]);
}

/** row(j) += weights[j] a for j < count, where row(j) = first + j stride. */
export function addToRows(
  f: FunctionScope,
  rows: { first: I32; stride: L },
  weights: L,
  a: I32,
  count: L,
  length: L,
): Statement[] {
  const [row, from] = f.locals('i32', 2);
  const factor = f.local('v128');
  return [
    row.set(rows.first),
    from.set(a),
    forUp(f, 0, i32.shl(count, 2), 4, (j) => [
      factor.set(v128.load32_splat(i32.add(weights, j))),
      eachElement(f, length, (byte, { load, store }) => [
        store(i32.add(row, byte), f32x4.add(load(i32.add(row, byte)), f32x4.mul(factor, load(i32.add(from, byte))))),
      ]),
      row.set(i32.add(row, rows.stride)),
    ]),
  ];
}
