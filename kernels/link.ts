import type { Counts, Floats } from './operands.ts';
import { along, type ChunkOperand, type Grid } from './threads/job.ts';
import type { WasmFunction } from './wasm/webassembly.ts';

/**
 * A function of the module, called for a whole grid; several threads share its chunks where that pays.
 *
 * @param meanwhile what the calling thread does while the others begin, or after the call if there are none
 */
export type SplitFunction = (grid: Grid, operands: readonly ChunkOperand[], meanwhile?: () => void) => void;

/** What a family needs to bind its WebAssembly functions to the methods of `Kernels`. */
export interface Link {
  /** @throws {Error} if the module has no function of this name */
  func(name: string): WasmFunction;
  /** The same for a function whose rows or columns are computed apart from each other. @throws {Error} */
  split(name: string): SplitFunction;
  /** The byte address of an operand of which the call touches `length` elements. */
  at(view: Floats | Int32Array | Uint8Array, length: number): number;
  /** The byte address of working memory whose contents last only for the call. @throws {RangeError} if it is too small */
  scratch(bytes: number): number;
  readonly counts: Counts;
}

/**
 * `at` that remembers its last operand. Asking a typed array for its buffer costs about 25 ns, two distances' worth, and a
 * search passes the same few arrays again and again.
 */
export function remembering(at: Link['at']): Link['at'] {
  let last: Parameters<Link['at']>[0] | undefined;
  let address = 0;
  let length = 0;
  return (view, needed) => {
    if (view !== last || needed > length) {
      address = at(view, needed);
      length = view.length;
      last = view;
    }
    return address;
  };
}

/** Operands (rows, cols), a number a row if `cols` is not given, of which a chunk gets the address of its first row. */
export function movingRows(at: Link['at'], views: readonly Floats[], rows: number, cols = 1): ChunkOperand[] {
  return views.map((view) => along(at(view, rows * cols), 4 * cols));
}
