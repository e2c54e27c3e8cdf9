import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { awaitThreads } from '../../kernels/threads/pool.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { assertSame } from '../support/same.ts';

const SIZES = [
  [0, 3],
  [1, 1],
  [5, 2],
  [7, 3],
  [9, 4],
  [50, 19],
  [40, 300],
  [2000, 40],
] as const;
const K = 3;

/** Sums that begin from 1, in each precision, and the numbers beside them. */
function sumsOf(kernels: Kernels, rows: number, dim: number): readonly number[] {
  const random = new Random(1, 'row sums');
  const [ids, x] = [kernels.ints(rows), kernels.floats(rows * dim)];
  for (let r = 0; r < rows; r++) ids[r] = random.below(K);
  for (let i = 0; i < x.length; i++) x[i] = random.normal();
  const room = kernels.bytes(8 * (K * dim + 1));
  const double = new Float64Array(room.buffer, room.byteOffset, K * dim + 1).fill(1);
  const single = kernels.floats(K * dim + 1).fill(1);
  for (const sums of [single, double]) kernels.sumRowsById(sums.subarray(0, K * dim), ids, x, rows, dim);
  return [...single, ...double];
}

test('sumRowsById sums in the order of the rows, in float32 and in float64', () => {
  const kernels = referenceKernels();
  const [single, double] = [Float32Array.of(2 ** 24, 5), Float64Array.of(2 ** 24, 5)];
  const [ids, x] = [Int32Array.of(0, 1, 0), Float32Array.of(1, 2, 1)];
  for (const sums of [single, double]) kernels.sumRowsById(sums, ids, x, 3, 1);
  assertSame([...single], [2 ** 24, 7]);
  assertSame([...double], [2 ** 24 + 2, 7]);
});

test('simd has the bits of the reference for every dim modulo 4, with 1, 2 and 5 threads', () => {
  createKernels({ bytes: 64, threads: 5 });
  assert.is(awaitThreads(30_000), 5);
  for (const [rows, dim] of SIZES) {
    const expected = sumsOf(referenceKernels(), rows, dim);
    for (const threads of [1, 2, 5]) {
      const sums = sumsOf(createKernels({ backend: 'simd', bytes: 2 ** 20, threads }), rows, dim);
      assert.equal(sums, expected, `${rows} x ${dim}, ${threads} threads`);
    }
  }
});

test.run();
