import { countShared } from '../../../kernels/wasm/counted-memory.ts';
import { endIdleWorkers } from '../../workers/idle-workers.ts';

/** What an index holds in memory, until it is closed. */
export class Held<Parts extends object> {
  readonly #where: string;
  #parts: Parts | undefined;

  /** @param where begins messages: the name of the class */
  constructor(where: string, parts: Parts) {
    this.#where = where;
    this.#parts = parts;
  }

  /** @throws {Error} once it was closed */
  get parts(): Parts {
    if (this.#parts) return this.#parts;
    throw new Error(`${this.#where}: expected an index that is open, got one that was closed; build or load it again.`);
  }

  /** Lets go of everything here and in threads that wait, and has it collected soon. */
  close(): void {
    if (!this.#parts) return;
    this.#parts = undefined;
    endIdleWorkers();
    countShared({}); // nobody has it, so that a collection is called for
  }
}
