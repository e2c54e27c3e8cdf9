/** The little of the WebAssembly JavaScript interface that the kernels use, typed here because the DOM library is not. */

export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
}

export type WasmFunction = (...operands: number[]) => number;

export interface WasmModule {
  readonly [Symbol.toStringTag]?: string;
}

export interface WebAssemblyEngine {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Memory: new (size: { initial: number; maximum: number; shared?: boolean }) => WasmMemory;
  readonly Instance: new (
    module: WasmModule,
    imports: { readonly kernels: { readonly memory: WasmMemory } },
  ) => { readonly exports: Readonly<Record<string, WasmFunction>> };
}

/** The engine's WebAssembly, or undefined where there is none. */
export function webAssembly(): WebAssemblyEngine | undefined {
  return (globalThis as { WebAssembly?: WebAssemblyEngine }).WebAssembly;
}
