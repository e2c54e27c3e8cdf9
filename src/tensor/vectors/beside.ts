import { SCRATCH_BYTES } from '../../../kernels/wasm/memory.ts';

/** Bytes that a caller would take beside the points of a set: of the set itself, and of each set in another thread. */
export interface Beside {
  readonly spare?: number | undefined;
  readonly spareEach?: number | undefined;
}

/** One memory has 4 GiB; a little of it is scratch. */
const MEMORY_BYTES = 2 ** 32 - 2 ** 26;

/**
 * All of what is asked for, or nothing where one memory has no room for it.
 *
 * @param own bytes of the set
 * @param each bytes of each set in another thread
 */
export function besideThatFits(
  own: number,
  each: number,
  attachable: number,
  { spare = 0, spareEach = 0 }: Beside,
): { readonly spare: number; readonly spareEach: number } {
  const places = attachable * (SCRATCH_BYTES + each + spareEach);
  return own + spare + places <= MEMORY_BYTES ? { spare, spareEach } : { spare: 0, spareEach: 0 };
}
