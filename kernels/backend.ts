import { ModuleBuilder, ret } from './assembler.ts';
import { f32x4, i32x4 } from './instructions.ts';
import type { Kernels } from './kernels.ts';
import { bindReference, type Precision } from './reference.ts';
import { simdKernels } from './simd.ts';
import { webAssembly } from './webassembly.ts';

export type BackendChoice = 'auto' | 'reference' | 'simd';

let supported: boolean | undefined;

/** Whether this engine accepts WebAssembly with 128-bit SIMD. */
export function simdSupported(): boolean {
  supported ??= webAssembly()?.validate(probe()) ?? false;
  return supported;
}

function probe(): Uint8Array {
  const module = new ModuleBuilder();
  module.func('probe', {}, 'i32', () => [ret(i32x4.extract_lane(f32x4.const(1), 0))]);
  return module.encode();
}

/**
 * float32 kernels: `auto` takes SIMD where the engine has it, otherwise the reference. `Kernels.backend` says which.
 *
 * @param options.bytes capacity for operands (with SIMD); scratch comes on top
 * @throws {Error} if `simd` is asked for and missing
 * @throws {RangeError} if the capacity is not a size, or beyond one memory of 4 GiB
 */
export function createKernels(options: { backend?: BackendChoice; bytes: number }): Kernels {
  const { backend = 'auto', bytes } = options;
  if (backend !== 'auto' && backend !== 'simd' && backend !== 'reference') {
    throw new RangeError(`createKernels: expected backend auto, reference or simd, got ${backend}.`);
  }
  if (backend === 'simd' && !simdSupported()) {
    throw new Error('createKernels: expected WebAssembly SIMD for backend simd, got an engine without it.');
  }
  return backend !== 'reference' && simdSupported() ? simdKernels(bytes) : bindReference('float32');
}

/** The defining loops over ordinary arrays, without a capacity; float64 for gradient checks and audits. */
export function referenceKernels(options: { precision?: Precision } = {}): Kernels {
  return bindReference(options.precision ?? 'float32');
}
