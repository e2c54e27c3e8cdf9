import { UsageError } from '../arguments/usage-error.ts';

/** The user stopped the command: exit status 130. The message says what was kept, if anything. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  constructor(message = 'interrupted.') {
    super(message);
  }
}

/** Whether work was given up because of its signal; libraries say so with an AbortError. */
export function isInterruption(error: unknown): boolean {
  return error instanceof InterruptedError || (error instanceof DOMException && error.name === 'AbortError');
}

export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** @throws {InterruptedError} once the signal has been given */
export function throwIfInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new InterruptedError();
}

/** Lets signals and input arrive between two pieces of synchronous work. @throws {InterruptedError} once the signal has been given */
export async function letSignalsArrive(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  throwIfInterrupted(signal);
}

/** What engines say when an array or a memory of the size asked for cannot be had. */
const NO_ROOM = /^(Array buffer allocation failed|Invalid (typed )?array length)/;

/** Memory of WebAssembly reserves more addresses than it takes, which a limit on them (ulimit -v) refuses. */
const NO_ADDRESSES = /^KernelMemory: .+ refused by the engine\.$/;

/** What went wrong, as one line. */
export function messageOf(error: unknown): string {
  if (isInterruption(error) && !(error instanceof InterruptedError)) return new InterruptedError().message;
  const text = error instanceof Error ? error.message || error.name : String(error);
  if (error instanceof RangeError && NO_ROOM.test(text)) {
    return `expected sizes that fit into memory, got more (${text.trim()}).`;
  }
  const line = text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
  return NO_ADDRESSES.test(line) ? `${line.slice(0, -1)}; with --backend reference none is asked for.` : line;
}

/** @returns the exit status that belongs to an error */
export function exitStatusOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  return isInterruption(error) ? EXIT.interrupted : EXIT.failed;
}
