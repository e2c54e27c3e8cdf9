import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openNodeGpu, vulkanDrivers } from '../../../../kernels/gpu/opening/node.ts';
import { openGpu } from '../../../../kernels/gpu/opening/open.ts';
import { adapterName, isHardware } from '../../../../kernels/gpu/report.ts';
import { transpose } from '../../../../kernels/gpu/transpose.ts';
import { temporaryFolder } from '../../../cli/command-line.ts';
import { dawnDevice } from '../../../support/gpu-devices.ts';
import { rejects } from '../../../support/rejects.ts';
import { assertSame } from '../../../support/same.ts';

const linux = process.platform === 'linux' ? test : test.skip;

test('an adapter is hardware unless it or its name says otherwise', () => {
  const limits = {};
  const requestDevice = async () => Promise.reject(new Error('none'));
  const nvidia = { info: { vendor: 'nvidia', architecture: 'hopper', description: 'NVIDIA H100 80GB HBM3' } };
  assert.is(adapterName({ ...nvidia, limits, requestDevice }), 'nvidia hopper (NVIDIA H100 80GB HBM3)');
  const dawn = { device: 'nvidia-h100-80gb-hbm3', description: 'NVIDIA: 580.159.04' };
  assert.is(adapterName({ info: dawn, limits, requestDevice }), 'nvidia-h100-80gb-hbm3 (NVIDIA: 580.159.04)');
  assert.is(adapterName({ info: { vendor: 'amd', architecture: 'rdna-3' }, limits, requestDevice }), 'amd rdna-3');
  assert.ok(isHardware('NVIDIA H100 80GB HBM3', { ...nvidia, limits, requestDevice }));
  assert.not.ok(isHardware('NVIDIA', { info: { isFallbackAdapter: true }, limits, requestDevice }));
  assert.not.ok(isHardware('llvmpipe (LLVM 15.0.6, 256 bits)'));
  assert.not.ok(isHardware('ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)))'));
  assert.not.ok(isHardware('', { info: { architecture: 'swiftshader' }, limits, requestDevice }));
});

linux('a missing driver is one line that names what to install, and Dawn stays silent', async () => {
  const folder = temporaryFolder();
  const nowhere = folder.path('none');
  const env = { ...empty(nowhere), VK_DRIVER_FILES: folder.path('no.json') };
  await rejects(() => openNodeGpu({ env }), /^GPU: expected (libvulkan\.so\.1|a Vulkan driver), got none; .*install/);
  assert.equal(vulkanDrivers(env), []);
  folder.remove();
});

function empty(folder: string): Record<string, string> {
  return {
    HOME: folder,
    XDG_CONFIG_HOME: folder,
    XDG_CONFIG_DIRS: folder,
    XDG_DATA_HOME: folder,
    XDG_DATA_DIRS: folder,
  };
}

test('an engine without WebGPU and WebGL2 is told so', async () => {
  await rejects(() => openGpu(), /^GPU: expected WebGPU or WebGL2, got an engine with neither/);
});

test('a software driver is taken only when asked for', async () => {
  const device = await dawnDevice();
  if (!device) return;
  const { hardware, adapter } = device.report;
  assert.is(device.report.backend, 'gpujs-webgpu');
  assert.ok(adapter.length > 3);
  if (!hardware) await rejects(() => openNodeGpu(), `GPU: expected a graphics processor, got ${adapter}`);
  await device.close();
});

test('a device is opened, closed and opened again, and nothing that it needs is collected', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round++) {
    const device = await dawnDevice();
    if (!device) return;
    for (let i = 1; i < 4; i++) {
      const matrix = await device.upload(Float32Array.of(i, 2, 3, 4), 2, 2);
      collect();
      await new Promise((resolve) => setTimeout(resolve, 2));
      const turned = await transpose(device, matrix);
      collect();
      assertSame([...(await device.read(turned))], [i, 3, 2, 4]);
      device.free(matrix, turned);
    }
    await device.close();
    collect();
  }
});

test('nothing of a GPU is loaded unless one is asked for', () => {
  const root = fileURLToPath(new URL('../../../..', import.meta.url));
  const program = `
    await import('./src/index.ts');
    await import('./src/node.ts');
    const { main } = await import('./src/cli/program.ts');
    await main(['help'], { out() {}, err() {}, columns: undefined, now: () => 0, signal: new AbortController().signal, env: {} });
    const { createRequire } = await import('node:module');
    const loaded = Object.keys(createRequire(import.meta.url).cache ?? {}).filter((file) => /gpu/.test(file));
    console.log(JSON.stringify([...loaded, typeof globalThis.GPU]));`;
  const out = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(JSON.parse(out), ['undefined']);
});

test.run();
