import type { GpuJs, GpuJsHandle, GpuJsInstance, GpuJsKernel } from '../gpu-js.ts';
import type { KernelMatrix, KernelThis } from '../gpu-kernel.ts';
import { flatten } from './host-store.ts';
import type { Handle, Store } from './store.ts';

/** Columns and rows that every WebGL2 in use allows of a texture; gpu.js folds a matrix into one of about square shape. */
const TEXTURE_SIDE = 4096;

function uploaded(this: KernelThis, values: KernelMatrix): number {
  return values[this.thread.y]![this.thread.x]!;
}

/**
 * Matrices in textures of WebGL2. Values enter through one kernel for each shape: a kernel that met values first would refuse a
 * texture later.
 */
export class TextureStore implements Store {
  readonly lanes = false;
  readonly capacity = TEXTURE_SIDE * TEXTURE_SIDE;
  readonly #library: GpuJs;
  readonly #gpu: GpuJsInstance;
  readonly #uploads = new Map<string, GpuJsKernel>();

  constructor(library: GpuJs, gpu: GpuJsInstance) {
    this.#library = library;
    this.#gpu = gpu;
  }

  async upload(values: Float32Array, rows: number, cols: number): Promise<Handle> {
    const shape = `${rows} x ${cols}`;
    let kernel = this.#uploads.get(shape);
    if (!kernel) {
      kernel = this.#gpu.createKernel(uploaded, {
        output: [cols, rows],
        constants: {},
        pipeline: true,
        immutable: true,
        precision: 'single',
        tactic: 'precision',
      });
      this.#uploads.set(shape, kernel);
    }
    return (await kernel(new this.#library.Input(values, [cols, rows]))) as Handle;
  }

  async write(handle: Handle, values: Float32Array): Promise<Handle> {
    const [cols, rows] = (handle as GpuJsHandle).output;
    this.free(handle);
    return this.upload(values, rows!, cols!);
  }

  async read(handle: Handle, rows: number, cols: number): Promise<Float32Array> {
    const values = new Float32Array(rows * cols);
    flatten(await (handle as GpuJsHandle).toArray(), values, 0);
    return values;
  }

  free(handle: Handle): void {
    (handle as GpuJsHandle).delete();
  }

  async run(kernel: GpuJsKernel, operands: readonly (Handle | number)[]): Promise<Handle> {
    return (await kernel(...operands)) as Handle;
  }

  /** What is folded into a texture is tied to its shape. */
  reshape(): Handle {
    throw new Error('GPU: expected WebGPU for matrices of changing shape, got WebGL2.');
  }

  outputOf(layers: number, rows: number, cols: number): number[] {
    return layers === 1 ? [cols, rows] : [cols, rows, layers];
  }

  /** WebGL has no fence that gpu.js gives; what is read is complete. */
  async settle(): Promise<void> {}
}
