/** Loops of WebAssembly kernels over rows: in groups whose sums run side by side, and asked for before they are read. */
import type { FunctionScope, Local } from './assembler.ts';
import { forUp, ifThen } from './control.ts';
import type { I32, Statement } from './expressions.ts';
import { i32 } from './instructions.ts';

/** The address of row r + g. */
export type RowAddress = (r: Local<'i32'>, g: number) => I32;

/** Rows of `bytes` bytes, one after the other. */
export function rowsInOrder(base: I32, bytes: I32): RowAddress {
  return (r, g) => i32.add(base, i32.mul(i32.add(r, g), bytes));
}

/** Those whose numbers are at `ids`. */
export function rowsById(base: I32, ids: I32, bytes: I32): RowAddress {
  return (r, g) => i32.add(base, i32.mul(i32.load(i32.add(ids, i32.shl(r, 2)), 4 * g), bytes));
}

/**
 * Rows in groups of `widest`, a power of two; what is left in groups of half that, and so on.
 *
 * @param body stores one float a row of the group from `out` on; what it computes for a row must not depend on the group
 */
export function rowGroups(
  f: FunctionScope,
  widest: number,
  out: Local<'i32'>,
  count: I32,
  row: RowAddress,
  body: (rows: readonly Local<'i32'>[], out: Local<'i32'>) => readonly Statement[],
): Statement[] {
  const r = f.local('i32');
  const group = (size: number): Statement[] => {
    const rows = f.locals('i32', size);
    return [
      ...rows.map((one, g) => one.set(row(r, g))),
      ...body(rows, out),
      r.set(i32.add(r, size)),
      out.set(i32.add(out, 4 * size)),
    ];
  };
  const statements = [forUp(f, 0, i32.div_u(count, widest), 1, () => group(widest))];
  for (let size = widest / 2; size >= 1; size /= 2) statements.push(ifThen(i32.and(count, size), group(size)));
  return statements;
}

/**
 * Asks for the first line of each row that comes after the first group, before that group is read.
 *
 * @param group rows that are read side by side
 */
export function fetchRows(f: FunctionScope, group: number, count: I32, row: RowAddress): Statement {
  return forUp(f, group, count, 1, (r) => fetchLines(f, row(r, 0)));
}

/**
 * Asks for the lines of these bytes by reading them for nothing: WebAssembly has no instruction that asks for a cache line. The
 * values are not waited for, so many lines are on their way at once.
 */
export function fetchLines(f: FunctionScope, ...addresses: readonly I32[]): Statement[] {
  const unused = f.local('i32');
  return addresses.map((address) => unused.set(i32.load8_u(address)));
}
