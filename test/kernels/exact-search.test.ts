import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import { awaitThreads } from '../../kernels/threads/pool.ts';
import { NO_ID } from '../../kernels/top-k/reference.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { singles } from '../support/directional-derivative.ts';
import { assertSameBits } from '../support/same-bits.ts';

const DIMS = [1, 2, 3, 4, 5, 7, 8, 37];
const QUERIES = [1, 2, 3, 4, 5, 67];
const ROWS = [0, 1, 3, 4, 5, 61];
const NOTHING = Number.POSITIVE_INFINITY;

/** Offers the same rows in two calls and compares all that the heaps hold. */
function compare(title: string, k: number, dim: number, queries: readonly number[], base: readonly number[]): void {
  const [queryCount, rows] = [queries.length / dim, base.length / dim];
  const first = rows >> 1;
  assertSameBits(title, [Array(queryCount * k).fill(NOTHING), queries, base], (kernels, [tops, asked, all]) => {
    const ids = kernels.ints(queryCount * k).fill(NO_ID);
    kernels.offerRows(tops!, ids, k, asked!, queryCount, all!.subarray(0, first * dim), first, 10, dim);
    kernels.offerRows(tops!, ids, k, asked!, queryCount, all!.subarray(first * dim), rows - first, 10 + first, dim);
    return ids.join(' ');
  });
}

test('simd has the bits of the reference for every dim, queries and rows modulo 4', () => {
  const random = new Random(1, 'exact search');
  for (const dim of DIMS) {
    for (const queries of QUERIES) {
      for (const rows of ROWS) {
        const name = `dim ${dim}, ${queries} queries, ${rows} rows`;
        compare(name, 3, dim, singles(random, queries * dim), singles(random, rows * dim));
      }
    }
  }
});

test('what is to be done meanwhile is done once, whatever the sizes', () => {
  for (const kernels of [referenceKernels(), ...[1, 2].map((threads) => createKernels({ bytes: 2 ** 20, threads }))]) {
    const [tops, ids] = [kernels.floats(200), kernels.ints(200)];
    const [queries, base] = [kernels.floats(200), kernels.floats(20_000)];
    for (const queryCount of [0, 1, 2, 3, 200]) {
      for (const rows of [0, 1, 20_000]) {
        let calls = 0;
        kernels.offerRows(tops, ids, 1, queries, queryCount, base, rows, 0, 1, () => {
          calls++;
        });
        assert.is(calls, 1, `${kernels.backend}, ${queryCount} queries, ${rows} rows`);
      }
    }
  }
});

test('the same where products cancel: rows far from the origin, copies, whole numbers, tiny and huge values', () => {
  const random = new Random(1, 'exact search cancellation');
  const [dim, queries, rows] = [13, 9, 80];
  const values: Record<string, () => number> = {
    far: () => Math.fround(1000 + 0.001 * random.below(1000)),
    'whole numbers': () => random.below(3),
    zeros: () => 0,
    tiny: () => Math.fround(1e-25 * random.below(1000)),
    'below the smallest normal number': () => Math.fround(1e-42 * random.below(1000)),
    'just within a norm': () => Math.fround(1e18 * (random.below(1000) - 500)),
    huge: () => Math.fround(1e36 * (random.below(600) - 300)),
    mixed: () => Math.fround(10 ** (random.below(30) - 15)),
  };
  for (const [name, value] of Object.entries(values)) {
    const make = (length: number) => Array.from({ length }, value);
    const base = make(rows * dim);
    base.splice(0, dim * 4, ...base.slice(-4 * dim));
    const asked = make(queries * dim);
    asked.splice(0, dim, ...base.slice(0, dim));
    compare(name, 7, dim, asked, base);
  }
});

test('most pairs are dismissed by the bound, none wrongly: the nearest of rows that lie between near ties', () => {
  const random = new Random(1, 'exact search ties');
  const [dim, rows] = [960, 300];
  const center = singles(random, dim);
  const jitter = () => center.map((value) => Math.fround(value + 1e-4 * (random.below(2000) - 1000)));
  const base = Array.from({ length: rows }, jitter).flat();
  compare('near ties', 20, dim, Array.from({ length: 5 }, jitter).flat(), base);
});

test('counts each pair as one distance, whatever was measured', () => {
  for (const backend of ['reference', 'simd'] as const) {
    const kernels = createKernels({ backend, bytes: 2 ** 14 });
    const [queries, base] = [kernels.floats(5 * 6), kernels.floats(50 * 6)];
    const [tops, ids] = [kernels.floats(10).fill(NOTHING), kernels.ints(10).fill(NO_ID)];
    kernels.offerRows(tops, ids, 2, queries, 5, base, 50, 0, 6);
    assert.equal({ ...kernels.counts }, { distances: 250, multiplyAdds: 1500 });
  }
});

test('2 and 5 threads: the bits of one', () => {
  const random = new Random(1, 'exact search threads');
  const [dim, queries, rows, k] = [33, 150, 400, 9];
  const [asked, base] = [singles(random, queries * dim), singles(random, rows * dim)];
  const [one, ...others] = [1, 2, 5].map((threads) => {
    const kernels = createKernels({ backend: 'simd', bytes: 2 ** 18, threads });
    awaitThreads(5000);
    const [q, b] = [kernels.floats(queries * dim), kernels.floats(rows * dim)];
    q.set(asked);
    b.set(base);
    const [tops, ids] = [kernels.floats(queries * k).fill(NOTHING), kernels.ints(queries * k).fill(NO_ID)];
    kernels.offerRows(tops, ids, k, q, queries, b, rows, 0, dim);
    kernels.sortTops(tops, ids, queries, k);
    return [ids.join(' '), tops.join(' ')];
  });
  for (const other of others) assert.equal(other, one);
});

test('simd refuses operands from elsewhere and operands that are too short', () => {
  const kernels = createKernels({ backend: 'simd', bytes: 2 ** 14 });
  const [queries, base] = [kernels.floats(5 * 6), kernels.floats(50 * 6)];
  const [tops, ids] = [kernels.floats(10).fill(NOTHING), kernels.ints(10).fill(NO_ID)];
  assert.throws(() => kernels.offerRows(tops, ids, 3, queries, 5, base, 50, 0, 6), /at least 15 elements, got 10/);
  assert.throws(() => kernels.offerRows(tops, ids, 2, queries, 6, base, 50, 0, 6), /at least 12 elements, got 10/);
  assert.throws(() => kernels.offerRows(tops, ids, 2, queries, 5, base, 51, 0, 6), /at least 306 elements, got 300/);
  assert.throws(() => kernels.offerRows(tops, ids, 2, new Float32Array(30), 5, base, 50, 0, 6), /got another array/);
});

test.run();
