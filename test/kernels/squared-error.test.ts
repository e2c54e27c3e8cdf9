import { test } from 'uvu';
import { referenceKernels } from '../../kernels/backend.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { singles } from '../support/directional-derivative.ts';
import { assertSame } from '../support/same.ts';
import { assertSameBits } from '../support/same-bits.ts';
import { ROW_SHAPES } from './operands.ts';

test('squared error: simd has the bits of the reference, forward and backward', () => {
  const random = new Random(1, 'squared error');
  for (const [rows, cols] of ROW_SHAPES) {
    const [x, target, dx] = [0, 1, 2].map(() => singles(random, rows * cols)) as [number[], number[], number[]];
    assertSameBits(`${rows} x ${cols}`, [x, target], (k, [a, b]) => k.squaredError(a!, b!, rows, cols));
    assertSameBits(`${rows} x ${cols}, backward`, [dx, x, target], (k, [d, a, b]) =>
      k.squaredErrorBackward(d!, 0.75, a!, b!, rows, cols),
    );
  }
});

test('squared error: the mean over rows by hand, and its derivative is added', () => {
  const kernels = referenceKernels({ precision: 'float64' });
  const [x, target] = [Float64Array.of(1, 2, 3, 4), Float64Array.of(0, 0, 3, 2)];
  assertSame(kernels.squaredError(x, target, 2, 2), (1 + 4 + 0 + 4) / 2);
  const dx = Float64Array.of(10, 0, 0, 0);
  kernels.squaredErrorBackward(dx, 3, x, target, 2, 2); // 2 x 3 / 2 times the differences
  assertSame(dx, Float64Array.of(10 + 3, 6, 0, 6));
});

test.run();
