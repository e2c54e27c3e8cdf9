import { type Computing, computingOf, createKernels, referenceKernels } from '../../kernels/backend.ts';
import type { Kernels } from '../../kernels/kernels.ts';

/** Kernels begin every array on such a boundary. */
const ALIGNMENT = 64;
const BYTES_PER_FLOAT = 4;

/**
 * Kernels whose arrays are all empty: a build on them takes no memory, whatever its sizes, and must touch no value.
 *
 * @param onTake hears the bytes that each array would have taken
 */
export function emptyKernels(onTake: (bytes: number) => void = () => {}): Kernels {
  const take = (length: number, bytesEach = BYTES_PER_FLOAT): void => {
    onTake(Math.ceil((length * bytesEach) / ALIGNMENT) * ALIGNMENT);
  };
  return {
    ...referenceKernels(),
    floats: (length) => {
      take(length);
      return new Float32Array(0);
    },
    ints: (length) => {
      take(length);
      return new Int32Array(0);
    },
    bytes: (length) => {
      take(length, 1);
      return new Uint8Array(0);
    },
  };
}

/**
 * How much memory `build` takes from its kernels, found by building on kernels that count instead of giving memory.
 *
 * @param build takes arrays, and touches no value: those it gets are empty
 * @returns the `bytes` that `createKernels` needs for the same build
 */
export function bytesNeeded(build: (kernels: Kernels) => void): number {
  let bytes = 0;
  build(
    emptyKernels((taken) => {
      bytes += taken;
    }),
  );
  return bytes;
}

/**
 * Kernels with as much memory as `build` takes, and what it built on them.
 *
 * @param build takes arrays, and touches no value: it is called twice, the first time by `bytesNeeded`
 */
export function kernelsFor<T>(computing: Computing, build: (kernels: Kernels) => T): readonly [kernels: Kernels, T] {
  const kernels = createKernels({ ...computingOf(computing), bytes: bytesNeeded(build) });
  return [kernels, build(kernels)];
}

/** What `build` gives, in memory of its own that is taken once. */
export function buildInOwnMemory<T>(computing: Computing, build: (kernels: Kernels) => T): T {
  return build(createKernels({ ...computingOf(computing), bytes: bytesNeeded(build) }));
}
