import { along, inRows, ROWS } from '../threads/job.ts';
import { type FunctionScope, integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { forUp, ifThen } from '../wasm/control.ts';
import type { I32, Statement } from '../wasm/expressions.ts';
import { f32, i32 } from '../wasm/instructions.ts';
import { type Link, remembering } from '../wasm/link.ts';
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

/** out[g] = the sum of table entries of row g, g < size. One accumulator a row: the table has no vectors to offer. */
function sumGroup(
  f: FunctionScope,
  size: number,
  out: I32,
  table: Local<'i32'>,
  m: Local<'i32'>,
  row: (g: number) => I32,
): Statement[] {
  const rows = f.locals('i32', size);
  const sums = f.locals('f32', size);
  const part = f.local('i32');
  const whole = f.local('i32');
  return [
    ...rows.map((one, g) => one.set(row(g))),
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
}

/** Rows in groups of 8, the last ones singly. */
function sumGroups(
  f: FunctionScope,
  out: Local<'i32'>,
  table: Local<'i32'>,
  count: Local<'i32'>,
  m: Local<'i32'>,
  row: (r: Local<'i32'>, g: number) => I32,
): Statement[] {
  const r = f.local('i32');
  const group = (size: number): Statement[] => [
    ...sumGroup(f, size, out, table, m, (g) => row(r, g)),
    r.set(i32.add(r, size)),
    out.set(i32.add(out, 4 * size)),
  ];
  return [
    forUp(f, 0, i32.div_u(count, GROUP), 1, () => group(GROUP)),
    ifThen(i32.and(count, GROUP - 1), [forUp(f, r, count, 1, () => group(1))]),
  ];
}

export function emitTableScan(module: ModuleBuilder): void {
  module.func(
    'tableSums',
    integers('out', 'table', 'codes', 'ids', 'count', 'm'),
    'void',
    ({ out, table, codes, ids, count, m }, f) =>
      sumGroups(f, out, table, count, m, (r, g) =>
        i32.add(codes, i32.mul(i32.load(i32.add(ids, i32.shl(r, 2)), 4 * g), m)),
      ),
  );
  module.func(
    'tableSumScan',
    integers('out', 'table', 'codes', 'count', 'm'),
    'void',
    ({ out, table, codes, count, m }, f) =>
      sumGroups(f, out, table, count, m, (r, g) => i32.add(codes, i32.mul(i32.add(r, g), m))),
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
