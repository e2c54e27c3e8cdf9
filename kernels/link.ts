import type { Counts, Floats } from './kernels.ts';
import type { WasmFunction } from './webassembly.ts';

/** What a family needs to bind its WebAssembly functions to the methods of `Kernels`. */
export interface Link {
  /** @throws {Error} if the module has no function of this name */
  func(name: string): WasmFunction;
  /** The byte address of an operand of which the call touches `length` elements. */
  at(view: Floats | Int32Array | Uint8Array, length: number): number;
  /** The byte address of working memory whose contents last only for the call. @throws {RangeError} if it is too small */
  scratch(bytes: number): number;
  readonly counts: Counts;
}
