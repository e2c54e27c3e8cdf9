import type { Counts } from '../../kernels/operands.ts';

/** Lets messages, timers and signals arrive. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Multiply-adds between two turns of the event loop: a second at most, with or without SIMD. */
const WORK_BETWEEN_YIELDS = 2e8;

/** Yields to the event loop after every so many multiply-adds, so that a long computation can be watched and stopped. */
export class Yielder {
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
    return this.#counts().multiplyAdds - this.#last >= WORK_BETWEEN_YIELDS;
  }

  /** @throws the signal's reason, when it aborts */
  async yield(): Promise<void> {
    this.#last = this.#counts().multiplyAdds;
    await yieldToEventLoop();
    this.#signal?.throwIfAborted();
  }
}
