import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../kernels/backend.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { singles } from '../support/directional-derivative.ts';
import { assertSameBits } from '../support/same-bits.ts';

test('sgd: simd has the bits of the reference', () => {
  const random = new Random(1, 'sgd');
  for (const n of [1, 3, 4, 7, 16, 21]) {
    const velocity = singles(random, n);
    velocity[0] = 1e-31;
    const gradient = singles(random, n);
    gradient[0] = 0;
    assertSameBits(`n = ${n}`, [singles(random, n), gradient, velocity], (k, [p, g, v]) =>
      k.sgd(p!, g!, v!, n, 0.1, 0.9),
    );
  }
});

test('sgd: two steps by hand, and a velocity below 1e-30 becomes 0', () => {
  const kernels = referenceKernels({ precision: 'float64' });
  const [p, g, v] = [Float64Array.of(1, 1), Float64Array.of(2, 0), Float64Array.of(0, 1.1e-30)];
  kernels.sgd(p, g, v, 2, 0.1, 0.5); // v = 2, p = 1 - 0.2
  kernels.sgd(p, g, v, 2, 0.1, 0.5); // v = 3, p = 0.8 - 0.3
  assert.ok(Math.abs(p[0]! - 0.5) < 1e-15 && v[0] === 3);
  assert.equal([p[1], v[1]], [1, 0]);
});

test.run();
