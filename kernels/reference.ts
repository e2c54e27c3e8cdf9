import { referenceFamilies } from './families.ts';
import type { Kernels } from './kernels.ts';
import type { Counts, Round } from './operands.ts';
import { requirePlaces } from './shared.ts';

export type Precision = 'float32' | 'float64';

const identity: Round = (value) => value;

/**
 * The definitions themselves, over ordinary arrays.
 *
 * @param precision float32 rounds each operation as the SIMD version does; float64 runs the same loops unrounded
 * @param attachable other threads that can reach the operands, which are then made of shared memory
 */
export function bindReference(precision: Precision, attachable = 0): Kernels {
  const round = precision === 'float32' ? Math.fround : identity;
  const room = (bytes: number) => (attachable > 0 ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  const counts: Counts = { multiplyAdds: 0, distances: 0 };
  return {
    backend: 'reference',
    precision,
    threads: 1,
    counts,
    floats: (length) =>
      precision === 'float32' ? new Float32Array(room(4 * length)) : new Float64Array(room(8 * length)),
    ints: (length) => new Int32Array(room(4 * length)),
    bytes: (length) => new Uint8Array(room(length)),
    room: () => Number.POSITIVE_INFINITY,
    close() {},
    share() {
      requirePlaces(attachable);
      return { backend: 'reference', attachable };
    },
    ...referenceFamilies(round, counts),
  };
}
