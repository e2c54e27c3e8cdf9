/**
 * Reading for nothing what is read for its value a little later: WebAssembly has no instruction that asks for a cache line. The value
 * is not waited for, so many lines are on their way at once.
 */
import type { FunctionScope, Local } from './assembler.ts';
import { forUp } from './control.ts';
import type { I32, Statement } from './expressions.ts';
import { i32 } from './instructions.ts';

/** Asks for the lines of these bytes. */
export function fetchLines(f: FunctionScope, ...addresses: readonly I32[]): Statement[] {
  const unused = f.local('i32');
  return addresses.map((address) => unused.set(i32.load8_u(address)));
}

/**
 * Asks for the first line of each row that comes after the first group, before that group is read.
 *
 * @param group rows that are read side by side
 * @param row address of row r
 */
export function fetchRows(f: FunctionScope, group: number, count: I32, row: (r: Local<'i32'>) => I32): Statement {
  return forUp(f, group, count, 1, (r) => fetchLines(f, row(r)));
}
