import type { Counts } from '../../kernels/operands.ts';
import { mayBlock } from '../../kernels/threads/may-block.ts';
import { requireThreads } from '../../kernels/threads/require-threads.ts';
import { ABSENT, BUSY, CHUNKS, createBoard, DISMISSED, FAILED, NEXT, NO_MORE, READY, STEP, WORKERS } from './board.ts';
import { yieldToEventLoop } from './event-loop.ts';
import { type HiredWorker, hireWorkers, releaseWorkers } from './idle-workers.ts';
import type { Invitation, Steps, Task } from './task.ts';

/*
 * Threads for awaited tasks, beside the threads of the kernels.
 *
 * kernels/threads shares one call of a kernel, which takes microseconds to milliseconds: the call is synchronous, all threads
 * compute in one WebAssembly memory on the same arrays, and the caller spins or blocks until they are done, since nothing may be
 * awaited inside a kernel. src/workers shares a task of milliseconds to minutes, such as building a graph or answering queries: the
 * caller awaits it and stays responsive, each worker runs JavaScript with kernels and scratch of its own, attached to the caller's
 * memory, and chunks may take very different times. One system cannot do both: awaiting costs more than most kernels take, and a
 * caller that blocks for minutes hears no signal and shows no progress.
 */

/** While the caller waits for the last chunks, it yields to the event loop this often. */
const WAIT_MS = 20;

/** Called after chunks of the caller's own, with how many chunks of the step have been begun; what it returns is awaited. */
export type AfterChunk = (begun: number) => Promise<void> | undefined;

/** Resolves when the crew before has left. */
let last: Promise<void> = Promise.resolve();

/**
 * Does a task by several threads, the caller being one of them; with one thread the same code runs here, without workers and
 * without shared memory. Crews of several threads come one after the other: two might use the same places of a memory.
 *
 * @param local what the caller computes with
 * @param share what workers make theirs from; not asked for with one thread
 * @param body runs the steps
 * @throws {RangeError} if `threads` is no positive whole number
 * @throws {Error} if there are to be several and the engine has none, or no shared memory
 */
export async function withCrew<Local, Shared, Result>(
  task: Task<Local, Shared>,
  local: Local,
  share: () => Shared,
  threads: number,
  body: (crew: Crew) => Promise<Result>,
): Promise<Result> {
  requireThreads(threads);
  if (threads === 1) return body(Crew.open(task, local, share, 1));
  const before = last;
  let end = (): void => {};
  last = new Promise((resolve) => {
    end = resolve;
  });
  await before;
  try {
    const crew = Crew.open(task, local, share, threads);
    try {
      return await body(crew);
    } finally {
      await crew.close();
    }
  } finally {
    end();
  }
}

/**
 * Threads that do the steps of one task together.
 *
 * Workers join when they are ready: nobody waits for them, and what is done does not depend on them. They wait without using a
 * processor, keep no process alive, and are used again by the next crew.
 */
export class Crew {
  readonly #steps: Steps;
  readonly #names: readonly string[];
  readonly #board: Int32Array<SharedArrayBuffer> | undefined;
  readonly #work: Float64Array;
  #workers: readonly HiredWorker[] = [];
  #error: Error | undefined;

  private constructor(steps: Steps, threads: number) {
    this.#steps = steps;
    this.#names = Object.keys(steps);
    this.#board = threads > 1 ? createBoard(threads) : undefined;
    this.#work = threads > 1 ? new Float64Array(new SharedArrayBuffer(16 * threads)) : new Float64Array(0);
  }

  /** @param share what workers make theirs from */
  static open<Local, Shared>(task: Task<Local, Shared>, local: Local, share: () => Shared, threads: number): Crew {
    const crew = new Crew(task.steps(local), threads);
    if (threads > 1) crew.#invite(task.name, share(), threads);
    return crew;
  }

  /** Work that the workers have done. */
  get counts(): Counts {
    const counts = { distances: 0, multiplyAdds: 0 };
    for (let i = 0; i < this.#work.length; i += 2) {
      counts.distances += this.#work[i]!;
      counts.multiplyAdds += this.#work[i + 1]!;
    }
    return counts;
  }

  /**
   * Does every chunk of a step once. Where `after` throws, or a chunk does, no other chunk is begun and the error is thrown when all
   * threads have stopped.
   */
  async run(step: string, chunks: number, after?: AfterChunk): Promise<void> {
    const board = this.#board;
    const work = this.#steps[step]!;
    if (!board || chunks <= 1) return runAlone(work, chunks, after);
    board[STEP] = this.#names.indexOf(step);
    board[CHUNKS] = chunks;
    Atomics.store(board, NEXT, 0);
    try {
      this.#callIn(board);
      for (let chunk = Atomics.add(board, NEXT, 1); chunk < chunks; chunk = Atomics.add(board, NEXT, 1)) {
        work(chunk);
        const wait = after?.(Math.min(chunks, Atomics.load(board, NEXT)));
        if (wait) await wait;
        this.#callIn(board);
      }
    } catch (error) {
      await this.#stop(board);
      throw this.#error ?? error; // the end of a worker is the reason, what it left behind here only follows from it
    }
    await this.#stop(board);
    if (this.#error) throw this.#error;
  }

  /** No other chunk is begun; resolves when all threads have stopped. */
  async #stop(board: Int32Array<SharedArrayBuffer>): Promise<void> {
    Atomics.store(board, NEXT, NO_MORE);
    await this.#othersStop(board);
  }

  /** Sends the workers away; resolves when none has to do with what is shared. */
  async close(): Promise<void> {
    const board = this.#board;
    if (!board) return;
    for (const [place, worker] of this.#workers.entries()) {
      const word = WORKERS + 1 + place;
      while (!worker.dead && !dismissed(board, word)) await yieldToEventLoop();
    }
    releaseWorkers(this.#workers);
  }

  #invite(task: string, shared: unknown, threads: number): void {
    const board = this.#board!;
    this.#workers = hireWorkers(threads - 1);
    for (const [place, worker] of this.#workers.entries()) {
      const work = this.#work.buffer as SharedArrayBuffer;
      const sent: Invitation = { task, shared, slot: place + 1, board: board.buffer, work, steps: this.#names };
      worker.onError = (error) => {
        this.#error ??= error;
      };
      worker.post(sent);
    }
  }

  /** Those who are ready begin with the present step. */
  #callIn(board: Int32Array): void {
    for (let word = WORKERS + 1; word < board.length; word++) {
      if (Atomics.compareExchange(board, word, READY, BUSY) === READY) Atomics.notify(board, word);
    }
  }

  /** Resolves when no worker is busy, and a failure among them has been told. */
  async #othersStop(board: Int32Array): Promise<void> {
    for (const [place, worker] of this.#workers.entries()) {
      const word = WORKERS + 1 + place;
      while (Atomics.load(board, word) === BUSY && !worker.dead) {
        if (mayBlock) Atomics.wait(board, word, BUSY, WAIT_MS);
        if (Atomics.load(board, word) === BUSY) await yieldToEventLoop();
      }
    }
    while (Atomics.load(board, FAILED) === 1 && !this.#error) await yieldToEventLoop();
  }
}

/** Sends away a worker that waits or has not come; says whether it is gone. */
function dismissed(board: Int32Array, word: number): boolean {
  if (Atomics.compareExchange(board, word, ABSENT, DISMISSED) === ABSENT) return true;
  if (Atomics.compareExchange(board, word, READY, DISMISSED) === READY) Atomics.notify(board, word);
  return Atomics.load(board, word) === DISMISSED;
}

async function runAlone(work: (chunk: number) => void, chunks: number, after?: AfterChunk): Promise<void> {
  for (let chunk = 0; chunk < chunks; chunk++) {
    work(chunk);
    const wait = after?.(chunk + 1);
    if (wait) await wait;
  }
}
