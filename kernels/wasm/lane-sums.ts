/** Sums over the elements of rows in four lanes (lane = index mod 4), reduced as (l0 + l2) + (l1 + l3). */
import { type FunctionScope, forUp, ifThen, type Local } from './assembler.ts';
import { type Expression, f32x4, type I32, i32, i32x4, type Statement, type V128, v128 } from './instructions.ts';

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
  const right = f.local('v128');
  const whole = f.local('i32');
  const accumulate = (sum: Local<'v128'>, b: V128) => sum.set(f32x4.add(sum, term(left, b)));
  return [
    ...sums.map((sum) => sum.set(f32x4.const(0))),
    whole.set(i32.shl(i32.and(length, -4), 2)),
    forUp(f, 0, whole, 16, (byte) => [
      left.set(v128.load(i32.add(a, byte))),
      ...sums.map((sum, g) => accumulate(sum, v128.load(i32.add(rows[g]!, byte)))),
    ]),
    ifThen(i32.and(length, 3), [
      ...loadRest(left, i32.add(a, whole), length),
      ...sums.flatMap((sum, g) => [...loadRest(right, i32.add(rows[g]!, whole), length), accumulate(sum, right)]),
    ]),
  ];
}

/** The last `length` mod 4 (1 to 3) floats of a row in their lanes, zeros above. */
export function loadRest(target: Local<'v128'>, address: I32, length: I32): Statement[] {
  return [
    target.set(v128.load32_zero(address)),
    ifThen(i32.and(length, 2), [
      target.set(v128.load64_zero(address)),
      ifThen(i32.and(length, 1), [target.set(v128.load32_lane(address, target, 2, 8))]),
    ]),
  ];
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
