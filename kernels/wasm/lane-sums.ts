/** Sums over the elements of rows in four lanes (lane = index mod 4), reduced as (l0 + l2) + (l1 + l3). */
import type { FunctionScope, Local } from './assembler.ts';
import { forUp, ifThen } from './control.ts';
import type { Expression, I32, Statement, V128 } from './expressions.ts';
import { f32x4, i32, i32x4, v128 } from './instructions.ts';

/**
 * sums[g] = sum over i < length of term(a[i], rows[g][i]), left in its four lanes.
 *
 * @param a address of a row
 * @param rows addresses
 * @param term of four elements; 0 where both are 0
 */
export function sumTerms(
  f: FunctionScope,
  sums: readonly Local<'v128'>[],
  a: I32,
  rows: readonly I32[],
  length: I32,
  term: (a: V128, b: V128) => Expression<'v128'>,
): Statement[] {
  const left = f.local('v128');
  const whole = f.local('i32');
  const accumulate = (sum: Local<'v128'>, b: V128) => sum.set(f32x4.add(sum, term(left, b)));
  return [
    ...sums.map((sum) => sum.set(f32x4.const(0))),
    whole.set(i32.shl(i32.and(length, -4), 2)),
    forUp(f, 0, whole, 16, (byte) => [
      left.set(v128.load(i32.add(a, byte))),
      ...sums.map((sum, g) => accumulate(sum, v128.load(i32.add(rows[g]!, byte)))),
    ]),
    lastFloats(length, (load) => [
      left.set(load(i32.add(a, whole))),
      ...sums.map((sum, g) => accumulate(sum, load(i32.add(rows[g]!, whole)))),
    ]),
  ];
}

/**
 * Runs `body` for the last `length` mod 4 (1 to 3) floats of rows, if there are any. `load` reads those of a row into their lanes
 * with zeros above, which add +0: no sum of products or squares changes by that.
 */
export function lastFloats(
  length: I32,
  body: (load: (address: I32) => Expression<'v128'>) => readonly Statement[],
): Statement {
  const load = (count: number) => (address: I32) => {
    if (count === 1) return v128.load32_zero(address);
    const two = v128.load64_zero(address);
    return count === 2 ? two : v128.load32_lane(address, two, 2, 8);
  };
  const rest = i32.and(length, 3);
  return ifThen(
    rest,
    [1, 2, 3].map((count) => ifThen(i32.eq(rest, count), body(load(count)))),
  );
}

/** Four sums at once, one a lane; a single sum in lane 0. */
export function reduceLanes(f: FunctionScope, result: Local<'v128'>, sums: readonly Local<'v128'>[]): Statement[] {
  const [a, b = a, c = a, d = a] = sums as [Local<'v128'>, ...Local<'v128'>[]];
  const ab = f.local('v128'); // l0 + l2 and l1 + l3 of a, the same of b
  const cd = f.local('v128');
  const halves = (x: V128, y: V128) => f32x4.add(i32x4.shuffle(x, y, [0, 1, 4, 5]), i32x4.shuffle(x, y, [2, 3, 6, 7]));
  return [
    ab.set(halves(a, b)),
    cd.set(sums.length > 2 ? halves(c, d) : ab),
    result.set(f32x4.add(i32x4.shuffle(ab, cd, [0, 2, 4, 6]), i32x4.shuffle(ab, cd, [1, 3, 5, 7]))),
  ];
}
