import type { GpuJs, GpuJsHandle, GpuJsKernel, WebGpuContext } from './gpu-js.ts';
import type { Handle, Store } from './store.ts';

const MAP_READ = 0x0001;
const COPY_SRC = 0x0004;
const COPY_DST = 0x0008;
const STORAGE = 0x0080;
/** Floats handed to the queue between two waits: what waits there is held twice. */
const UPLOAD_FLOATS = 1 << 26;

/**
 * Matrices in storage buffers, row-major. Values are written to a buffer of ours directly: as an operand, gpu.js would copy and
 * send them again at every call.
 */
export class WebGpuStore implements Store {
  readonly lanes = true;
  readonly capacity: number;
  readonly #library: GpuJs;
  readonly #context: WebGpuContext;

  constructor(library: GpuJs, context: WebGpuContext) {
    this.#library = library;
    this.#context = context;
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
    for (let first = 0; first < values.length; first += UPLOAD_FLOATS) {
      const count = Math.min(UPLOAD_FLOATS, values.length - first);
      queue.writeBuffer(buffer, 4 * first, values, first, count);
      if (count === UPLOAD_FLOATS) await queue.onSubmittedWorkDone();
    }
    return handle;
  }

  async read(handle: Handle, rows: number, cols: number): Promise<Float32Array> {
    const { device, isLost } = this.#context;
    if (isLost) throw new Error('GPU: expected a device that still works, got one that was lost.');
    const bytes = 4 * rows * cols;
    const staging = device.createBuffer({ size: bytes, usage: MAP_READ | COPY_DST });
    const commands = device.createCommandEncoder();
    commands.copyBufferToBuffer((handle as GpuJsHandle).buffer, 0, staging, 0, bytes);
    device.queue.submit([commands.finish()]);
    try {
      await staging.mapAsync(MAP_READ);
      return new Float32Array(staging.getMappedRange().slice(0));
    } finally {
      staging.destroy();
    }
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
