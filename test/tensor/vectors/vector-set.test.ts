import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { VectorSet } from '../../../src/tensor/vectors/vector-set.ts';
import { assertSame } from '../../support/same.ts';

const BACKENDS = ['reference', 'simd'] as const;

function integers(rows: number, cols: number): Float32Array {
  const random = new Random(1, 'vector-set');
  return Float32Array.from({ length: rows * cols }, () => random.below(50));
}

function naive(a: Float32Array, aAt: number, b: Float32Array, bAt: number, dim: number): number {
  let sum = 0;
  for (let i = 0; i < dim; i++) sum += (a[aAt + i]! - b[bAt + i]!) ** 2;
  return sum;
}

for (const backend of BACKENDS) {
  test(`${backend}: measures a query, a row as query, and row against row, exactly for integers`, () => {
    for (const dim of [1, 3, 4, 7, 16, 33]) {
      const data = integers(40, dim);
      const queries = integers(41, dim).subarray(dim);
      const set = new VectorSet(createMatrix(40, dim, data), { backend, batch: 16 });
      assert.is(set.backend, backend);
      assert.equal([set.size, set.dim, set.ids.length], [40, dim, 16]);
      const ids = [39, 0, 7, 7, 20];
      set.ids.set(ids);
      const expected = (a: Float32Array, aAt: number): number[] => ids.map((id) => naive(a, aAt, data, id * dim, dim));

      set.setQuery(queries, 2 * dim);
      set.measure(5);
      assertSame([...set.distances.subarray(0, 5)], expected(queries, 2 * dim));
      set.measureFrom(11, 5);
      assertSame([...set.distances.subarray(0, 5)], expected(data, 11 * dim));
      set.measure(5);
      assertSame([...set.distances.subarray(0, 5)], expected(queries, 2 * dim), 'measureFrom leaves the query');
      set.setQueryRow(12);
      set.measure(5);
      assertSame([...set.distances.subarray(0, 5)], expected(data, 12 * dim));
      assert.equal(set.counts, { distances: 20, multiplyAdds: 20 * dim });
    }
  });
}

test('the query is a copy: changing it later changes nothing', () => {
  const set = new VectorSet(createMatrix(1, 2, Float32Array.of(0, 0)));
  const query = Float32Array.of(3, 4);
  set.setQuery(query, 0);
  query.fill(0);
  set.ids[0] = 0;
  set.measure(1);
  assert.is(set.distances[0], 25);
});

test('both backends give the same bits', () => {
  const random = new Random(2, 'vector-set');
  const data = Float32Array.from({ length: 30 * 19 }, () => random.normal());
  const results = BACKENDS.map((backend) => {
    const set = new VectorSet(createMatrix(30, 19, data), { backend });
    for (let i = 0; i < 30; i++) set.ids[i] = i;
    set.measureFrom(3, 30);
    return [...set.distances.subarray(0, 30)];
  });
  assert.equal(results[0], results[1]);
});

test('no rows', () => {
  const set = new VectorSet(createMatrix(0, 3));
  assert.is(set.size, 0);
});

for (const backend of BACKENDS) {
  test(`${backend}: a set attached to the same vectors has a query, ids and answers of its own`, () => {
    const data = integers(30, 7);
    const set = new VectorSet(createMatrix(30, 7, data), { backend, batch: 8, attachable: 2 });
    const shared = structuredClone(set.share());
    const attached = [0, 1].map((slot) => VectorSet.attach(shared, slot));
    const all = [set, ...attached];
    all.forEach((one, i) => {
      one.ids.set([i, 29, 3]);
      one.setQueryRow(10 + i);
    });
    for (const [i, one] of all.entries()) {
      one.measure(3);
      const expected = [i, 29, 3].map((id) => naive(data, (10 + i) * 7, data, id * 7, 7));
      assertSame([...one.distances.subarray(0, 3)], expected);
      assert.equal([one.size, one.dim, one.backend, one.counts.distances], [30, 7, backend, 3]);
      one.setQuery(data, 7 * i);
    }
    all.forEach((one, i) => {
      one.measure(1);
      assert.is(one.distances[0], 0, `query ${i} was overwritten`);
    });
    set.matrix.data[0] = 1000;
    assert.is(attached[1]!.matrix.data[0], 1000, 'no copy');
  });
}

test('sharing needs places, attaching one of them', () => {
  const matrix = createMatrix(2, 3, integers(2, 3));
  for (const backend of BACKENDS) {
    assert.throws(() => new VectorSet(matrix, { backend }).share(), /^Kernels.share: expected kernels created with/);
    const shared = new VectorSet(matrix, { backend, attachable: 1 }).share();
    assert.throws(() => VectorSet.attach(shared, 1), /^attachKernels: expected a slot from 0 to 0, got 1\.$/);
  }
});

test.run();
