import { GpuDevice } from '../device.ts';
import { type GpuJs, loadGpuJs, type WebGpu, type WebGpuAdapter } from '../gpu-js.ts';
import { adapterName, type GpuReport, isHardware } from '../report.ts';
import { HostStore } from '../stores/host-store.ts';
import { TextureStore } from '../stores/texture-store.ts';
import { WebGpuStore } from '../stores/webgpu-store.ts';
import { collectLaunches } from './launch-queue.ts';

export interface GpuOptions {
  readonly requested?: GpuReport['requested'];
  /** Take a driver that imitates a GPU on the CPU as well: for tests. */
  readonly software?: boolean;
  /** WebGL2 even where there is WebGPU: for tests. */
  readonly webgl?: boolean;
}

/** Devices in use: gpu.js has one device of WebGPU for all. */
let inUse = 0;

/**
 * The GPU of this engine: WebGPU, or else WebGL2. Browsers have them; in Node `openNodeGpu` brings WebGPU along.
 *
 * @throws {Error} if there is none, in one line that says what is missing
 *
 * @category Computing
 */
export async function openGpu(options: GpuOptions = {}): Promise<GpuDevice> {
  const library = await loadGpuJs();
  const webgpu = (globalThis as { navigator?: { gpu?: WebGpu } }).navigator?.gpu;
  const adapter = webgpu && !options.webgl ? await bestAdapter(webgpu) : undefined;
  return adapter ? openWebGpu(library, adapter, options) : openWebGl2(library, options);
}

/**
 * gpu.js on the CPU, which computes the same kernels slowly: for tests where there is no GPU.
 *
 * @param mode `dev` runs the bodies as the JavaScript that they are
 */
export async function openHostGpu(mode: 'webasm' | 'cpu' | 'dev'): Promise<GpuDevice> {
  const library = await loadGpuJs();
  const report: GpuReport = { requested: 'gpu', backend: `gpujs-${mode}`, hardware: false, adapter: 'none' };
  return new GpuDevice(report, new library.GPU({ mode }), new HostStore(library), async () => {});
}

export async function bestAdapter(webgpu: WebGpu): Promise<WebGpuAdapter | undefined> {
  return (await webgpu.requestAdapter({ powerPreference: 'high-performance' })) ?? undefined;
}

/** @throws {Error} if the adapter is software and that was not asked for */
export async function openWebGpu(
  library: GpuJs,
  adapter: WebGpuAdapter,
  { requested = 'gpu', software = false }: GpuOptions,
): Promise<GpuDevice> {
  const name = adapterName(adapter);
  const hardware = isHardware(name, adapter);
  requireHardware(name, hardware, software);
  const { gpu, context } = await underWebGpu(preparedFor(adapter), async () => ({
    gpu: new library.GPU({ mode: 'webgpu' }),
    context: await library.WebGPUContext.acquire(),
  }));
  inUse++;
  const report: GpuReport = { requested, backend: 'gpujs-webgpu', hardware, adapter: name };
  return new GpuDevice(report, gpu, new WebGpuStore(library, context), async () => {
    if (--inUse === 0) await library.WebGPUContext.destroy();
  });
}

async function openWebGl2(library: GpuJs, { requested = 'gpu', software = false }: GpuOptions): Promise<GpuDevice> {
  const name = webGl2Renderer();
  if (name === undefined) {
    throw new Error(
      'GPU: expected WebGPU or WebGL2, got an engine with neither; in Node use openNodeGpu of cnt-ann/node.',
    );
  }
  const hardware = isHardware(name);
  requireHardware(name, hardware, software);
  const gpu = new library.GPU({ mode: 'webgl2' });
  const report: GpuReport = { requested, backend: 'gpujs-webgl2', hardware, adapter: name };
  return new GpuDevice(report, gpu, new TextureStore(library, gpu), async () => {});
}

function requireHardware(name: string, hardware: boolean, software: boolean): void {
  if (hardware || software) return;
  throw new Error(`GPU: expected a graphics processor, got ${name}, which computes on the CPU; install its driver.`);
}

/**
 * The adapter as gpu.js asks for it: it takes the default limits of all but the sizes of buffers, and submits each launch alone.
 */
function preparedFor(adapter: WebGpuAdapter): WebGpu {
  const { maxStorageBuffersPerShaderStage } = adapter.limits;
  const requestDevice: WebGpuAdapter['requestDevice'] = async ({ requiredLimits }) => {
    const device = await adapter.requestDevice({
      requiredLimits: { ...requiredLimits, maxStorageBuffersPerShaderStage: maxStorageBuffersPerShaderStage! },
    });
    return collectLaunches(device);
  };
  return { requestAdapter: async () => ({ limits: adapter.limits, requestDevice }) };
}

/** Runs `work` while `navigator.gpu`, which is where gpu.js looks, is this one. */
async function underWebGpu<T>(webgpu: WebGpu, work: () => Promise<T>): Promise<T> {
  const scope = globalThis as { navigator?: object };
  const created = scope.navigator === undefined;
  if (created) Object.defineProperty(scope, 'navigator', { value: {}, configurable: true });
  const navigator = scope.navigator!;
  const before = Object.getOwnPropertyDescriptor(navigator, 'gpu');
  Object.defineProperty(navigator, 'gpu', { value: webgpu, configurable: true });
  try {
    return await work();
  } finally {
    if (before) Object.defineProperty(navigator, 'gpu', before);
    else Reflect.deleteProperty(navigator, 'gpu');
    if (created) Reflect.deleteProperty(scope, 'navigator');
  }
}

/** Constant of WEBGL_debug_renderer_info. */
const UNMASKED_RENDERER = 0x9246;

interface WebGl2 {
  getExtension(name: string): object | null;
  getParameter(name: number): unknown;
}

/** What draws for WebGL2 here, or undefined where nothing does. */
function webGl2Renderer(): string | undefined {
  const { OffscreenCanvas } = globalThis as {
    OffscreenCanvas?: new (width: number, height: number) => { getContext(kind: string): WebGl2 | null };
  };
  const context = OffscreenCanvas && new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!context) return undefined;
  return context.getExtension('WEBGL_debug_renderer_info') ? String(context.getParameter(UNMASKED_RENDERER)) : 'WebGL2';
}
