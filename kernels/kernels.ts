/**
 * What every backend must compute. The loops in each `reference.ts` define the result, bit for bit;
 * `simd.ts` beside it returns the same bits. Nothing here allocates during a call.
 *
 * Operands are row-major views. With the `simd` backend each one must lie in the memory of these kernels, that is, come from
 * `floats()`, `ints()` or `bytes()` of the same object (or be a subarray of such a view).
 */

import type { FamilyKernels } from './families.ts';
import type { Counts, Floats } from './operands.ts';
import type { SharedKernels } from './shared.ts';

/**
 * Memory that kernels reach, and all kernels over it.
 *
 * @category Computing
 */
export interface Kernels extends FamilyKernels {
  /** What really runs. */
  readonly backend: 'reference' | 'simd' | 'gpu';
  readonly precision: 'float32' | 'float64';
  /** How many threads compute the heavy calls; results do not depend on it. The reference has one. */
  readonly threads: number;
  readonly counts: Counts;

  /** Zeroed memory that these kernels can reach, aligned to 64 bytes. Throws a RangeError when the capacity is used up. */
  floats(length: number): Floats;
  ints(length: number): Int32Array;
  bytes(length: number): Uint8Array;
  /** Bytes that are left of that memory. */
  room(): number;

  /**
   * What another thread needs to attach kernels to the same memory (`attachKernels`); can be sent by `postMessage`.
   *
   * @throws {Error} if these kernels were created without attachable places
   */
  share(): SharedKernels;

  /**
   * Ends the use of these kernels and their operands. Worth it for kernels of several threads that do not live long: their memory
   * is left to the next ones, while garbage collection hardly ever finds it.
   */
  close(): void;
}
