import type { GpuJs, GpuJsHandle, GpuJsKernel, WebGpuContext } from '../gpu-js.ts';
import { Readback } from './readback.ts';
import type { Handle, Store } from './store.ts';

const COPY_SRC = 0x0004;
const COPY_DST = 0x0008;
const STORAGE = 0x0080;
/** Floats of one write, 4 MiB: Dawn then takes the same staging memory again (measured, 40 MB: 9 ms instead of 32). */
const WRITE_FLOATS = 2 ** 20;
/** Writes between two waits: what waits in the queue is held twice. */
const WRITES_IN_FLIGHT = 64;

/**
 * Matrices in storage buffers, row-major. Values are written to a buffer of ours directly: as an operand, gpu.js would copy and
 * send them again at every call.
 */
export class WebGpuStore implements Store {
  readonly lanes = true;
  readonly capacity: number;
  readonly #library: GpuJs;
  readonly #context: WebGpuContext;
  readonly #readback: Readback;

  constructor(library: GpuJs, context: WebGpuContext) {
    this.#library = library;
    this.#context = context;
    this.#readback = new Readback(context.device);
    const { maxStorageBufferBindingSize, maxBufferSize } = context.device.limits;
    this.capacity = Math.floor(Math.min(maxStorageBufferBindingSize!, maxBufferSize!) / 4);
  }

  async upload(values: Float32Array, rows: number, cols: number): Promise<Handle> {
    const buffer = this.#context.device.createBuffer({
      size: 4 * rows * cols,
      usage: STORAGE | COPY_SRC | COPY_DST,
    });
    const context = this.#context;
    const settings = { buffer, output: [cols, rows], componentCount: 1, context, kernel: undefined };
    return this.write(new this.#library.WebGPUBufferResult(settings), values);
  }

  async write(handle: Handle, values: Float32Array): Promise<Handle> {
    const { queue } = this.#context.device;
    const { buffer } = handle as GpuJsHandle;
    for (let write = 0; write * WRITE_FLOATS < values.length; write++) {
      const first = write * WRITE_FLOATS;
      queue.writeBuffer(buffer, 4 * first, values, first, Math.min(WRITE_FLOATS, values.length - first));
      if (write % WRITES_IN_FLIGHT === WRITES_IN_FLIGHT - 1) await queue.onSubmittedWorkDone();
    }
    return handle;
  }

  async read(handle: Handle, rows: number, cols: number): Promise<Float32Array> {
    if (this.#context.isLost) throw new Error('GPU: expected a device that still works, got one that was lost.');
    return this.#readback.read((handle as GpuJsHandle).buffer, rows * cols);
  }

  /** Launches that were collected may read what is freed: they go first. */
  free(handle: Handle): void {
    this.#context.device.queue.submit([]);
    (handle as GpuJsHandle).delete();
  }

  reshape(handle: Handle, rows: number, cols: number): Handle {
    const same = Object.assign(Object.create(Object.getPrototypeOf(handle)) as GpuJsHandle, handle);
    same.output = [cols, rows];
    return same;
  }

  /** A result of several columns a thread lies in the buffer as the plain matrix does, so it is called one. */
  async run(kernel: GpuJsKernel, operands: readonly (Handle | number)[], rows: number, cols: number): Promise<Handle> {
    const result = (await kernel(...operands)) as GpuJsHandle;
    result.output = [cols, rows];
    result.componentCount = 1;
    return result;
  }

  /** One dimension for a single row: its work groups are 64 columns, not 8 x 8, and it may be of any length. */
  outputOf(layers: number, rows: number, cols: number, lanes: number): number[] {
    if (layers > 1) return [cols / lanes, rows, layers];
    return rows === 1 ? [cols / lanes] : [cols / lanes, rows];
  }

  settle(): Promise<void> {
    return this.#context.device.queue.onSubmittedWorkDone();
  }
}
