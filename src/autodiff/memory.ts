import { referenceKernels } from '../../kernels/backend.ts';
import type { Kernels } from '../../kernels/kernels.ts';

/** Kernels begin every array on such a boundary. */
const ALIGNMENT = 64;
const BYTES_PER_FLOAT = 4;

/**
 * How much memory `build` takes from its kernels, found by building on kernels that count instead of giving memory.
 *
 * @param build creates parameters and tapes, and touches no value: the arrays it gets are empty
 * @returns the `bytes` that `createKernels` needs for the same build
 */
export function bytesNeeded(build: (kernels: Kernels) => void): number {
  let bytes = 0;
  const take = (length: number): void => {
    bytes += Math.ceil((length * BYTES_PER_FLOAT) / ALIGNMENT) * ALIGNMENT;
  };
  const counting: Kernels = {
    ...referenceKernels(),
    floats: (length) => {
      take(length);
      return new Float32Array(0);
    },
    ints: (length) => {
      take(length);
      return new Int32Array(0);
    },
  };
  build(counting);
  return bytes;
}
