import type { GpuCall, GpuDevice, GpuMatrix } from './device.ts';
import type { GpuKernel } from './gpu-kernel.ts';

/** One place for results of a kernel and shape, and how many operands point at it. */
interface Place {
  readonly key: string;
  readonly slot: string;
  users: number;
}

/** Numbers of the pools in use on a device: no two of them may share a place. */
const inUse = new WeakMap<GpuDevice, Set<number>>();

/**
 * Results of kernels, each in one of a few places of its kernel and shape (the slots of `GpuDevice.run`). A place is used again as
 * soon as nobody points at it: a launch later in the queue may overwrite what earlier ones read.
 */
export class ResultPool {
  readonly #device: GpuDevice;
  readonly #places = new Map<GpuMatrix, Place>();
  readonly #free = new Map<string, string[]>();
  readonly #made = new Map<string, number>();
  readonly #numbers: Set<number>;
  readonly #number: number;

  constructor(device: GpuDevice) {
    this.#device = device;
    this.#numbers = inUse.get(device) ?? new Set();
    inUse.set(device, this.#numbers);
    let number = 0;
    while (this.#numbers.has(number)) number++;
    this.#numbers.add(number);
    this.#number = number;
  }

  /** Leaves its places, with what was compiled for them, to the next pool of the device. */
  close(): void {
    this.#numbers.delete(this.#number);
  }

  /** The result has one user: the caller. */
  async run(kernel: GpuKernel, call: Omit<GpuCall, 'slot'>): Promise<GpuMatrix> {
    const key = keyOf(kernel, call);
    const slot = this.#free.get(key)?.pop() ?? this.#newSlot(key);
    const result = await this.#device.run(kernel, { ...call, slot });
    const place = this.#places.get(result);
    if (place) place.users = 1;
    else this.#places.set(result, { key, slot, users: 1 });
    return result;
  }

  /** Whether this is a result of `run`. */
  has(result: GpuMatrix): boolean {
    return this.#places.has(result);
  }

  retain(result: GpuMatrix): void {
    this.#places.get(result)!.users++;
  }

  release(result: GpuMatrix): void {
    const place = this.#places.get(result)!;
    if (--place.users > 0) return;
    const free = this.#free.get(place.key);
    if (free) free.push(place.slot);
    else this.#free.set(place.key, [place.slot]);
  }

  #newSlot(key: string): string {
    const made = this.#made.get(key) ?? 0;
    this.#made.set(key, made + 1);
    return `pool ${this.#number}, place ${made}`;
  }
}

/** Kernels are compiled for the shapes of their operands, so a place belongs to them too. */
function keyOf(kernel: GpuKernel, { rows, cols, layers = 1, constants = {}, inputs }: Omit<GpuCall, 'slot'>): string {
  const shapes = inputs.map((input) => (typeof input === 'number' ? '' : `${input.rows}x${input.cols}`));
  return [kernel.name, layers, rows, cols, ...Object.values(constants), ...shapes].join(' ');
}
