import { mayBlock } from '../../kernels/threads/may-block.ts';

/** Looks at a lock before its holder, which may have lost its processor, is waited for. */
const LOOKS = 1000;
const WAIT_MS = 1;

/** Takes one of many locks, each a word of shared memory that is 0 while it is free. It is meant to be held for microseconds. */
export function takeLock(locks: Int32Array, place: number): void {
  for (let looks = 1; Atomics.compareExchange(locks, place, 0, 1) !== 0; looks++) {
    if (mayBlock && looks % LOOKS === 0) Atomics.wait(locks, place, 1, WAIT_MS);
  }
}

export function releaseLock(locks: Int32Array, place: number): void {
  Atomics.store(locks, place, 0);
}
