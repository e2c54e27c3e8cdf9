import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels } from '../../kernels/backend.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { awaitThreads } from '../../kernels/threads/pool.ts';
import { NO_ID } from '../../kernels/top-k/reference.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { singles } from '../support/directional-derivative.ts';
import { assertSameBits } from '../support/same-bits.ts';

const K = 5;

interface Shape {
  readonly m: number;
  readonly partDim: number;
  readonly bits: number;
  readonly visitors: number;
  readonly count: number;
}

/** Some codes for some of the queries, by number and by name. */
function compare({ m, partDim, bits, visitors, count }: Shape): void {
  const random = new Random(1, 'product search');
  const [dim, centroids, queries] = [m * partDim, 2 ** bits, visitors + 2];
  const values = Array.from({ length: (count + 3) * m }, () => random.below(centroids));
  const names = Array.from({ length: count + 3 }, (_, i) => 1000 - 3 * i);
  const operands = [
    Array(2 * queries * K).fill(Number.POSITIVE_INFINITY),
    singles(random, queries * dim),
    singles(random, dim),
    singles(random, centroids * dim),
  ];
  const title = `m ${m}, parts of ${partDim}, ${bits} bits, ${visitors} queries, ${count} codes`;
  assertSameBits(title, operands, (kernels, [tops, asked, origin, codebooks]) => {
    const codes = kernels.bytes(values.length);
    codes.set(values);
    const own = count < 100 ? kernels.ints(names.length) : undefined;
    own?.set(names);
    const order = kernels.ints(visitors).map((_, i) => visitors - i);
    const who = kernels.ints(visitors);
    who.set(order);
    const ids = kernels.ints(2 * queries * K).fill(NO_ID);
    const half = queries * K;
    const product = { codes, first: 3, count, codebooks: codebooks!, m, centroids, dim };
    kernels.offerProductCodes(tops!.subarray(0, half), ids.subarray(0, half), K, asked!, who, visitors, origin!, {
      ...product,
      ids: undefined,
    });
    kernels.offerProductCodes(tops!.subarray(half), ids.subarray(half), K, asked!, who, visitors, origin!, {
      ...product,
      ids: own,
    });
    return ids.join(' ');
  });
}

test('simd has the bits of the reference for parts, queries and codes modulo 4', () => {
  for (const m of [1, 3, 4, 6]) {
    for (const partDim of [1, 2, 3, 4, 5, 8]) compare({ m, partDim, bits: 3, visitors: 6, count: 21 });
  }
  for (const visitors of [0, 1, 2, 3, 4, 5, 9]) {
    for (const count of [0, 1, 3, 4, 30]) compare({ m: 5, partDim: 2, bits: 1, visitors, count });
  }
  compare({ m: 1, partDim: 3, bits: 8, visitors: 3, count: 2100 });
});

test('the same where four tables exceed the scratch memory', () => {
  compare({ m: 260, partDim: 1, bits: 2, visitors: 5, count: 9 });
});

test('2 and 5 threads: the bits of one', () => {
  const random = new Random(1, 'product search threads');
  const [m, dim, queries, count] = [4, 16, 90, 700];
  const [asked, books] = [singles(random, queries * dim), singles(random, 256 * dim)];
  const values = Array.from({ length: count * m }, () => random.below(256));
  const run = (kernels: Kernels): string => {
    const [q, codebooks, origin] = [kernels.floats(queries * dim), kernels.floats(256 * dim), kernels.floats(dim)];
    q.set(asked);
    codebooks.set(books);
    const codes = kernels.bytes(values.length);
    codes.set(values);
    const who = kernels.ints(queries);
    for (let i = 0; i < queries; i++) who[i] = i;
    const tops = kernels.floats(queries * K).fill(Number.POSITIVE_INFINITY);
    const ids = kernels.ints(queries * K).fill(NO_ID);
    const product = { codes, first: 0, count, ids: undefined, codebooks, m, centroids: 256, dim };
    kernels.offerProductCodes(tops, ids, K, q, who, queries, origin, product);
    return `${tops.join(' ')} ${ids.join(' ')}`;
  };
  const [one, ...others] = [1, 2, 5].map((threads) => {
    const kernels = createKernels({ backend: 'simd', bytes: 2 ** 18, threads });
    awaitThreads(5000);
    return run(kernels);
  });
  for (const other of others) assert.is(other, one);
});

test('simd refuses operands from elsewhere and operands that are too short', () => {
  const kernels = createKernels({ backend: 'simd', bytes: 2 ** 14 });
  const [queries, origin, codebooks] = [kernels.floats(8), kernels.floats(8), kernels.floats(4 * 8)];
  const [codes, who] = [kernels.bytes(20), kernels.ints(1)];
  const [tops, ids] = [kernels.floats(3), kernels.ints(3)];
  const offer = (change: object) =>
    kernels.offerProductCodes(tops, ids, 3, queries, who, 1, origin, {
      codes,
      first: 0,
      count: 10,
      ids: undefined,
      codebooks,
      m: 2,
      centroids: 4,
      dim: 8,
      ...change,
    });
  offer({});
  assert.throws(() => offer({ first: 1 }), /at least 22 elements, got 20/);
  assert.throws(() => offer({ centroids: 8 }), /at least 64 elements, got 32/);
  assert.throws(() => offer({ codes: new Uint8Array(20) }), /got another array/);
});

test.run();
