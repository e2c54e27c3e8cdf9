import type { GpuKernel } from './gpu-kernel.ts';

/** The little of WebGPU that the kernels use, typed here because the DOM library is not. */
export interface WebGpuBuffer {
  readonly size: number;
  mapAsync(mode: number, offset: number, bytes: number): Promise<void>;
  getMappedRange(offset: number, bytes: number): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

export interface WebGpuDevice {
  readonly queue: {
    writeBuffer(
      buffer: WebGpuBuffer,
      offset: number,
      data: Float32Array | ArrayBuffer,
      first?: number,
      length?: number,
    ): void;
    submit(commands: readonly unknown[]): void;
    onSubmittedWorkDone(): Promise<void>;
  };
  createBuffer(settings: { size: number; usage: number }): WebGpuBuffer;
  createCommandEncoder(): {
    copyBufferToBuffer(from: WebGpuBuffer, fromAt: number, to: WebGpuBuffer, toAt: number, bytes: number): void;
    finish(): unknown;
  };
  readonly limits: Readonly<Record<string, number>>;
}

export interface WebGpuAdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

export interface WebGpuAdapter {
  readonly info?: WebGpuAdapterInfo;
  readonly isFallbackAdapter?: boolean;
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(settings: { requiredLimits?: Record<string, number> }): Promise<WebGpuDevice>;
}

export interface WebGpu {
  requestAdapter(settings?: { powerPreference?: string }): Promise<WebGpuAdapter | null>;
}

export interface WebGpuContext {
  readonly adapter: WebGpuAdapter;
  readonly device: WebGpuDevice;
  readonly isLost: boolean;
}

/** What a kernel of gpu.js leaves on the device: a buffer of WebGPU, or a texture of WebGL. */
export interface GpuJsHandle {
  output: number[];
  componentCount: number;
  readonly buffer: WebGpuBuffer;
  toArray(): Promise<unknown> | unknown;
  delete(): void;
}

export interface GpuJsKernel {
  (...operands: unknown[]): unknown;
  destroy(): void;
}

export type GpuJsMode = 'webgpu' | 'webgl2' | 'webasm' | 'cpu' | 'dev';

export interface GpuJsInstance {
  createKernel(
    body: GpuKernel['body'],
    settings: {
      readonly output: readonly number[];
      readonly constants: Readonly<Record<string, number>>;
      readonly constantTypes?: Readonly<Record<string, 'Integer'>>;
      readonly pipeline: boolean;
      readonly immutable: boolean;
      readonly precision: 'single';
      readonly tactic: 'precision';
    },
  ): GpuJsKernel;
  destroy(): unknown;
}

export interface GpuJs {
  readonly GPU: new (settings: { mode: GpuJsMode }) => GpuJsInstance;
  readonly Input: new (values: Float32Array, size: number[]) => { readonly value: Float32Array };
  readonly WebGPUContext: { acquire(): Promise<WebGpuContext>; destroy(): Promise<void> };
  readonly WebGPUBufferResult: new (settings: {
    buffer: WebGpuBuffer;
    output: number[];
    componentCount: number;
    context: WebGpuContext;
    kernel: undefined;
  }) => GpuJsHandle;
}

/**
 * Loads gpu.js, which nothing does unless a GPU is asked for. Its own types are wrong in places, so it is seen through the
 * interface above: the one cast.
 *
 * @throws {Error} if it is not installed
 */
export async function loadGpuJs(): Promise<GpuJs> {
  let module: unknown;
  try {
    module = await import('gpu.js');
  } catch {
    throw new Error('GPU: expected the package gpu.js, got none; npm install gpu.js@2.24.1.');
  }
  const library = module as { GPU?: unknown; default?: unknown };
  return (library.GPU ? library : library.default) as GpuJs;
}
