import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { WebGpuBuffer, WebGpuDevice } from '../../../../kernels/gpu/gpu-js.ts';
import { collectLaunches } from '../../../../kernels/gpu/opening/launch-queue.ts';

/** A device that notes what reaches it, and the same one behind `collectLaunches`. */
function watchedDevice() {
  const calls: string[] = [];
  const note = (text: string) => {
    calls.push(text);
  };
  const device = {
    limits: { maxBufferSize: 7 },
    queue: {
      writeBuffer: (buffer: string) => note(`write ${buffer}`),
      submit: (commands: readonly unknown[]) => note(`submit ${commands.join()}`),
      onSubmittedWorkDone: async () => note('wait'),
    },
    createBindGroup: () => {
      note('bind');
      return { bound: calls.length };
    },
    createCommandEncoder: () => {
      note('encoder');
      return {
        beginComputePass: () => ({
          setPipeline: () => {},
          setBindGroup: () => {},
          dispatchWorkgroups: (x: number) => note(`launch ${x}`),
          end: () => note('end'),
        }),
        copyBufferToBuffer: () => note('copy'),
        finish: () => 'work',
      };
    },
  };
  return { calls, device: collectLaunches(device as unknown as WebGpuDevice) };
}

const buffer = (name: string) => name as unknown as WebGpuBuffer;
const sizes = (value: number) => Uint32Array.of(value, 1).buffer;

/** As gpu.js launches: sizes, then an encoder of its own, then a submit of its own. */
function launch(device: WebGpuDevice, name: object, size: number): void {
  device.queue.writeBuffer(name as WebGpuBuffer, 0, sizes(size));
  const encoder = device.createCommandEncoder() as ReturnType<WebGpuDevice['createCommandEncoder']> & {
    beginComputePass(): { dispatchWorkgroups(x: number, y: number, z: number): void; end(): void };
  };
  const pass = encoder.beginComputePass();
  pass.dispatchWorkgroups(size, 1, 1);
  pass.end();
  device.queue.submit([encoder.finish()]);
}

/** Buffers of sizes are told apart by identity. */
const [A, B] = [{ toString: () => 'A' }, { toString: () => 'B' }];

test('launches are collected in one pass and submitted together, sizes written once while they stay the same', () => {
  const { calls, device } = watchedDevice();
  launch(device, A, 1);
  launch(device, B, 2);
  launch(device, A, 1);
  assert.equal(calls, ['write A', 'encoder', 'launch 1', 'write B', 'launch 2', 'launch 1']);
  device.queue.submit([]);
  assert.equal(calls.slice(6), ['end', 'submit work']);
  device.queue.submit([]);
  assert.is(calls.length, 8);
  launch(device, A, 1);
  assert.equal(calls.slice(8), ['encoder', 'launch 1']);
});

test('other sizes for a launch that was collected wait for it', () => {
  const { calls, device } = watchedDevice();
  launch(device, A, 1);
  launch(device, A, 2);
  assert.equal(calls, ['write A', 'encoder', 'launch 1', 'end', 'submit work', 'write A', 'encoder', 'launch 2']);
});

test('what is written, copied or waited for comes after the launches before it', async () => {
  const { calls, device } = watchedDevice();
  launch(device, A, 1);
  device.queue.writeBuffer(buffer('matrix'), 0, new Float32Array(1));
  assert.equal(calls.slice(3), ['end', 'submit work', 'write matrix']);
  launch(device, A, 1);
  const copy = device.createCommandEncoder();
  copy.copyBufferToBuffer(buffer('x'), 0, buffer('y'), 0, 4);
  device.queue.submit([copy.finish()]);
  assert.equal(calls.slice(6), ['encoder', 'launch 1', 'end', 'copy', 'submit work']);
  launch(device, A, 1);
  await device.queue.onSubmittedWorkDone();
  assert.equal(calls.slice(11), ['encoder', 'launch 1', 'end', 'submit work', 'wait']);
});

test('the device gets work in time: after 32 launches', () => {
  const { calls, device } = watchedDevice();
  for (let i = 0; i < 32; i++) launch(device, A, 1);
  assert.is(calls.filter((call) => call.startsWith('submit')).length, 1);
  assert.is(calls.at(-1), 'submit work');
});

test('what was bound before is not bound again', () => {
  const { calls, device } = watchedDevice();
  const { createBindGroup } = device as unknown as { createBindGroup(binding: object): object };
  const layout = {};
  const binding = (...buffers: object[]) => ({
    layout,
    entries: buffers.map((one) => ({ resource: { buffer: one } })),
  });
  const first = createBindGroup(binding(A, B));
  assert.is.not(createBindGroup(binding(B, A)), first);
  assert.is(createBindGroup(binding(A, B)), first);
  assert.equal(calls, ['bind', 'bind']);
});

test('everything else is the device itself', () => {
  const { device } = watchedDevice();
  assert.is(device.limits['maxBufferSize'], 7);
});

test.run();
