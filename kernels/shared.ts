/** What passes to another thread by structured clone, so that kernels there reach the same memory. */
import type { WasmMemory, WasmModule } from './wasm/webassembly.ts';

/** What `floats()`, `ints()` and `bytes()` of kernels return. */
export type Operand = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Kernels as another thread can attach to them; the reference has no memory of its own. */
export type SharedKernels =
  | { readonly backend: 'reference'; readonly attachable: number }
  | {
      readonly backend: 'simd';
      readonly attachable: number;
      readonly memory: WasmMemory;
      /** Of the memory; larger than those of memories made before. */
      readonly number: number;
      readonly module: WasmModule;
      readonly threads: number;
      readonly bytesEach: number;
    };

/** An operand of shared kernels as another thread can open it: a place in their memory or, with the reference, a shared array. */
export interface SharedView<T extends Operand> {
  readonly byteOffset: number;
  readonly view: T;
}

/** @param view made by `floats()`, `ints()` or `bytes()` of kernels with attachable places */
export function shareView<T extends Operand>(view: T): SharedView<T> {
  return { byteOffset: view.byteOffset, view };
}

/** The same numbers as operands of the attached kernels. */
export function openView<T extends Operand>(shared: SharedKernels, { byteOffset, view }: SharedView<T>): T {
  if (shared.backend === 'reference') return view;
  // A cloned view has a buffer object of its own over the same bytes; operands must lie in the memory's.
  const Kind = view.constructor as new (buffer: ArrayBufferLike, byteOffset: number, length: number) => T;
  return new Kind(shared.memory.buffer, byteOffset, view.length);
}

/** @throws {RangeError} if there is no such place */
export function requireSlot(shared: SharedKernels, slot: number): void {
  if (Number.isSafeInteger(slot) && slot >= 0 && slot < shared.attachable) return;
  throw new RangeError(`attachKernels: expected a slot from 0 to ${shared.attachable - 1}, got ${slot}.`);
}

/** @throws {Error} if no place was reserved */
export function requirePlaces(attachable: number): void {
  if (attachable === 0) refuseToShare();
}

/** Of kernels without places for other threads. */
export function refuseToShare(): never {
  throw new Error('Kernels.share: expected kernels created with attachable places, got none.');
}
