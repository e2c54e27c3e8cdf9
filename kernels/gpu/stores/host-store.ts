import type { GpuJs, GpuJsKernel } from '../gpu-js.ts';
import type { Handle, Store } from './store.ts';

interface HostMatrix {
  readonly value: Float32Array;
}

/** Plain memory, for gpu.js where it computes without a GPU: the same kernels, tested everywhere. */
export class HostStore implements Store {
  readonly lanes = true;
  readonly capacity = 2 ** 30;
  readonly #library: GpuJs;

  constructor(library: GpuJs) {
    this.#library = library;
  }

  async upload(values: Float32Array, rows: number, cols: number): Promise<Handle> {
    return new this.#library.Input(values.slice(), [cols, rows]);
  }

  async write(handle: Handle, values: Float32Array): Promise<Handle> {
    (handle as HostMatrix).value.set(values);
    return handle;
  }

  async read(handle: Handle): Promise<Float32Array> {
    return (handle as HostMatrix).value.slice();
  }

  free(): void {}

  reshape(handle: Handle, rows: number, cols: number): Handle {
    return new this.#library.Input((handle as HostMatrix).value, [cols, rows]);
  }

  async run(kernel: GpuJsKernel, operands: readonly (Handle | number)[], rows: number, cols: number): Promise<Handle> {
    const values = new Float32Array(rows * cols);
    flatten(await kernel(...operands), values, 0);
    return new this.#library.Input(values, [cols, rows]);
  }

  outputOf(layers: number, rows: number, cols: number, lanes: number): number[] {
    return layers === 1 ? [cols / lanes, rows] : [cols / lanes, rows, layers];
  }

  async settle(): Promise<void> {}
}

/** Rows of numbers or of lanes, one after the other. @returns the place after the last */
export function flatten(value: unknown, target: Float32Array, at: number): number {
  if (typeof value === 'number') {
    target[at] = value;
    return at + 1;
  }
  if (value instanceof Float32Array) {
    target.set(value, at);
    return at + value.length;
  }
  let next = at;
  for (const part of value as readonly unknown[]) next = flatten(part, target, next);
  return next;
}
