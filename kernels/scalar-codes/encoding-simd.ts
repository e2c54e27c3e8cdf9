import { type FunctionScope, integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { forUp, ifThen } from '../wasm/control.ts';
import type { Expression, I32, Statement } from '../wasm/expressions.ts';
import { f32x4, i8x16, i16x8, i32, i32x4, v128 } from '../wasm/instructions.ts';

interface Ranges {
  readonly x: Local<'i32'>;
  readonly minima: Local<'i32'>;
  readonly spans: Local<'i32'>;
}

/** The codes of four numbers, in 32-bit lanes. With 0 first, pmax makes 0 of a NaN. @param byte place of the first, 4 · i */
function fourCodes({ x, minima, spans }: Ranges, byte: I32, offset: number, load = v128.load): Expression<'v128'> {
  const at = (pointer: I32) => load(i32.add(pointer, byte), offset);
  const share = f32x4.div(f32x4.sub(at(x), at(minima)), at(spans));
  const held = f32x4.pmin(f32x4.pmax(f32x4.const(0), share), f32x4.const(1));
  const code = i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.const(255), held));
  return v128.and(code, f32x4.ne(at(spans), f32x4.const(0)));
}

/** One row in blocks of `size`. The last block ends where the row ends, so it may encode some numbers a second time. */
function inBlocks(
  f: FunctionScope,
  dim: Local<'i32'>,
  size: number,
  block: (i: Local<'i32'>) => Statement[],
): Statement[] {
  const last = f.local('i32');
  return [last.set(i32.sub(dim, size)), forUp(f, 0, last, size, block), ...block(last)];
}

/** The codes of one row. */
function rowCodes(f: FunctionScope, codes: Local<'i32'>, ranges: Ranges, dim: Local<'i32'>): Statement[] {
  const bytes = (i: Local<'i32'>) => i32.shl(i, 2);
  const sixteen = (i: Local<'i32'>): Statement[] => {
    const [a, b, c, d] = [0, 16, 32, 48].map((offset) => fourCodes(ranges, bytes(i), offset));
    const narrow = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a!, b!), i16x8.narrow_i32x4_s(c!, d!));
    return [v128.store(i32.add(codes, i), narrow)];
  };
  const four = f.local('v128');
  const fours = (i: Local<'i32'>): Statement[] => [
    four.set(fourCodes(ranges, bytes(i), 0)),
    four.set(i16x8.narrow_i32x4_s(four, four)),
    v128.store32_lane(i32.add(codes, i), i8x16.narrow_i16x8_u(four, four), 0),
  ];
  const ones = (i: Local<'i32'>): Statement[] => [
    i32.store8(i32.add(codes, i), i32x4.extract_lane(fourCodes(ranges, bytes(i), 0, v128.load32_zero), 0)),
  ];
  return [
    ifThen(i32.ge_u(dim, 16), inBlocks(f, dim, 16, sixteen)),
    ifThen(i32.and(i32.ge_u(dim, 4), i32.lt_u(dim, 16)), inBlocks(f, dim, 4, fours)),
    ifThen(i32.lt_u(dim, 4), inBlocks(f, dim, 1, ones)),
  ];
}

export function emitScalarEncoding(module: ModuleBuilder): void {
  module.func(
    'scalarCodes',
    integers('codes', 'x', 'minima', 'spans', 'count', 'dim'),
    'void',
    ({ codes, count, dim, ...ranges }, f) => [
      forUp(f, 0, count, 1, () => [
        ...rowCodes(f, codes, ranges, dim),
        codes.set(i32.add(codes, dim)),
        ranges.x.set(i32.add(ranges.x, i32.shl(dim, 2))),
      ]),
    ],
  );
}
