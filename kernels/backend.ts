import type { Kernels } from './kernels.ts';
import { bindReference, type Precision } from './reference.ts';
import { requireSlot, type SharedKernels } from './shared.ts';
import { attachSimd, simdKernels } from './simd.ts';
import { MOST_THREADS } from './threads/control.ts';
import { requireThreads } from './threads/require-threads.ts';
import { ModuleBuilder } from './wasm/assembler.ts';
import { ret } from './wasm/control.ts';
import { f32x4, i32x4 } from './wasm/instructions.ts';
import { webAssembly } from './wasm/webassembly.ts';

export type BackendChoice = 'auto' | 'reference' | 'simd';

/** How kernels are to be computed. Nothing of it changes a result. */
export interface Computing {
  /** `auto` if not given. */
  readonly backend?: BackendChoice | undefined;
  /** How many threads compute heavy calls, the calling one included; 1 if not given. The reference has one. */
  readonly threads?: number | undefined;
}

/** What of the options of a larger task is about computing. */
export function computingOf({ backend, threads }: Computing): Computing {
  return { backend, threads };
}

/** What keeps SIMD from running here. */
type Obstacle = 'none' | 'engine' | 'policy';

let obstacle: Obstacle | undefined;

/**
 * Whether this engine runs WebAssembly with 128-bit SIMD. It does not in a page whose Content-Security-Policy names the sources of
 * scripts without `wasm-unsafe-eval`.
 *
 * @category Computing
 */
export function simdSupported(): boolean {
  obstacle ??= findObstacle();
  return obstacle === 'none';
}

/** A policy forbids to compile; `validate` answers all the same. */
function findObstacle(): Obstacle {
  const engine = webAssembly();
  const module = engine && probe();
  if (!engine?.validate(module!)) return 'engine';
  try {
    new engine.Module(module!);
    return 'none';
  } catch {
    return 'policy';
  }
}

function probe(): Uint8Array {
  const module = new ModuleBuilder();
  module.func('probe', {}, 'i32', () => [ret(i32x4.extract_lane(f32x4.const(1), 0))]);
  return module.encode();
}

/**
 * float32 kernels: `auto` takes SIMD where the engine has it and may run it, otherwise the reference. `Kernels.backend` says which.
 *
 * @param options.bytes capacity for operands (with SIMD); scratch comes on top
 * @param options.threads how many threads compute heavy calls, this one included; 1 if not given. Threads are started once, serve
 * all kernels of this thread and do not keep a process alive. The reference runs on one
 * @param options.attachable how many kernels in other threads `attachKernels` may bind to the same memory; 0 if not given
 * @param options.bytesEach capacity for operands of each of those
 * @throws {Error} if `simd` is asked for and missing, or several threads are
 * @throws {RangeError} if a number of threads is out of range, a capacity is not a size, or beyond one memory of 4 GiB
 *
 * @example
 * ```ts
 * import { createKernels } from 'cnt-ann';
 *
 * const kernels = createKernels({ bytes: 1024 }); // SIMD where there is, else the reference: the same bits
 * const [y, x, w] = [kernels.floats(1), kernels.floats(2), kernels.floats(2)];
 * x.set([3, 4]);
 * w.set([1, 10]);
 * kernels.matmulNT(y, x, w, 1, 1, 2, false); // 3 * 1 + 4 * 10
 * console.log(y[0]); // 43
 * ```
 *
 * @category Computing
 */
export function createKernels(
  options: Computing & { readonly bytes: number; readonly attachable?: number; readonly bytesEach?: number },
): Kernels {
  const { backend = 'auto', ...plan } = options;
  if (backend !== 'auto' && backend !== 'simd' && backend !== 'reference') {
    throw new RangeError(`createKernels: expected backend auto, reference or simd, got ${backend}.`);
  }
  if (backend === 'simd' && !simdSupported()) {
    const got =
      obstacle === 'engine'
        ? 'an engine without it.'
        : "a Content-Security-Policy that forbids it; add 'wasm-unsafe-eval' to its script-src, or take backend auto.";
    throw new Error(`createKernels: expected WebAssembly SIMD for backend simd, got ${got}`);
  }
  requireThreads(plan.threads ?? 1, MOST_THREADS);
  if (backend !== 'reference' && simdSupported()) return simdKernels(plan);
  return bindReference('float32', plan.attachable);
}

/**
 * Kernels for another thread over the memory of `shared`, with scratch, room for operands and counts of their own.
 *
 * @param shared from `Kernels.share()`, as it is or received by `postMessage`
 * @param slot which of the reserved places, each used by one thread at a time; what lay in its room is lost
 * @throws {RangeError} if there is no such place
 *
 * @category Computing
 */
export function attachKernels(shared: SharedKernels, slot: number): Kernels {
  requireSlot(shared, slot);
  return shared.backend === 'simd' ? attachSimd(shared, slot) : bindReference('float32');
}

/**
 * The defining loops over ordinary arrays, without a capacity; float64 for gradient checks and audits.
 *
 * @category Computing
 */
export function referenceKernels(options: { precision?: Precision } = {}): Kernels {
  return bindReference(options.precision ?? 'float32');
}
