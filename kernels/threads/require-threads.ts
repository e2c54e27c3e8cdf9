import { threadsSupported } from './start-worker.ts';

/**
 * Checks how many threads, the caller included, are to share some work.
 *
 * @param most that can; any number if not given
 * @throws {RangeError} if it is no whole number from 1 to `most`
 * @throws {Error} if there are to be several and the engine has none, or no shared memory
 */
export function requireThreads(threads: number, most?: number): void {
  if (!Number.isSafeInteger(threads) || threads < 1 || threads > (most ?? threads)) {
    const range = most === undefined ? 'from 1' : `from 1 to ${most}`;
    throw new RangeError(`threads: expected a whole number ${range}, got ${threads}.`);
  }
  if (threads === 1 || threadsSupported()) return;
  throw new Error(
    `threads: expected an engine with threads that share memory for ${threads} of them, got one without; a page must be cross-origin isolated.`,
  );
}
