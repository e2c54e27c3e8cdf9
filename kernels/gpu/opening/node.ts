import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { GpuDevice } from '../device.ts';
import { loadGpuJs, type WebGpu } from '../gpu-js.ts';
import { bestAdapter, type GpuOptions, openWebGpu } from './open.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The GPU of this machine through Dawn, the WebGPU of Chromium, which the package `webgpu` holds.
 *
 * A driver is looked for before Dawn is loaded, which would write its own complaints to stderr.
 *
 * npm heeds the `overrides` of package.json in the root project alone. Where this package is a dependency, npm also installs webgpu
 * 0.2.9, which gpu.js names and never loads, and tries to build headless-gl, which is optional; the same overrides in that project's
 * package.json spare it both.
 *
 * @throws {Error} if there is none, in one line that names what to install
 *
 * @category Computing
 */
export async function openNodeGpu(options: GpuOptions & { readonly env?: Environment } = {}): Promise<GpuDevice> {
  const { env = process.env, ...choices } = options;
  if (process.platform === 'linux') requireVulkan(env);
  const library = await loadGpuJs();
  dawn ??= await loadDawn();
  const adapter = await bestAdapter(dawn);
  if (!adapter) {
    throw new Error(
      'GPU: expected an adapter, got none from the drivers installed; Dawn needs Vulkan 1.1, Metal or D3D12.',
    );
  }
  return openWebGpu(library, adapter, choices);
}

/** One for the process, kept here: when it is collected, what it gave crashes. */
let dawn: WebGpu | undefined;

async function loadDawn(): Promise<WebGpu> {
  try {
    const { create } = (await import('webgpu')) as unknown as { create(flags: string[]): WebGpu };
    return create([]);
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new Error(`GPU: expected the package webgpu, got none that loads; npm install webgpu@0.6.2 (${reason}).`);
  }
}

/** @throws {Error} if the loader of Vulkan or a driver for it is missing */
function requireVulkan(env: Environment): void {
  if (!libraryFolders(env).some((folder) => existsSync(join(folder, 'libvulkan.so.1')))) {
    throw new Error('GPU: expected libvulkan.so.1, got none; install it (Debian: apt-get install libvulkan1).');
  }
  if (vulkanDrivers(env).length > 0) return;
  const install = "install your GPU's (NVIDIA: its driver with nvidia_icd.json; others on Debian: mesa-vulkan-drivers)";
  throw new Error(`GPU: expected a Vulkan driver, got none; ${install}, or name its file in VK_DRIVER_FILES.`);
}

function libraryFolders(env: Environment): string[] {
  const named = (env['LD_LIBRARY_PATH'] ?? '').split(':').filter((folder) => folder !== '');
  const triplets = ['x86_64-linux-gnu', 'aarch64-linux-gnu'];
  const usual = ['/usr/lib', '/lib', '/usr/local/lib'].flatMap((folder) => [
    ...[folder, `${folder}64`],
    ...triplets.map((triplet) => join(folder, triplet)),
  ]);
  return [...named, ...usual];
}

/**
 * The files that describe Vulkan drivers.
 *
 * Source: Vulkan-Loader, LoaderDriverInterface.md, "Driver Discovery on Linux".
 */
export function vulkanDrivers(env: Environment): string[] {
  const given = env['VK_DRIVER_FILES'] ?? env['VK_ICD_FILENAMES'];
  if (given) return given.split(':').filter((file) => existsSync(file));
  const home = env['HOME'] ?? homedir();
  const list = (value: string | undefined, usual: string) => (value || usual).split(':');
  const roots = [
    ...list(env['XDG_CONFIG_HOME'], join(home, '.config')),
    ...list(env['XDG_CONFIG_DIRS'], '/etc/xdg'),
    ...['/usr/local/etc', '/etc'],
    ...list(env['XDG_DATA_HOME'], join(home, '.local/share')),
    ...list(env['XDG_DATA_DIRS'], '/usr/local/share:/usr/share'),
  ];
  const added = (env['VK_ADD_DRIVER_FILES'] ?? '').split(':').filter((file) => file !== '' && existsSync(file));
  return [...added, ...roots.flatMap((root) => descriptions(join(root, 'vulkan', 'icd.d')))];
}

function descriptions(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name));
}
