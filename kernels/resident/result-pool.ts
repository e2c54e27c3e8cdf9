import type { GpuCall, GpuDevice, GpuMatrix } from '../gpu/device.ts';
import type { GpuKernel } from '../gpu/gpu-kernel.ts';

/** One place for results of a kernel and shape, and how many operands point at it. */
interface Place {
  readonly key: string;
  readonly number: number;
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
  /** Of each kernel and shape: whether each of its places is free. */
  readonly #free = new Map<string, boolean[]>();
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
    const number = this.#take(key);
    const slot = `pool ${this.#number}, place ${number}`;
    const result = await this.#device.run(kernel, { ...call, slot });
    const place = this.#places.get(result);
    if (place) place.users = 1;
    else this.#places.set(result, { key, number, users: 1 });
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
    this.#free.get(place.key)![place.number] = true;
  }

  /** The first free place: the same work finds the same places, which gpu.js has bound already. */
  #take(key: string): number {
    let free = this.#free.get(key);
    if (!free) {
      free = [];
      this.#free.set(key, free);
    }
    let number = free.indexOf(true);
    if (number < 0) number = free.length;
    free[number] = false;
    return number;
  }
}

/** Kernels are compiled for the shapes of their operands, so a place belongs to them too. */
function keyOf(kernel: GpuKernel, { rows, cols, layers = 1, constants = {}, inputs }: Omit<GpuCall, 'slot'>): string {
  const shapes = inputs.map((input) => (typeof input === 'number' ? '' : `${input.rows}x${input.cols}`));
  return [kernel.name, layers, rows, cols, ...Object.values(constants), ...shapes].join(' ');
}
