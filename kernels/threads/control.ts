/**
 * What the threads of a pool agree by: a few words in shared memory, each on a cache line of its own, and the present job.
 *
 * EPOCH is odd while a job is open. A thread enters by raising ACTIVE and looking again whether the job is still open; the
 * caller closes the job and waits until ACTIVE is 0. All of it is sequentially consistent, so either the thread sees
 * the job closed or the caller sees the thread inside.
 */
import { JOB_LENGTH } from './job.ts';

const LINE = 16;
export const EPOCH = 0;
/** Threads inside the present job, the caller apart. */
export const ACTIVE = LINE;
/** The next chunk to take. */
export const NEXT = 2 * LINE;
/** Threads that sleep and want to be woken. */
export const ASLEEP = 3 * LINE;
/** 1 while the caller sleeps until ACTIVE is 0. */
export const JOINING = 4 * LINE;
/** Chunks of the present job, and how many threads may run them. */
export const CHUNKS = 5 * LINE;
export const LIMIT = CHUNKS + 1;
/** 1 after an error in a chunk, whose message has LENGTH letters. */
export const FAILED = 6 * LINE;
export const MESSAGE_LENGTH = FAILED + 1;
/** Threads that have started. */
export const READY = 7 * LINE;
/** The most threads of a pool, the caller included. */
export const MOST_THREADS = 256;
/** For each thread, the messages sent to it. */
export const MAIL = 8 * LINE;
/** For each thread, 1 from before it raises ACTIVE until after it has lowered it again: who never does so is found by it. */
export const INSIDE = MAIL + MOST_THREADS;
const WORDS = INSIDE + MOST_THREADS;
const MESSAGE_LETTERS = 512;

export interface Control {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly job: Float64Array;
  readonly letters: Uint16Array;
}

export function createControl(): Control {
  return openControl(new SharedArrayBuffer(4 * WORDS + 8 * JOB_LENGTH + 2 * MESSAGE_LETTERS));
}

export function openControl(buffer: SharedArrayBuffer): Control {
  return {
    buffer,
    words: new Int32Array(buffer, 0, WORDS),
    job: new Float64Array(buffer, 4 * WORDS, JOB_LENGTH),
    letters: new Uint16Array(buffer, 4 * WORDS + 8 * JOB_LENGTH, MESSAGE_LETTERS),
  };
}

/** Only the first error of a job is kept. */
export function recordFailure({ words, letters }: Control, message: string): void {
  if (Atomics.compareExchange(words, FAILED, 0, 1) !== 0) return;
  const length = Math.min(message.length, letters.length);
  for (let i = 0; i < length; i++) letters[i] = message.charCodeAt(i);
  words[MESSAGE_LENGTH] = length;
}

/** The error of the last job, if there was one; forgets it. */
export function takeFailure({ words, letters }: Control): string | undefined {
  if (Atomics.exchange(words, FAILED, 0) === 0) return undefined;
  return String.fromCharCode(...letters.subarray(0, words[MESSAGE_LENGTH]!));
}
