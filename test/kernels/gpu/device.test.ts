import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GpuKernel, KernelMatrix, KernelThis } from '../../../kernels/gpu/gpu-kernel.ts';
import { transpose } from '../../../kernels/gpu/transpose.ts';
import { gpuDevices } from '../../support/gpu-devices.ts';
import { rejects } from '../../support/rejects.ts';
import { assertSame } from '../../support/same.ts';

const devices = await gpuDevices();

function addedTo(this: KernelThis<'n'>, a: KernelMatrix, step: number): number {
  let sum = a[this.thread.y]![this.thread.x]!;
  for (let i = 0; i < this.constants.n; i++) sum += step;
  return sum;
}

const ADD: GpuKernel = {
  name: 'test: add n times',
  body: addedTo,
  sample: { rows: 2, cols: 3, constants: { n: 4 }, inputs: [[2, 3], 0.5], tolerance: 1e-6 },
};

/** Differs on purpose between its sample in JavaScript and on a device: what a broken translation does. */
let host = false;
function wrong(this: KernelThis): number {
  return this.thread.x;
}
const WRONG: GpuKernel = {
  name: 'test: wrong',
  get body() {
    const right = host;
    host = true;
    return right ? () => 7 : wrong;
  },
  sample: { rows: 1, cols: 4, constants: {}, inputs: [], tolerance: 0 },
};

function clamped(this: KernelThis, x: KernelMatrix): number {
  return Math.min(Math.max(x[this.thread.y]![this.thread.x]!, -3e38), 3e38);
}

/** The right body, and the clamp as the device's: as a shader computes that takes all numbers for finite. */
const CLAMPED: GpuKernel = {
  name: 'test: clamped',
  get body() {
    const right = host;
    host = true;
    return right ? (x: KernelMatrix) => x[0]![0]! : clamped;
  },
  sample: { rows: 1, cols: 1, constants: {}, inputs: [[1, 1]], tolerance: 1 },
};

for (const device of devices) {
  const name = `${device.report.backend} (${device.report.adapter})`;
  const values = Float32Array.from({ length: 6 }, (_, i) => i + 0.25);

  test(`${name}: what was uploaded is read back, and rows become columns`, async () => {
    const matrix = await device.upload(values, 2, 3);
    assertSame(await device.read(matrix), values);
    const turned = await transpose(device, matrix);
    assert.equal([turned.rows, turned.cols], [3, 2]);
    assertSame([...(await device.read(turned))], [0.25, 3.25, 1.25, 4.25, 2.25, 5.25]);
    await device.write(
      matrix,
      values.map((value) => -value),
    );
    assertSame(
      [...(await device.read(matrix))],
      [...values].map((value) => -value),
    );
    device.free(matrix, turned);
    await rejects(() => device.read(matrix), 'freed');
  });

  test(`${name}: matrices of several pieces come back whole, also where readbacks overlap`, async () => {
    const large = Float32Array.from({ length: 4_500_000 }, (_, i) => i);
    const [first, second] = [await device.upload(large, large.length / 1000, 1000), await device.upload(values, 2, 3)];
    const [whole, small] = await Promise.all([device.read(first), device.read(second)]);
    assert.ok(whole.every((value, i) => value === i));
    assertSame(small, values);
    device.free(first, second);
  });

  test(`${name}: a loop longer than 1000 rounds is not cut short`, async () => {
    const zero = await device.upload(new Float32Array(6), 2, 3);
    const sum = await device.run(ADD, { rows: 2, cols: 3, constants: { n: 3000 }, inputs: [zero, 1] });
    assertSame([...(await device.read(sum))], Array(6).fill(3000));
  });

  test(`${name}: results without a slot stay apart, a slot is one matrix, and other sizes are other kernels`, async () => {
    const matrix = await device.upload(values, 2, 3);
    const call = { rows: 2, cols: 3, constants: { n: 1 }, inputs: [matrix, 1] };
    const apart = await device.run(ADD, call);
    const other = await device.run(ADD, { ...call, inputs: [matrix, 2] });
    assertSame(
      [...(await device.read(apart))],
      [...values].map((value) => value + 1),
    );
    assertSame(
      [...(await device.read(other))],
      [...values].map((value) => value + 2),
    );
    const before = device.compiled;
    const first = await device.run(ADD, { ...call, slot: 'a' });
    const second = await device.run(ADD, { ...call, inputs: [matrix, 5], slot: 'a' });
    assert.is(first, second);
    assert.is(device.compiled, before + 1);
    assertSame(
      [...(await device.read(first))],
      [...values].map((value) => value + 5),
    );
    const small = await device.upload(values.subarray(0, 2), 1, 2);
    const sum = await device.run(ADD, { rows: 1, cols: 2, constants: { n: 1 }, inputs: [small, 1] });
    assertSame([...(await device.read(sum))], [1.25, 2.25]);
    assert.is(device.compiled, before + 2);
  });

  test(`${name}: a row is chained with matrices of several rows`, async () => {
    const row = await device.upload(values, 1, 6);
    const longer = await device.run(ADD, { rows: 1, cols: 6, constants: { n: 1 }, inputs: [row, 1] });
    const column = await transpose(device, longer);
    assertSame(
      [...(await device.read(column))],
      [...values].map((value) => value + 1),
    );
  });

  test(`${name}: many launches in a row keep their order`, async () => {
    let a = await device.upload(new Float32Array(6), 2, 3);
    for (let step = 0; step < 300; step++) {
      a = await device.run(ADD, { rows: 2, cols: 3, constants: { n: 1 }, inputs: [a, 1], slot: `turn ${step % 2}` });
    }
    assertSame([...(await device.read(a))], Array(6).fill(300));
  });

  test(`${name}: a kernel that computes something else than its body is refused before its first use`, async () => {
    host = false;
    const call = { rows: 1, cols: 4, inputs: [] };
    const text = 'GPU kernel test: wrong: expected 7 as element 0 of its self-test on';
    await rejects(() => device.run(WRONG, call), text);
    await rejects(() => device.run(WRONG, call), text);
  });

  test(`${name}: a kernel that makes a number of NaN or of infinity is refused, whatever its tolerance`, async () => {
    host = false;
    const text = /^GPU kernel test: clamped: expected (NaN|Infinity) as element 0 of its self-test on .*, got /;
    await rejects(() => device.run(CLAMPED, { rows: 1, cols: 1, inputs: [] }), text);
  });

  test(`${name}: sizes that do not fit are refused`, async () => {
    await rejects(() => device.upload(values, 2, 4), 'expected 2 x 4 values, got 6');
    await rejects(() => device.upload(new Float32Array(0), 0, 4), 'got 0 x 4');
    const matrix = await device.upload(values, 2, 3);
    await rejects(() => device.write(matrix, new Float32Array(5)), 'expected 2 x 3 values, got 5');
    const call = { rows: 524_281, cols: 2, constants: { n: 1 }, inputs: [matrix, 1] };
    await rejects(() => device.run(ADD, call), 'expected at most 524280 rows and columns, got 524281 x 2');
  });
}

test.after(async () => {
  for (const device of devices) await device.close();
});
test.run();
