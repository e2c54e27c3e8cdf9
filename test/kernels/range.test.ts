import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels, referenceKernels } from '../../kernels/backend.ts';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

for (const kernels of [referenceKernels(), createKernels({ backend: 'simd', bytes: 2 ** 12 })]) {
  test(`${kernels.backend}: one value out of range is found wherever it is, and not beyond the end`, () => {
    const x = kernels.floats(40);
    x.set([0, -0, 2 ** 48, -(2 ** 48), 1e-45, -1e-45]);
    for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 17, 39]) {
      const part = x.subarray(1, 1 + length);
      assert.is(kernels.allWithin(part, length, 2 ** 48), true);
      for (const bad of [nan, infinity, -infinity, 2 ** 48 + 2 ** 25, -(2 ** 48) - 2 ** 25]) {
        for (let place = 0; place < 40; place++) {
          const before = x[place]!;
          x[place] = bad;
          const within = place < 1 || place > length;
          assert.is(kernels.allWithin(part, length, 2 ** 48), within, `${bad} at ${place} of ${length}`);
          x[place] = before;
        }
      }
    }
  });
}

test.run();
