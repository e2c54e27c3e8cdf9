/** Norms of rows, as the bound of simd.ts takes them. */
import { type FunctionScope, integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { forUp } from '../wasm/control.ts';
import type { Statement } from '../wasm/expressions.ts';
import { f32, f32x4, i32, select, v128 } from '../wasm/instructions.ts';
import { lastFloats, reduceLanes } from '../wasm/lane-sums.ts';

type I = Local<'i32'>;
type V = Local<'v128'>;

/** Norms from here on might overflow in a sum; their rows are always measured. */
const LARGEST_NORM = 2 ** 126;
/** Rows whose sums run side by side. */
const ROWS = 4;

/** out[r · step] = shrink · |row r|² / 2, or -Infinity, which no product is below, where a norm might overflow. */
export function emitHalfNorms(module: ModuleBuilder) {
  const signature = { ...integers('out', 'step', 'rows', 'count', 'dim'), shrink: 'f32' } as const;
  return module.func('halfNorms', signature, 'void', ({ out, step, rows, count, dim, shrink }, f) => {
    const norm = f.local('f32');
    const sums = f.locals('v128', ROWS);
    const at = f.locals('i32', ROWS);
    const total = f.local('v128');
    const store = (lane: number) => [
      norm.set(f32x4.extract_lane(total, lane)),
      f32.store(
        out,
        select(f32.mul(norm, f32.mul(shrink, 0.5)), f32.const(Number.NEGATIVE_INFINITY), f32.lt(norm, LARGEST_NORM)),
      ),
      out.set(i32.add(out, step)),
    ];
    const rowBytes = i32.shl(dim, 2);
    const four = [
      ...at.map((one, g) => one.set(g === 0 ? rows : i32.add(at[g - 1]!, rowBytes))),
      ...sumSquares(f, sums, at, dim),
      ...reduceLanes(f, total, sums),
    ];
    const one = [...sumSquares(f, [sums[0]!], [rows], dim), ...reduceLanes(f, total, [sums[0]!])];
    return [
      forUp(f, 0, i32.shr_u(count, 2), 1, () => [
        ...four,
        ...[0, 1, 2, 3].flatMap(store),
        rows.set(i32.add(at[ROWS - 1]!, rowBytes)),
      ]),
      forUp(f, 0, i32.and(count, 3), 1, () => [...one, ...store(0), rows.set(i32.add(rows, rowBytes))]),
    ];
  });
}

function sumSquares(f: FunctionScope, sums: readonly V[], rows: readonly I[], dim: I): Statement[] {
  const value = f.local('v128');
  const whole = f.local('i32');
  const add = (sum: V) => sum.set(f32x4.add(sum, f32x4.mul(value, value)));
  return [
    ...sums.map((sum) => sum.set(f32x4.const(0))),
    whole.set(i32.shl(i32.and(dim, -4), 2)),
    forUp(f, 0, whole, 16, (byte) =>
      sums.flatMap((sum, g) => [value.set(v128.load(i32.add(rows[g]!, byte))), add(sum)]),
    ),
    lastFloats(dim, (load) => sums.flatMap((sum, g) => [value.set(load(i32.add(rows[g]!, whole))), add(sum)])),
  ];
}
