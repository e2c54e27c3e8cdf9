import type { Floats } from './kernels.ts';
import { type WasmMemory, webAssembly } from './webassembly.ts';

const PAGE = 65536;
const ALIGNMENT = 64;
const LIMIT = 2 ** 32;
const MIB = 2 ** 20;

/** Room for packed panels and partial sums, whose contents no call leaves to the next. */
export const SCRATCH_BYTES = MIB;

/**
 * One WebAssembly.Memory, sized once and never grown, since growing would detach every view:
 * [64 bytes unused, so that no operand has address 0 | scratch | operands].
 *
 * Nothing is freed; what is handed out is zeroed and aligned to 64 bytes.
 */
export class KernelMemory {
  readonly memory: WasmMemory;
  /** Byte address of SCRATCH_BYTES bytes. */
  readonly scratch = ALIGNMENT;
  readonly #buffer: ArrayBuffer;
  readonly #bytes: number;
  #next: number;

  /**
   * @param bytes capacity for operands
   * @throws {RangeError} if it is not a size, or more than one memory of 4 GiB holds, or more than the machine gives
   */
  constructor(bytes: number) {
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new RangeError(`KernelMemory: expected a size in bytes, got ${bytes}.`);
    }
    this.#next = ALIGNMENT + SCRATCH_BYTES;
    const pages = Math.ceil((this.#next + bytes) / PAGE);
    if (pages * PAGE > LIMIT) {
      const most = LIMIT - this.#next;
      throw new RangeError(`KernelMemory: expected at most ${most} bytes (one memory is 4 GiB), got ${bytes}.`);
    }
    this.memory = allocate(pages);
    this.#buffer = this.memory.buffer;
    this.#bytes = this.#next + Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
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
    const next = first + Math.ceil((elementBytes * length) / ALIGNMENT) * ALIGNMENT;
    if (next > this.#bytes) {
      const free = this.#bytes - first;
      const asked = elementBytes * length;
      throw new RangeError(`Kernels: expected at most ${free} bytes (what is left of the memory), got ${asked}.`);
    }
    this.#next = next;
    return first;
  }
}

function allocate(pages: number): WasmMemory {
  const engine = webAssembly();
  if (!engine) throw new Error('KernelMemory: expected WebAssembly, got an engine without it.');
  try {
    return new engine.Memory({ initial: pages, maximum: pages });
  } catch {
    const mib = Math.ceil((pages * PAGE) / MIB);
    throw new RangeError(`KernelMemory: expected ${mib} MiB of memory, got refused by the engine.`);
  }
}
