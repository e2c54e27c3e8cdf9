import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nnDescent } from '../../../src/graph/knn/nn-descent.ts';
import { VectorSet } from '../../../src/tensor/vectors/vector-set.ts';
import { normalMatrix } from '../../support/normals.ts';
import { assertSame } from '../../support/same.ts';

test('1, 2 and 5 threads find the same neighbors with the same work, with copies and ties, with SIMD and without', async () => {
  const matrix = normalMatrix(900, 6, 'threads');
  matrix.data.copyWithin(0, 6 * 800); // copies
  for (let i = 0; i < matrix.data.length; i++) matrix.data[i] = Math.round(2 * matrix.data[i]!); // ties
  const descend = (threads: number, backend: 'auto' | 'reference' = 'auto') =>
    nnDescent(new VectorSet(matrix, { backend, attachable: threads - 1 }), {
      K: 10,
      L: 15,
      iter: 4,
      S: 5,
      R: 8,
      threads,
    });
  const one = await descend(1);
  for (const again of [descend(2), descend(5), descend(3, 'reference')]) assertSame(await again, one);
});

test('a descent of two threads ends when it is aborted', async () => {
  const source = new VectorSet(normalMatrix(900, 6, 'threads'), { attachable: 1 });
  let looked = 0; // as if every look came after much work
  Object.defineProperty(source, 'counts', { get: () => ({ distances: 0, multiplyAdds: (looked += 1e8) }) });
  const controller = new AbortController();
  const onProgress = (): void => controller.abort(new Error('enough'));
  const options = { K: 10, L: 15, iter: 4, S: 5, R: 8, threads: 2, onProgress, signal: controller.signal };
  const error = await nnDescent(source, options).then(
    () => undefined,
    (reason) => reason,
  );
  assert.is(error?.message, 'enough');
});

test.run();
