import type { Floats } from '../operands.ts';
import { countShared } from './counted-memory.ts';
import { type WasmMemory, webAssembly } from './webassembly.ts';

const PAGE = 65536;
const ALIGNMENT = 64;
const LIMIT = 2 ** 32;
const MIB = 2 ** 20;

/** Room for packed panels and partial sums, whose contents no call leaves to the next; every thread has its own. */
export const SCRATCH_BYTES = MIB;

/** How one memory is shared out; all but `bytes` only for memories that several threads reach. */
export interface MemoryPlan {
  /** Capacity for operands. */
  readonly bytes: number;
  /** Threads that compute together, each with scratch of its own; 1 if not given. */
  readonly threads?: number | undefined;
  /** Places for kernels in other threads, each with scratch and operands of its own; 0 if not given. */
  readonly attachable?: number;
  /** Capacity for operands at each such place. */
  readonly bytesEach?: number;
}

/** Part of a memory: where its scratch is, and from where to where operands are handed out. */
export interface MemoryRegion {
  readonly memory: WasmMemory;
  readonly scratch: number;
  readonly first: number;
  readonly end: number;
}

/**
 * One WebAssembly.Memory, sized once and never grown, since growing would detach every view:
 * [64 bytes unused, so that no operand has address 0 | scratch of each thread | places of other threads | operands].
 *
 * Nothing is freed; what is handed out is zeroed and aligned to 64 bytes.
 */
export class KernelMemory {
  readonly memory: WasmMemory;
  /** Byte address of SCRATCH_BYTES bytes for the calling thread, then as many for each of the others. */
  readonly scratch: number;
  #buffer: ArrayBufferLike;
  readonly #first: number;
  readonly #end: number;
  #next: number;

  /** @param region as `planRegions` or `attachedRegion` give it */
  constructor({ memory, scratch, first, end }: MemoryRegion) {
    this.memory = memory;
    this.scratch = scratch;
    this.#buffer = memory.buffer;
    this.#first = first;
    this.#next = first;
    this.#end = end;
  }

  /** @throws {RangeError} if the plan holds no sizes, or more than one memory of 4 GiB, or more than the machine gives */
  static create(plan: MemoryPlan): KernelMemory {
    const { bytes, threads = 1, attachable = 0, bytesEach = 0 } = plan;
    requireSize(bytes);
    requireSize(bytesEach);
    const first = placeAddress(threads, attachable, bytesEach);
    const pages = Math.ceil((first + bytes) / PAGE);
    if (pages * PAGE > LIMIT) {
      const most = Math.max(0, LIMIT - first);
      throw new RangeError(`KernelMemory: expected at most ${most} bytes (one memory is 4 GiB), got ${bytes}.`);
    }
    const memory = allocate(pages, threads > 1 || attachable > 0);
    return new KernelMemory({ memory, scratch: ALIGNMENT, first, end: first + aligned(bytes) });
  }

  /**
   * The memory of closed kernels anew, for as many threads.
   *
   * @param bytes no more than it was created with
   * @param used bytes that may hold something
   */
  static again(memory: WasmMemory, threads: number, bytes: number, used: number): KernelMemory {
    const first = placeAddress(threads, 0, 0);
    new Uint8Array(memory.buffer, first, used).fill(0);
    return new KernelMemory({ memory, scratch: ALIGNMENT, first, end: first + aligned(bytes) });
  }

  /** Refuses all operands from here on. @returns how many bytes were handed out */
  close(): number {
    this.#buffer = new ArrayBuffer(0);
    return this.#next - this.#first;
  }

  floats(length: number): Float32Array {
    return new Float32Array(this.#buffer, this.#take(length, 4), length);
  }

  ints(length: number): Int32Array {
    return new Int32Array(this.#buffer, this.#take(length, 4), length);
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(this.#buffer, this.#take(length, 1), length);
  }

  /** Bytes that have not been handed out. */
  get room(): number {
    return this.#end - this.#next;
  }

  /**
   * The byte address of an operand.
   *
   * @param length how many elements the call will touch
   * @throws {TypeError} if the view lies elsewhere
   * @throws {RangeError} if it is too short
   */
  at(view: Floats | Int32Array | Uint8Array, length: number): number {
    if (view.buffer !== this.#buffer || view.length < length) this.#refuse(view, length);
    return view.byteOffset;
  }

  #refuse(view: Floats | Int32Array | Uint8Array, length: number): never {
    if (view.buffer !== this.#buffer) {
      throw new TypeError('Kernels: expected operands made by floats() or ints() of these kernels, got another array.');
    }
    throw new RangeError(`Kernels: expected an operand of at least ${length} elements, got ${view.length}.`);
  }

  #take(length: number, elementBytes: number): number {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new RangeError(`Kernels: expected a length, got ${length}.`);
    }
    const first = this.#next;
    const next = first + aligned(elementBytes * length);
    if (next > this.#end) {
      const free = this.#end - first;
      const asked = elementBytes * length;
      throw new RangeError(`Kernels: expected at most ${free} bytes (what is left of the memory), got ${asked}.`);
    }
    this.#next = next;
    return first;
  }
}

/** The part of a memory made by `KernelMemory.create` that belongs to the place `slot`, emptied. */
export function attachedRegion(memory: WasmMemory, threads: number, slot: number, bytesEach: number): MemoryRegion {
  const scratch = placeAddress(threads, slot, bytesEach);
  const first = scratch + SCRATCH_BYTES;
  const end = first + aligned(bytesEach);
  new Uint8Array(memory.buffer, first, end - first).fill(0);
  return { memory, scratch, first, end };
}

function placeAddress(threads: number, slot: number, bytesEach: number): number {
  return ALIGNMENT + threads * SCRATCH_BYTES + slot * (SCRATCH_BYTES + aligned(bytesEach));
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

function requireSize(bytes: number): void {
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw new RangeError(`KernelMemory: expected a size in bytes, got ${bytes}.`);
  }
}

function allocate(pages: number, shared: boolean): WasmMemory {
  const engine = webAssembly();
  if (!engine) throw new Error('KernelMemory: expected WebAssembly, got an engine without it.');
  try {
    const memory = new engine.Memory({ initial: pages, maximum: pages, shared });
    if (shared) countShared(memory);
    return memory;
  } catch {
    const mib = Math.ceil((pages * PAGE) / MIB);
    throw new RangeError(`KernelMemory: expected ${mib} MiB of memory, got refused by the engine.`);
  }
}
