/** A thread of a pool: waits for jobs, runs chunks of them. Started by pool.ts. */
import { countShared } from '../wasm/counted-memory.ts';
import { SCRATCH_BYTES } from '../wasm/memory.ts';
import { type WasmMemory, type WasmModule, webAssembly } from '../wasm/webassembly.ts';
import { type ChunkRunner, runChunks } from './chunks.ts';
import { ACTIVE, ASLEEP, type Control, EPOCH, INSIDE, JOINING, LIMIT, MAIL, openControl, READY } from './control.ts';
import { jobKernels } from './job.ts';
import { onMessageFromParent } from './start-worker.ts';

/** What the caller sends. */
export type PoolMessage =
  | { readonly kind: 'start'; readonly control: SharedArrayBuffer; readonly thread: number }
  | {
      readonly kind: 'kernels';
      readonly id: number;
      readonly memory: WasmMemory;
      readonly module: WasmModule;
      /** Address of the caller's scratch; the other threads' follow. */
      readonly scratch: number;
    }
  | { readonly kind: 'forget'; readonly id: number }
  /** Asks for nothing: that it is delivered says that the thread is there. */
  | { readonly kind: 'knock' };

/**
 * How often a thread looks for the next job before it sleeps: about 0.2 ms, since the calls of a training step follow each other
 * within microseconds and waking a thread takes about 50.
 */
const LOOKS = 20_000;

const runners = new Map<number, ChunkRunner>();
let control: Control | undefined;
let thread = 0;
let received = 0;

function receive(message: PoolMessage): void {
  if (message.kind === 'start') {
    control = openControl(message.control);
    thread = message.thread;
    Atomics.add(control.words, READY, 1);
    Atomics.notify(control.words, READY);
  } else if (message.kind === 'kernels') {
    const { Instance } = webAssembly()!;
    const { exports } = new Instance(message.module, { kernels: { memory: message.memory } });
    const scratch = message.scratch + thread * SCRATCH_BYTES;
    countShared(message.memory);
    runners.set(message.id, { functions: Object.values(exports), scratch });
  } else if (message.kind === 'forget') {
    runners.delete(message.id);
  }
  received++;
  if (control && received === Atomics.load(control.words, MAIL + thread)) serve(control);
}

/** Runs jobs until a message is waiting, which only the event loop can deliver. */
function serve(control: Control): void {
  const { words } = control;
  let done = 0; // the epoch that this thread has taken part in
  let looks = 0;
  while (Atomics.load(words, MAIL + thread) === received) {
    const epoch = Atomics.load(words, EPOCH);
    if ((epoch & 1) === 1 && epoch !== done) {
      takePart(control, epoch);
      done = epoch;
      looks = 0;
    } else if (++looks >= LOOKS) {
      Atomics.add(words, ASLEEP, 1);
      if (Atomics.load(words, MAIL + thread) === received) Atomics.wait(words, EPOCH, epoch);
      Atomics.sub(words, ASLEEP, 1);
      looks = 0;
    }
  }
}

function takePart(control: Control, epoch: number): void {
  const { words, job } = control;
  Atomics.store(words, INSIDE + thread, 1);
  Atomics.add(words, ACTIVE, 1);
  if (Atomics.load(words, EPOCH) === epoch && thread < words[LIMIT]!) {
    const runner = runners.get(jobKernels(job));
    if (runner) runChunks(control, runner);
  }
  if (Atomics.sub(words, ACTIVE, 1) === 1 && Atomics.load(words, JOINING) === 1) Atomics.notify(words, ACTIVE);
  Atomics.store(words, INSIDE + thread, 0);
}

onMessageFromParent((message) => receive(message as PoolMessage));
