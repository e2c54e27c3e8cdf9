import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../kernels/backend.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import type { Floats } from '../../kernels/operands.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { directionalError, normals, singles, weightedSum } from '../support/directional-derivative.ts';
import { assertSame } from '../support/same.ts';
import { assertSameBits } from '../support/same-bits.ts';

const golden = JSON.parse(readFileSync(new URL('../fixtures/golden/units.json', import.meta.url), 'utf8'));
const EDGES = [-3, 3, -1, 1, 0, -0, -3.0000002, 2.9999998, 1e30, -1e30, 0.99999994, -0.99999994];

const FUNCTIONS = [
  {
    name: 'hardswish',
    kinks: [-3, 3],
    forward: (k: Kernels, y: Floats, x: Floats) => k.hardswish(y, x, x.length),
    backward: (k: Kernels, dx: Floats, dy: Floats, x: Floats) => k.hardswishBackward(dx, dy, x, x.length),
  },
  {
    name: 'hardtanh',
    kinks: [-1, 1],
    forward: (k: Kernels, y: Floats, x: Floats) => k.hardtanh(y, x, x.length),
    backward: (k: Kernels, dx: Floats, dy: Floats, x: Floats) => k.hardtanhBackward(dx, dy, x, x.length),
  },
];

for (const { name, kinks, forward, backward } of FUNCTIONS) {
  test(`${name}: simd has the bits of the reference for every length modulo 4, at kinks and extremes`, () => {
    const random = new Random(1, name);
    for (const n of [1, 2, 3, 4, 5, 6, 7, 16, 33, 130]) {
      const x = [...EDGES.map(Math.fround), ...singles(random, n, 3)];
      const other = singles(random, x.length);
      assertSameBits(`forward, n = ${n}`, [other, x], (k, [y, own]) => forward(k, y!, own!));
      const dx = singles(random, x.length);
      assertSameBits(`backward, n = ${n}`, [dx, other, x], (k, [a, b, c]) => backward(k, a!, b!, c!));
    }
  });

  test(`${name}: values and derivatives of PyTorch within 2e-7`, () => {
    const kernels = referenceKernels();
    const x = Float32Array.from(golden.tensors[`${name}.x`].data);
    const y = new Float32Array(x.length);
    const dx = new Float32Array(x.length);
    forward(kernels, y, x);
    backward(kernels, dx, new Float32Array(x.length).fill(1), x);
    x.forEach((value, i) => {
      const expected = golden.tensors[`${name}.y`].data[i];
      assert.ok(Math.abs(y[i]! - expected) <= 2e-7 * Math.max(1, Math.abs(expected)), `${name}(${value}) = ${y[i]}`);
      if (kinks.includes(value)) return;
      assert.ok(Math.abs(dx[i]! - golden.tensors[`${name}.dy_dx`].data[i]) <= 2e-7, `${name}'(${value}) = ${dx[i]}`);
    });
  });

  test(`${name}: the gradient agrees with central differences within 1e-7`, () => {
    const random = new Random(1, `${name} gradient`);
    const kernels = referenceKernels({ precision: 'float64' });
    const x = normals(random, 50).map((value) => 2.5 * value);
    x.forEach((value, i) => {
      if (kinks.some((kink) => Math.abs(value - kink) < 1e-3)) x[i] = 0.5;
    });
    const dy = normals(random, 50);
    const value = ([at]: readonly Float64Array[]) => {
      const y = new Float64Array(50);
      forward(kernels, y, at!);
      return weightedSum(y, dy);
    };
    const dx = new Float64Array(50);
    backward(kernels, dx, dy, x);
    const error = directionalError([x], [dx], value, random);
    assert.ok(error < 1e-7, String(error)); // 1e-11
    dx[7]! += 0.1;
    assert.ok(directionalError([x], [dx], value, random) > 1e-4, 'a wrong gradient must be seen');
  });
}

test('hardswish is exactly x from 3 on and 0 up to -3; derivatives at the kinks are 0 and 1, of hardtanh 0', () => {
  const kernels = referenceKernels();
  const x = Float32Array.of(3, 3.7, 1000, -3, -5, 1, -1);
  const y = new Float32Array(7);
  kernels.hardswish(y, x, 7);
  assertSame([...y.subarray(0, 3)], [...x.subarray(0, 3)]);
  assert.ok(y[3] === 0 && y[4] === 0);
  const dx = new Float32Array(7);
  kernels.hardswishBackward(dx, new Float32Array(7).fill(1), x, 4);
  assertSame([...dx.subarray(0, 4)], [1, 1, 1, 0]);
  dx.fill(2);
  kernels.hardtanhBackward(dx, new Float32Array(7).fill(1), x, 7);
  assertSame([...dx], [2, 2, 2, 2, 2, 2, 2]);
});

const RECTIFIERS = [
  {
    name: 'relu',
    kinks: [0],
    forward: (k: Kernels, y: Floats, x: Floats) => k.relu(y, x, x.length),
    backward: (k: Kernels, dx: Floats, dy: Floats, x: Floats) => k.reluBackward(dx, dy, x, x.length),
    pieces: { x: [-2, -0, 0, 0.5, 3], y: [0, 0, 0, 0.5, 3], dx: [0, 0, 0, 1, 1] },
  },
  {
    name: 'clamp to -1.5 .. 2.5',
    kinks: [-1.5, 2.5],
    forward: (k: Kernels, y: Floats, x: Floats) => k.clamp(y, x, -1.5, 2.5, x.length),
    backward: (k: Kernels, dx: Floats, dy: Floats, x: Floats) => k.clampBackward(dx, dy, x, -1.5, 2.5, x.length),
    pieces: { x: [-2, -1.5, 0, 2.5, 3], y: [-1.5, -1.5, 0, 2.5, 2.5], dx: [0, 0, 1, 0, 0] },
  },
];

for (const { name, kinks, forward, backward, pieces } of RECTIFIERS) {
  test(`${name}: simd has the bits of the reference, forward and backward`, () => {
    const random = new Random(2, name);
    for (let n = 0; n < 6; n++) {
      const x = [...EDGES.map(Math.fround), ...kinks, ...singles(random, n, 3)];
      const other = singles(random, x.length);
      assertSameBits(`forward, n = ${n}`, [other, x], (k, [y, own]) => forward(k, y!, own!));
      const dx = singles(random, x.length);
      assertSameBits(`backward, n = ${n}`, [dx, other, x], (k, [a, b, c]) => backward(k, a!, b!, c!));
    }
  });

  test(`${name}: value and derivative on each piece and at the kinks, and NaN stays`, () => {
    const kernels = referenceKernels();
    const x = Float32Array.from(pieces.x);
    const [y, dx] = [new Float32Array(x.length), new Float32Array(x.length)];
    forward(kernels, y, x);
    backward(kernels, dx, new Float32Array(x.length).fill(1), x);
    assertSame([...y], pieces.y);
    assertSame([...dx], pieces.dx);
    forward(kernels, y, Float32Array.of(Number.NaN));
    assert.ok(Number.isNaN(y[0]));
  });
}

test.run();
