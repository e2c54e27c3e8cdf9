import { type Link, remembering } from '../link.ts';
import { along, inRows, ROWS } from '../threads/job.ts';
import { type FunctionScope, integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { forUp } from '../wasm/control.ts';
import type { I32, Statement } from '../wasm/expressions.ts';
import { f32, i32 } from '../wasm/instructions.ts';
import { rowGroups, rowsById, rowsInOrder } from '../wasm/rows.ts';
import type { TableScanKernels } from './kernel.ts';
import { countTableSums, TABLE_STRIDE } from './reference.ts';

/** Codes whose sums run side by side, since each sum waits for its last addition. */
const GROUP = 8;
/** Sub-quantizers a turn of the loop. */
const UNROLLED = 4;
const STRIDE_BYTES = 4 * TABLE_STRIDE;

/** sums[g] += table[code of row g at s + step] for all g, where `part` and the rows have moved to s. */
function addEntry(sums: readonly Local<'f32'>[], rows: readonly Local<'i32'>[], part: I32, s: I32, step: number) {
  return sums.map((sum, g) => {
    const code = i32.load8_u(i32.add(rows[g]!, s), step);
    return sum.set(f32.add(sum, f32.load(i32.add(part, i32.shl(code, 2)), step * STRIDE_BYTES)));
  });
}

/** Sums of the table entries of the rows of a group. One accumulator a row: the table has no vectors to offer. */
function sumsOf(f: FunctionScope, table: Local<'i32'>, m: Local<'i32'>) {
  return (rows: readonly Local<'i32'>[], out: I32): Statement[] => {
    const sums = f.locals('f32', rows.length);
    const [part, whole] = f.locals('i32', 2);
    return [
      ...sums.map((sum) => sum.set(0)),
      part.set(table),
      whole.set(i32.and(m, -UNROLLED)),
      forUp(f, 0, whole, UNROLLED, (s) => [
        ...Array.from({ length: UNROLLED }, (_, step) => addEntry(sums, rows, part, s, step)).flat(),
        part.set(i32.add(part, UNROLLED * STRIDE_BYTES)),
      ]),
      forUp(f, whole, m, 1, (s) => [...addEntry(sums, rows, part, s, 0), part.set(i32.add(part, STRIDE_BYTES))]),
      ...sums.map((sum, g) => f32.store(out, sum, 4 * g)),
    ];
  };
}

export function emitTableScan(module: ModuleBuilder): void {
  const byId = integers('out', 'table', 'codes', 'ids', 'count', 'm');
  module.func('tableSums', byId, 'void', ({ out, table, codes, ids, count, m }, f) =>
    rowGroups(f, GROUP, out, count, rowsById(codes, ids, m), sumsOf(f, table, m)),
  );
  const inOrder = integers('out', 'table', 'codes', 'count', 'm');
  module.func('tableSumScan', inOrder, 'void', ({ out, table, codes, count, m }, f) =>
    rowGroups(f, GROUP, out, count, rowsInOrder(codes, m), sumsOf(f, table, m)),
  );
}

/** Nanoseconds for one byte of a code. */
const BYTE = 0.4;

export function bindTableScan({ func, split, at, counts }: Link): TableScanKernels {
  const toIds = func('tableSums');
  const scan = split('tableSumScan');
  const [outAt, tableAt, codesAt, idsAt] = [remembering(at), remembering(at), remembering(at), remembering(at)];
  return {
    tableSums(out, table, codes, ids, count, m) {
      toIds(outAt(out, count), tableAt(table, m * TABLE_STRIDE), codesAt(codes, 0), idsAt(ids, count), count, m);
      countTableSums(counts, count, m);
    },
    tableSumScan(out, table, codes, first, count, m) {
      const from = along(codesAt(codes, (first + count) * m) + first * m, m);
      const to = along(outAt(out, count), 4);
      scan(inRows(count, BYTE * m + 1), [to, tableAt(table, m * TABLE_STRIDE), from, ROWS, m]);
      countTableSums(counts, count, m);
    },
  };
}
