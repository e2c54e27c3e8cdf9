import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels } from '../../kernels/backend.ts';
import { NO_ID } from '../../kernels/top-k/reference.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { assertSame } from '../support/same.ts';
import { assertSameBits } from '../support/same-bits.ts';

const COUNTS = [0, 1, 7, 8, 9, 16, 30, 200];
const WIDTHS = [1, 2, 3, 10, 40];

test('simd keeps and sorts what the reference does, for every count modulo 8, with ties, with and without ids', () => {
  const random = new Random(1, 'top-k');
  for (const k of WIDTHS) {
    for (const count of COUNTS) {
      const distances = Array.from({ length: count }, () => random.below(20));
      const names = Array.from({ length: count + 3 }, () => random.below(50));
      const operands = [Array(3 * k).fill(Number.POSITIVE_INFINITY), distances];
      assertSameBits(`k ${k}, count ${count}`, operands, (kernels, [tops, offered]) => {
        const ids = kernels.ints(3 * k).fill(NO_ID);
        const own = kernels.ints(count + 3);
        own.set(names);
        kernels.offerDistances(tops!, ids, 1, k, offered!, own, 3, count);
        kernels.offerDistances(tops!, ids, 2, k, offered!, undefined, 100, count);
        kernels.offerDistances(tops!, ids, 2, k, offered!, undefined, 7, count);
        const heaps = ids.join(' ');
        kernels.sortTops(tops!, ids, 3, k);
        return `${heaps} | ${ids.join(' ')}`;
      });
    }
  }
});

for (const backend of ['reference', 'simd'] as const) {
  test(`${backend}: the k smallest in the order (distance, id), whatever the order of the offers`, () => {
    const random = new Random(1, 'top-k order');
    const [k, count] = [25, 300];
    const kernels = createKernels({ backend, bytes: 2 ** 14 });
    const distances = kernels.floats(count);
    const names = kernels.ints(count);
    const order = Array.from({ length: count }, (_, i) => i).sort(() => random.below(3) - 1);
    for (let i = 0; i < count; i++) {
      distances[i] = order[i]! % 17;
      names[i] = order[i]!;
    }
    const tops = kernels.floats(k).fill(Number.POSITIVE_INFINITY);
    const ids = kernels.ints(k).fill(NO_ID);
    kernels.offerDistances(tops, ids, 0, k, distances, names, 0, count);
    kernels.sortTops(tops, ids, 1, k);
    const expected = Array.from({ length: count }, (_, i) => i)
      .sort((a, b) => (a % 17) - (b % 17) || a - b)
      .slice(0, k);
    assert.equal([...ids], expected);
    assertSame(
      [...tops],
      expected.map((id) => id % 17),
    );
  });

  test(`${backend}: infinite distances are kept before empty places`, () => {
    const kernels = createKernels({ backend, bytes: 2 ** 12 });
    const distances = kernels.floats(2);
    distances.set([Number.POSITIVE_INFINITY, 3]);
    const tops = kernels.floats(4).fill(Number.POSITIVE_INFINITY);
    const ids = kernels.ints(4).fill(NO_ID);
    kernels.offerDistances(tops, ids, 0, 4, distances, undefined, 5, 2);
    kernels.sortTops(tops, ids, 1, 4);
    assert.equal([...ids], [6, 5, NO_ID, NO_ID]);
  });
}

test.run();
