/**
 * Threads that share one call of a kernel. Such a call is synchronous and takes microseconds to milliseconds: all threads compute in
 * one WebAssembly memory, and the caller hands out chunks through shared words, takes chunks itself, and spins or blocks until the
 * others are done. src/workers is for tasks of milliseconds to minutes, which are awaited; its crew.ts says why one system cannot
 * be both.
 */
import type { WasmFunction, WasmMemory, WasmModule } from '../wasm/webassembly.ts';
import { type ChunkRunner, runChunks } from './chunks.ts';
import {
  ACTIVE,
  ASLEEP,
  CHUNKS,
  type Control,
  createControl,
  EPOCH,
  INSIDE,
  JOINING,
  LIMIT,
  MAIL,
  NEXT,
  READY,
  takeFailure,
} from './control.ts';
import { type ChunkOperand, chunkCount, type Grid, writeJob } from './job.ts';
import { mayBlock } from './may-block.ts';
import { besideModule, startWorker, type WorkerThread } from './start-worker.ts';
import type { PoolMessage } from './worker.ts';

/** How often the caller looks whether the others are done before it sleeps. */
const LOOKS = 20_000;
/** How long the caller sleeps before it asks whether those it waits for have ended. */
const ASK_MS = 100;

/** The threads that help this one, started when first needed and shared by all kernels of this thread. */
class Pool {
  readonly #control: Control = createControl();
  readonly #workers: WorkerThread[] = [];
  #failure: string | undefined;

  /** Starts threads until there are `count` besides the caller. They come up while the caller goes on alone. */
  grow(count: number): void {
    while (this.#workers.length < count) {
      const worker = startWorker(
        {
          url: () => besideModule('./worker', import.meta.url),
          // @ts-expect-error Worker is a global of browsers, whose types are not loaded.
          inBrowser: () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }),
        },
        {
          onEnd: (reason) => {
            this.#failure ??= reason;
          },
        },
      );
      this.#workers.push(worker);
      this.send(this.#workers.length - 1, {
        kind: 'start',
        control: this.#control.buffer,
        thread: this.#workers.length,
      });
    }
  }

  /**
   * A thread that sleeps or looks for work returns to its event loop, which delivers the message.
   *
   * @returns false if the thread has ended, which is the end of the pool
   */
  send(worker: number, message: PoolMessage): boolean {
    const { words } = this.#control;
    // Counted first: a thread goes back to work only when it has received all that was counted.
    Atomics.add(words, MAIL + worker + 1, 1);
    const there = this.#workers[worker]!.post(message);
    if (!there) this.#failure ??= 'one that has ended';
    Atomics.add(words, EPOCH, 2);
    Atomics.notify(words, EPOCH);
    return there;
  }

  /**
   * Runs one job on up to `threads` threads, the caller one of them, and returns when it is done.
   *
   * @param meanwhile what the caller does before it takes part; what it throws is thrown when the job is done
   */
  run(
    kernels: number,
    runner: ChunkRunner,
    threads: number,
    func: number,
    grid: Grid,
    operands: readonly ChunkOperand[],
    meanwhile: (() => void) | undefined,
  ): void {
    this.#requireWorkers();
    const control = this.#control;
    const { words, job } = control;
    const chunks = chunkCount(grid);
    writeJob(job, kernels, func, grid, operands);
    words[CHUNKS] = chunks;
    words[LIMIT] = threads;
    Atomics.store(words, NEXT, 0);
    Atomics.add(words, EPOCH, 1);
    if (Atomics.load(words, ASLEEP) > 0) Atomics.notify(words, EPOCH, chunks - 1);
    try {
      meanwhile?.();
    } finally {
      runChunks(control, runner);
      Atomics.add(words, EPOCH, 1);
      this.#join();
    }
    const failure = takeFailure(control);
    this.#requireWorkers();
    if (failure !== undefined) throw new Error(`Kernels: expected a chunk to succeed, got ${failure}.`);
  }

  /** A thread that ended may have taken a chunk with it; nothing is computed by this pool any more. */
  #requireWorkers(): void {
    if (this.#failure !== undefined) throw new Error(`Kernels: expected threads that run, got ${this.#failure}.`);
  }

  /** Waits until no other thread is inside the job, or only such as have ended there. */
  #join(): void {
    const { words } = this.#control;
    for (let looks = 0; looks < LOOKS; looks++) if (Atomics.load(words, ACTIVE) === 0) return;
    Atomics.store(words, JOINING, 1);
    for (let inside = Atomics.load(words, ACTIVE); inside !== 0; inside = Atomics.load(words, ACTIVE)) {
      if (mayBlock && Atomics.wait(words, ACTIVE, inside, ASK_MS) === 'timed-out' && this.#onlyEndedInside()) break;
    }
    Atomics.store(words, JOINING, 0);
  }

  #onlyEndedInside(): boolean {
    const inside = this.#workers
      .map((_, i) => i)
      .filter((i) => Atomics.load(this.#control.words, INSIDE + i + 1) === 1);
    return inside.length > 0 && inside.every((i) => !this.send(i, { kind: 'knock' }));
  }

  /** Waits, where this thread may, until the started threads listen, at most `milliseconds`; returns how many do. */
  awaitReady(milliseconds: number): number {
    const { words } = this.#control;
    for (;;) {
      const ready = Atomics.load(words, READY);
      if (ready >= this.#workers.length || !mayBlock) return ready;
      if (Atomics.wait(words, READY, ready, milliseconds) === 'timed-out') return Atomics.load(words, READY);
    }
  }

  get size(): number {
    return this.#workers.length;
  }
}

let pool: Pool | undefined;
let lastId = 0;

/** Lets the threads forget kernels that nobody here can call any more. */
const forgotten = new FinalizationRegistry<number>((id) => {
  for (let worker = 0; pool && worker < pool.size; worker++) pool.send(worker, { kind: 'forget', id });
});

/** The threads of one set of kernels. */
export class Team {
  readonly threads: number;
  readonly #runner: ChunkRunner;
  readonly #introduction: PoolMessage;
  readonly #id = ++lastId;
  /** Threads that know these kernels. */
  #known = 0;

  /**
   * @param threads how many compute, the caller included
   * @param scratch address of the caller's scratch; that of the other threads follows
   * @throws {Error} if this engine has no threads
   * @throws {RangeError} if they are too many
   */
  constructor(
    threads: number,
    memory: WasmMemory,
    module: WasmModule,
    exports: Readonly<Record<string, WasmFunction>>,
    scratch: number,
  ) {
    this.threads = threads;
    this.#runner = { functions: Object.values(exports), scratch };
    this.#introduction = { kind: 'kernels', id: this.#id, memory, module, scratch };
    pool ??= new Pool();
    pool.grow(threads - 1);
  }

  /** The other threads let go of the memory; the next job would introduce it anew. */
  forget(): void {
    for (let worker = 0; worker < this.#known; worker++) pool!.send(worker, { kind: 'forget', id: this.#id });
    this.#known = 0;
  }

  /** Runs a function over all chunks of the grid. @param func its place among the exports; @param meanwhile as `Pool.run` */
  run(func: number, grid: Grid, operands: readonly ChunkOperand[], meanwhile?: () => void): void {
    const threads = pool!;
    if (this.#known === 0) forgotten.register(this, this.#id);
    for (; this.#known < this.threads - 1; this.#known++) threads.send(this.#known, this.#introduction);
    threads.run(this.#id, this.#runner, this.threads, func, grid, operands, meanwhile);
  }
}

/**
 * Waits until all threads that were started listen, at most `milliseconds`; not at all in the main thread of a page.
 *
 * @returns how many do, the caller included
 */
export function awaitThreads(milliseconds: number): number {
  return 1 + (pool?.awaitReady(milliseconds) ?? 0);
}
