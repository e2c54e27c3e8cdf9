import type { GpuJsKernel } from '../gpu-js.ts';

/** A matrix as its store keeps it; opaque to everyone else. */
export type Handle = object;

/** Where matrices live between kernels: buffers, textures or, for tests without a GPU, plain memory. */
export interface Store {
  /** Whether a kernel may return several neighboring columns from one thread. */
  readonly lanes: boolean;
  /** The most floats of one matrix. */
  readonly capacity: number;
  upload(values: Float32Array, rows: number, cols: number): Promise<Handle>;
  /** Replaces the values of a matrix that `upload` made. */
  write(handle: Handle, values: Float32Array): Promise<Handle>;
  /** Row-major, a copy. */
  read(handle: Handle, rows: number, cols: number): Promise<Float32Array>;
  free(handle: Handle): void;
  /** The same values as (rows, cols). */
  reshape(handle: Handle, rows: number, cols: number): Handle;
  /** Runs one compiled kernel. */
  run(kernel: GpuJsKernel, operands: readonly (Handle | number)[], rows: number, cols: number): Promise<Handle>;
  /** What gpu.js calls the output of a kernel that gives `layers` times (rows, cols), `lanes` columns a thread. */
  outputOf(layers: number, rows: number, cols: number, lanes: number): number[];
  /** When all work given so far is done. */
  settle(): Promise<void>;
}
