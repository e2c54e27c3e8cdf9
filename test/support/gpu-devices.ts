import { existsSync } from 'node:fs';
import type { GpuDevice } from '../../kernels/gpu/device.ts';
import { openNodeGpu, vulkanDrivers } from '../../kernels/gpu/opening/node.ts';
import { openHostGpu } from '../../kernels/gpu/opening/open.ts';

/** Where Debian's package chromium-common leaves a Vulkan driver that needs no GPU. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/**
 * The devices on which a test runs its kernels: gpu.js without a GPU everywhere, and WebGPU through Dawn where a driver is
 * installed, of hardware or of software. Says what is skipped.
 */
export async function gpuDevices(): Promise<GpuDevice[]> {
  const devices = [await openHostGpu('webasm')];
  const dawn = await dawnDevice();
  if (dawn) devices.push(dawn);
  return devices;
}

/** WebGPU through Dawn, or undefined with a printed line where there is no driver. */
export async function dawnDevice(): Promise<GpuDevice | undefined> {
  if (process.platform === 'linux' && vulkanDrivers(process.env).length === 0 && existsSync(SWIFTSHADER)) {
    process.env['VK_ICD_FILENAMES'] = SWIFTSHADER;
    process.env['XDG_RUNTIME_DIR'] ??= '/tmp';
  }
  try {
    return await openNodeGpu({ software: true });
  } catch (error) {
    console.log(`skip: WebGPU in Node (${(error as Error).message})`);
    return undefined;
  }
}
