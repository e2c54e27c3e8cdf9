import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../kernels/backend.ts';
import { floatsOf } from './operands.ts';

test('columnSums adds chunks of 256 rows: the order is part of the result', () => {
  const kernels = referenceKernels();
  // 2^24 + 1 rounds back to 2^24, so ones are lost when added one by one but not as a chunk of their own.
  const x = floatsOf(kernels, [2 ** 24, ...new Array<number>(255).fill(1), ...new Array<number>(256).fill(1)]);
  const out = kernels.floats(1);
  kernels.columnSums(out, x, 512, 1);
  assert.is(out[0], 2 ** 24 + 256);
});

test.run();
