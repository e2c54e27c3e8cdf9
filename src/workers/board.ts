/**
 * The shared words through which the threads of one crew agree. The caller alone starts a step and calls workers to it; a worker
 * answers when it finds no chunk any more.
 */
export const STEP = 0;
export const CHUNKS = 1;
/** The next chunk that nobody has taken. */
export const NEXT = 2;
/** 1 once a worker has failed; its error follows as a message. */
export const FAILED = 3;
/** The word of worker 1, 2, … is at WORKERS + slot. */
export const WORKERS = 3;

/** States of a worker: not there yet, making what it computes with, waiting for a step, busy with one, sent away. */
export const ABSENT = 0;
export const ARRIVING = 1;
export const READY = 2;
export const BUSY = 3;
export const DISMISSED = 4;

/** More than any number of chunks: nobody takes another one. */
export const NO_MORE = 2 ** 30;

export function createBoard(threads: number): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(4 * (WORKERS + threads)));
}
