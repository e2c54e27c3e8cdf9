/** The tables of four queries side by side: an entry is a vector, one lane a query. */

import { TABLE_STRIDE } from '../table-scan/reference.ts';
import { integers, type ModuleBuilder } from '../wasm/assembler.ts';
import { forUp, ifThen } from '../wasm/control.ts';
import { f32x4, i32, memory, v128 } from '../wasm/instructions.ts';

/** Queries side by side, one a lane. */
export const LANES = 4;
export const LANE_BYTES = 4 * LANES;
/** Bytes of the four tables of a part. */
export const PART_BYTES = LANE_BYTES * TABLE_STRIDE;
/** Centroids whose distances are computed side by side. */
const PAIR = 2;
/** Of each part, how many codes occur, and which, the last one twice; only their entries of tables are computed. */
export const USED_BYTES = 4 * (TABLE_STRIDE + 2);

/** Lists the codes that occur in each part, in the order of their first occurrence; with `all`, every code. */
export function emitUsedCodes(module: ModuleBuilder): void {
  const signature = integers('used', 'met', 'codes', 'count', 'm', 'centroids', 'all');
  module.func('listUsedCodes', signature, 'void', ({ used, met, codes, count, m, centroids, all }, f) => {
    const [place, code] = f.locals('i32', 2);
    return [
      forUp(f, 0, m, 1, (s) => [
        place.set(i32.add(used, 4)),
        ifThen(
          all,
          [forUp(f, 0, centroids, 1, (j) => [i32.store(place, j), place.set(i32.add(place, 4))])],
          [
            memory.fill(met, 0, TABLE_STRIDE),
            forUp(f, i32.add(codes, s), i32.add(codes, i32.mul(count, m)), m, (at) => [
              code.set(i32.load8_u(at)),
              // No branch, since half of the predictions would be wrong: a code that is already listed is overwritten by the next.
              i32.store(place, code),
              place.set(i32.add(place, i32.shl(i32.eqz(i32.load8_u(i32.add(met, code))), 2))),
              i32.store8(i32.add(met, code), 1),
            ]),
          ],
        ),
        i32.store(used, i32.shr_u(i32.sub(i32.sub(place, used), 4), 2)),
        i32.store(place, i32.load(i32.sub(place, 4))),
        used.set(i32.add(used, USED_BYTES)),
      ]),
    ];
  });
}

/** tables[s, j] = the distances of part s of four residuals from centroid j; residuals and entries are vectors of four queries. */
export function emitTables(module: ModuleBuilder) {
  const signature = integers('tables', 'residuals', 'codebooks', 'centroids', 'm', 'partDim', 'used');
  return module.func('fillProductTables', signature, 'void', (operands, f) => {
    const { tables, residuals, codebooks, centroids, m, partDim, used } = operands;
    const sums = Array.from({ length: PAIR }, () => f.locals('v128', 4)); // the lanes of the definition, i mod 4
    const [own, difference] = f.locals('v128', 2);
    const [place, rest] = f.locals('i32', 2);
    const codes = f.locals('i32', PAIR);
    const at = f.locals('i32', PAIR);
    const add = (lane: number) => [
      own.set(v128.load(place, LANE_BYTES * lane)),
      ...sums.flatMap((lanes, c) => [
        difference.set(f32x4.sub(own, v128.load32_splat(at[c]!, 4 * lane))),
        lanes[lane]!.set(f32x4.add(lanes[lane]!, f32x4.mul(difference, difference))),
      ]),
    ];
    const entry = (c: number) => i32.add(tables, i32.mul(codes[c]!, LANE_BYTES));
    return [
      forUp(f, 0, m, 1, () => [
        forUp(f, 0, i32.load(used), PAIR, (t) => [
          ...codes.flatMap((code, c) => [
            code.set(i32.load(i32.add(used, i32.shl(t, 2)), 4 + 4 * c)),
            at[c]!.set(i32.add(codebooks, i32.mul(code, i32.shl(partDim, 2)))),
          ]),
          place.set(residuals),
          ...sums.flat().map((sum) => sum.set(f32x4.const(0))),
          forUp(f, 0, i32.shr_u(partDim, 2), 1, () => [
            ...[0, 1, 2, 3].flatMap(add),
            place.set(i32.add(place, 4 * LANE_BYTES)),
            ...at.map((one) => one.set(i32.add(one, 16))),
          ]),
          rest.set(i32.and(partDim, 3)),
          ...[0, 1, 2].map((lane) => ifThen(i32.gt_u(rest, lane), add(lane))),
          ...sums.map(([l0, l1, l2, l3], c) =>
            v128.store(entry(c), f32x4.add(f32x4.add(l0!, l2!), f32x4.add(l1!, l3!))),
          ),
        ]),
        tables.set(i32.add(tables, PART_BYTES)),
        used.set(i32.add(used, USED_BYTES)),
        codebooks.set(i32.add(codebooks, i32.mul(centroids, i32.shl(partDim, 2)))),
        residuals.set(i32.add(residuals, i32.mul(partDim, LANE_BYTES))),
      ]),
    ];
  });
}
