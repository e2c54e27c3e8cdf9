import type { Counts } from '../../kernels/operands.ts';

/**
 * Work that several threads do together: steps, each cut into numbered chunks that may run in any order and on any thread. A chunk
 * writes where no other chunk of the step reads or writes, so the result is the same for any number of threads.
 *
 * @typeParam Local what one thread computes with
 * @typeParam Shared what a worker needs to get the same: shared memory and plain values, sent to it once
 */
export interface Task<Local, Shared> {
  /** By which a worker finds it; unique. */
  readonly name: string;
  /** In a worker: the caller's memory, and scratch of its own. `slot` is 1, 2, … */
  attach(shared: Shared, slot: number): Local;
  /** The steps by name. Each does one chunk. */
  steps(local: Local): Steps;
  /** Work that this thread has done so far. */
  counts(local: Local): Readonly<Counts>;
}

export type Steps = Readonly<Record<string, (chunk: number) => void>>;

/** A task of any kind, as a registry holds it. */
// biome-ignore lint/suspicious/noExplicitAny: what a task is made of is known to those who open it, not to those who list it
export type AnyTask = Task<any, any>;

/** What a worker is sent to join a crew. */
export interface Invitation {
  readonly task: string;
  readonly shared: unknown;
  readonly slot: number;
  readonly board: SharedArrayBuffer;
  readonly work: SharedArrayBuffer;
  /** The names of the steps, in the order in which the board numbers them. */
  readonly steps: readonly string[];
}
