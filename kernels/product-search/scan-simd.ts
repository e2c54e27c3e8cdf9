/** Sums of codes for four queries side by side; those near enough are offered to the heaps of the queries. */

import { OFFER } from '../top-k/simd.ts';
import { type FunctionScope, integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { forUp, ifThen, whileDo } from '../wasm/control.ts';
import type { I32, Statement } from '../wasm/expressions.ts';
import { f32, f32x4, i32, i32x4, select, v128 } from '../wasm/instructions.ts';
import { LANE_BYTES, LANES, PART_BYTES } from './tables-simd.ts';

type I = Local<'i32'>;
type V = Local<'v128'>;

/** Codes whose sums run side by side, and parts a turn of their loop. */
const CODES = 4;
const UNROLLED = 4;
/** In scratch: the worst distance of each lane, its heap (distances, ids), the sums of four codes. */
export const WORST = 0;
export const HEAPS = 16;
const SUMS = 48;
/** Bytes of that. */
export const SCAN_BYTES = 112;
const SCAN = integers('scratch', 'tables', 'codes', 'count', 'ids', 'first', 'm', 'k');

/** Offers the sums of all codes to the heaps of the four lanes. */
export function emitScan(module: ModuleBuilder) {
  const keep = emitKeep(module);
  return module.func('scanProductCodes', SCAN, 'void', (operands, f) => {
    const { scratch, tables, codes, count, ids, first, m, k } = operands;
    const row = f.local('i32');
    const worst = f.local('v128');
    const readWorst = worst.set(v128.load(scratch, WORST));
    const group = (size: number): Statement[] => {
      const sums = f.locals('v128', size);
      const hits = f.local('i32');
      const near = sums.map((sum, g) => i32.shl(i32x4.bitmask(f32x4.le(sum, worst)), 4 * g));
      return [
        ...addParts(f, sums, codes, tables, m),
        hits.set(near.reduce((all, one) => i32.or(all, one))),
        ifThen(hits, [
          ...sums.map((sum, g) => v128.store(scratch, sum, SUMS + LANE_BYTES * g)),
          keep.call({
            scratch,
            hits,
            ids: select(i32.add(ids, i32.shl(row, 2)), i32.const(0), ids),
            first: i32.add(first, row),
            k,
          }),
          readWorst,
        ]),
        row.set(i32.add(row, size)),
        codes.set(i32.add(codes, i32.mul(m, size))),
      ];
    };
    return [
      readWorst,
      forUp(f, 0, i32.div_u(count, CODES), 1, () => group(CODES)),
      forUp(f, 0, i32.rem_u(count, CODES), 1, () => group(1)),
    ];
  });
}

/** sums[g] = the entries of code g, added in the order of parts. */
function addParts(f: FunctionScope, sums: readonly V[], codes: I, tables: I, m: I): Statement[] {
  const rows = f.locals('i32', sums.length);
  const part = f.local('i32');
  const whole = f.local('i32');
  const add = (s: I32, step: number) =>
    sums.map((sum, g) => {
      const entry = i32.add(part, i32.shl(i32.load8_u(i32.add(rows[g]!, s), step), 4));
      return sum.set(f32x4.add(sum, v128.load(entry, step * PART_BYTES)));
    });
  return [
    ...rows.map((row, g) => row.set(g === 0 ? codes : i32.add(rows[g - 1]!, m))),
    ...sums.map((sum) => sum.set(f32x4.const(0))),
    part.set(tables),
    whole.set(i32.and(m, -UNROLLED)),
    forUp(f, 0, whole, UNROLLED, (s) => [
      ...Array.from({ length: UNROLLED }, (_, step) => add(s, step)).flat(),
      part.set(i32.add(part, UNROLLED * PART_BYTES)),
    ]),
    forUp(f, whole, m, 1, (s) => [...add(s, 0), part.set(i32.add(part, PART_BYTES))]),
  ];
}

/** Offers the sums whose bits are set: bit 4g + lane is that of code g for the query of the lane. */
function emitKeep(module: ModuleBuilder) {
  const offer = module.existing('offerPair', OFFER, 'void');
  const signature = integers('scratch', 'hits', 'ids', 'first', 'k');
  return module.func('keepProductCodes', signature, 'void', ({ scratch, hits, ids, first, k }, f) => {
    const [bit, code, heap] = f.locals('i32', 3);
    return [
      whileDo(hits, [
        bit.set(i32.ctz(hits)),
        code.set(i32.shr_u(bit, 2)),
        heap.set(i32.add(scratch, i32.shl(i32.and(bit, LANES - 1), 3))),
        offer.call({
          distances: i32.load(heap, HEAPS),
          ids: i32.load(heap, HEAPS + 4),
          k,
          distance: f32.load(i32.add(scratch, i32.shl(bit, 2)), SUMS),
          id: select(i32.load(i32.add(ids, i32.shl(code, 2))), i32.add(first, code), ids),
        }),
        f32.store(i32.add(scratch, i32.shl(i32.and(bit, LANES - 1), 2)), f32.load(i32.load(heap, HEAPS)), WORST),
        hits.set(i32.and(hits, i32.sub(hits, 1))),
      ]),
    ];
  });
}
