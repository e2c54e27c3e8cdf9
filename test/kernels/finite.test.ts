import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels, referenceKernels } from '../../kernels/backend.ts';

for (const kernels of [referenceKernels(), createKernels({ backend: 'simd', bytes: 2 ** 12 })]) {
  test(`${kernels.backend}: one value that is not finite is found wherever it is, and not beyond the end`, () => {
    const x = kernels.floats(40);
    x.set([0, -0, 3.4e38, -3.4e38, 1e-45, -1e-45]);
    for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 17, 39]) {
      const part = x.subarray(1, 1 + length);
      assert.is(kernels.allFinite(part, length), true);
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        for (let place = 0; place < 40; place++) {
          const before = x[place]!;
          x[place] = bad;
          assert.is(kernels.allFinite(part, length), place < 1 || place > length, `${bad} at ${place} of ${length}`);
          x[place] = before;
        }
      }
    }
  });
}

test.run();
