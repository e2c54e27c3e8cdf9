import type { WebGpuAdapter } from './gpu-js.ts';

/** What was asked for, and what really runs. */
export interface GpuReport {
  readonly requested: 'auto' | 'gpu';
  /** `gpujs-webasm`, `gpujs-cpu` and `gpujs-dev` are gpu.js without a GPU, for tests. */
  readonly backend: 'gpujs-webgpu' | 'gpujs-webgl2' | 'gpujs-webasm' | 'gpujs-cpu' | 'gpujs-dev';
  /** Whether a graphics processor computes, and not a driver that imitates one on the CPU. */
  readonly hardware: boolean;
  /** The adapter's name, as its driver gives it. */
  readonly adapter: string;
}

/** Drivers that compute on the CPU; some of them do not say so in any other way than by their name. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render/i;

/** The adapter's name from what drivers tell, each in another field. */
export function adapterName({ info = {} }: WebGpuAdapter): string {
  const { vendor = '', architecture = '', device = '', description = '' } = info;
  const model = device || [vendor, architecture].filter((part) => part !== '').join(' ');
  if (description === '') return model || 'unknown adapter';
  return model === '' ? description : `${model} (${description})`;
}

/** Whether an adapter of this name, with its own word on it, is real hardware. */
export function isHardware(name: string, adapter?: WebGpuAdapter): boolean {
  const { vendor = '', architecture = '' } = adapter?.info ?? {};
  const fallback = adapter?.info?.isFallbackAdapter ?? adapter?.isFallbackAdapter ?? false;
  return !fallback && !SOFTWARE.test(`${name} ${vendor} ${architecture}`);
}
