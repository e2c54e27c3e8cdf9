import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PqIndex, type PqIndexOptions } from '../../../src/index/codes/pq-index.ts';
import { createMatrix, viewRows } from '../../../src/tensor/matrix.ts';
import { nearest } from '../../../src/tensor/nearest/nearest.ts';
import { normalMatrix } from '../../support/normals.ts';
import { messageOf } from '../../support/rejects.ts';
import { assertSame } from '../../support/same.ts';

const base = normalMatrix(2300, 6, 'pq base');
const queries = normalMatrix(30, 6, 'pq queries');
const index = await PqIndex.build({ base, m: 3, bits: 5 });
const rotated = await PqIndex.build({ base, m: 3, bits: 5, opq: true, iterations: 2, keepVectors: true });

const message = (run: () => unknown) => messageOf(run, RangeError);

test('equals the naive ADC over all codes in the order (distance, id), with counts', async () => {
  const codes = index.toArchive().arrays.get('codes')!.data as Uint8Array;
  const found = await index.search(queries, 15);
  for (let query = 0; query < 30; query++) {
    const distances = index.quantizer.dtable(queries.data.slice(6 * query, 6 * query + 6)).adist(codes);
    const order = [...distances.keys()].sort((a, b) => distances[a]! - distances[b]! || a - b).slice(0, 15);
    assert.equal([...found.ids.data.subarray(15 * query, 15 * query + 15)], order);
    assertSame(
      [...found.distances.data.subarray(15 * query, 15 * query + 15)],
      order.map((id) => distances[id]),
    );
  }
  assert.equal(found.counts, { distances: 30 * 96, multiplyAdds: 30 * (96 * 2 + 2300 * 3), hops: 0, codes: 30 * 2300 });
});

test('rotated by OPQ, queries are rotated too, and exact re-ranking takes the vectors as they were', async () => {
  const plain = await rotated.search(queries, 10);
  const truth = nearest(base, queries, 10).ids.data;
  let found = 0;
  for (let i = 0; i < plain.ids.data.length; i++) {
    const from = i - (i % 10);
    if (truth.subarray(from, from + 10).includes(plain.ids.data[i]!)) found++;
  }
  assert.ok(found / 300 > 0.55, `${found / 300}`); // measured: 0.593
  assert.equal([...(await rotated.search(queries, 10, { rerank: 2300 })).ids.data], [...truth]);
});

test('more queries than one pass over the codes takes find what each finds alone', async () => {
  const many = normalMatrix(1100, 6, 'pq many queries');
  const found = await rotated.search(many, 5, { rerank: 40 });
  for (const query of [0, 1022, 1023, 1024, 1025, 1099]) {
    const alone = await rotated.search(viewRows(many, query, 1), 5, { rerank: 40 });
    assertSame(found.ids.data.slice(5 * query, 5 * query + 5), alone.ids.data);
    assertSame(found.distances.data.slice(5 * query, 5 * query + 5), alone.distances.data);
  }
});

test('saved and read back, it finds the same', async () => {
  for (const one of [index, rotated]) {
    const again = PqIndex.fromArchive(one.toArchive());
    assert.equal([again.kind, again.rows, again.dim], ['pq', 2300, 6]);
    assertSame(await again.search(queries, 5), await one.search(queries, 5));
    assertSame(again.toArchive(), one.toArchive());
  }
  const again = PqIndex.fromArchive(rotated.toArchive(), 'reference');
  assertSame(await again.search(queries, 5, { rerank: 20 }), await rotated.search(queries, 5, { rerank: 20 }));
});

test('statistics', () => {
  const expected = {
    rows: 2300,
    m: 3,
    bits: 5,
    codeBytes: 2,
    bytes: 4600 + 4 * 192,
    rotated: false,
    keepsVectors: false,
  };
  assert.equal(index.statistics(), expected);
  const turned = { ...expected, bytes: expected.bytes + 4 * 36, rotated: true, keepsVectors: true };
  assert.equal(rotated.statistics(), turned);
});

test('progress tells of rotation, training and encoding', async () => {
  const told: string[] = [];
  const onProgress = (step: string, done: number, total: number) => told.push(`${step} ${done}/${total}`);
  const few = createMatrix(20, 6, base.data.slice(0, 120));
  await PqIndex.build({ base: few, m: 2, bits: 2, opq: true, onProgress });
  assert.equal(told.slice(48), ['rotation 49/50', 'rotation 50/50', 'training 1/2', 'training 2/2', 'encoding 20/20']);
});

test('an aborted signal ends a search with its reason; progress counts queries', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  assert.is(await messageOf(() => index.search(queries, 3, { signal })), 'enough');
  const seen: number[][] = [];
  await index.search(queries, 3, { onProgress: (...report) => seen.push(report) });
  assert.equal(seen, [[30, 30]]);
});

test('wrong options and queries are refused in one line', async () => {
  const build = (change: Partial<PqIndexOptions>) => message(() => PqIndex.build({ base, m: 3, bits: 5, ...change }));
  assert.is(await build({ m: 4 }), 'trainProduct: expected m to divide the 6 dimensions (1, 2, 3, 6), got 4.');
  assert.match(await build({ base: createMatrix(3, 6) }), /expected at least 32 points, got 3/);
  const spoiled = createMatrix(1, 6, new Float32Array(6).fill(Number.NaN));
  assert.match(await build({ base: spoiled }), /^PqIndex.build: expected finite values/);
  assert.match(await message(() => index.search(queries, 0)), /^PqIndex.search: expected k/);
  assert.match(await message(() => index.search(createMatrix(1, 5), 1)), /expected queries of 6 columns, got 5/);
  assert.match(
    await message(() => index.search(queries, 1, { rerank: 9 })),
    /expected an index that keeps its vectors/,
  );
  assert.match(await message(() => rotated.search(queries, 9, { rerank: 8 })), /expected rerank .* from k = 9, got 8/);
});

test.run();
