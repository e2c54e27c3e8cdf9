import { mayBlock } from '../../kernels/threads/may-block.ts';

/** Looks at a lock before its holder, which may have lost its processor, is waited for. */
const LOOKS = 1000;
const WAIT_MS = 1;
/** Waits after which the holder must have ended: more than ten seconds of this thread's life, however long the process slept. */
const MOST_WAITS = 10_000;

/**
 * Takes one of many locks, each a word of shared memory that is 0 while it is free. It is meant to be held for microseconds.
 *
 * @throws {Error} if it is not given back; the main thread of a page, which may not wait, looks for ever
 */
export function takeLock(locks: Int32Array, place: number): void {
  for (let looks = 1; Atomics.compareExchange(locks, place, 0, 1) !== 0; looks++) {
    if (!mayBlock || looks % LOOKS !== 0) continue;
    if (looks > LOOKS * MOST_WAITS) {
      throw new Error(`takeLock: expected lock ${place} to be given back, got one held for ${MOST_WAITS} waits.`);
    }
    Atomics.wait(locks, place, 1, WAIT_MS);
  }
}

export function releaseLock(locks: Int32Array, place: number): void {
  Atomics.store(locks, place, 0);
}
