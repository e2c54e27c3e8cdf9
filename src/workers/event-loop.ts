import type { Counts } from '../../kernels/operands.ts';

/** Lets messages, timers and signals arrive. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** A second at most, with or without SIMD. */
const WORK_BETWEEN_TURNS = 2e8;

/** Gives the event loop a turn after every so many multiply-adds, so that a long computation can be watched and stopped. */
export class Turns {
  readonly #counts: () => Readonly<Counts>;
  readonly #signal: AbortSignal | undefined;
  #last: number;

  /** @throws the signal's reason, when it has aborted before */
  constructor(counts: () => Readonly<Counts>, signal: AbortSignal | undefined) {
    this.#counts = counts;
    this.#signal = signal;
    this.#last = counts().multiplyAdds;
    signal?.throwIfAborted();
  }

  get due(): boolean {
    return this.#counts().multiplyAdds - this.#last >= WORK_BETWEEN_TURNS;
  }

  /** @throws the signal's reason, when it aborts */
  async take(): Promise<void> {
    this.#last = this.#counts().multiplyAdds;
    await yieldToEventLoop();
    this.#signal?.throwIfAborted();
  }
}
