import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Sq8Index } from '../../../src/index/codes/sq8-index.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { nearest } from '../../../src/tensor/nearest/nearest.ts';
import { normalMatrix } from '../../support/normals.ts';
import { rejects } from '../../support/rejects.ts';
import { assertSame } from '../../support/same.ts';

const base = normalMatrix(2100, 12, 'sq base');
const queries = normalMatrix(50, 12, 'sq queries');
const truth = nearest(base, queries, 10).ids.data;

function recall(ids: Int32Array): number {
  let found = 0;
  for (let i = 0; i < ids.length; i++) {
    const from = i - (i % 10);
    if (truth.subarray(from, from + 10).includes(ids[i]!)) found++;
  }
  return found / ids.length;
}

for (const [range, bound] of [
  ['dimension', 0.98],
  ['uniform', 0.96],
] as const) {
  test(`${range}: finds ${bound} of the true 10 nearest, all of them re-ranked, and counts codes`, async () => {
    const index = Sq8Index.build({ base, range, keepVectors: true });
    const found = await index.search(queries, 10);
    assert.ok(recall(found.ids.data) >= bound, `${recall(found.ids.data)}`); // measured: 0.988, 0.98
    assert.equal(found.counts, { distances: 0, multiplyAdds: 50 * 2100 * 12, hops: 0, codes: 50 * 2100 });
    assert.is(recall((await index.search(queries, 10, { rerank: 100 })).ids.data), 1);
  });

  test(`${range}: answers are the nearest reproductions in the order (distance, id)`, async () => {
    const index = Sq8Index.build({ base, range });
    const codes = index.toArchive().arrays.get('codes')!.data as Uint8Array;
    const asked = range === 'uniform' ? index.quantizer.decode(index.quantizer.encode(queries)) : queries;
    const expected = nearest(index.quantizer.decode(codes), asked, 5);
    const found = await index.search(queries, 5);
    let same = 0;
    for (let i = 0; i < 250; i++) {
      if (found.ids.data[i] === expected.ids.data[i]) same++;
      assert.ok(Math.abs(found.distances.data[i]! - expected.distances.data[i]!) <= 1e-4 * expected.distances.data[i]!);
    }
    assert.ok(same >= 245, `${same}`); // near ties round otherwise; measured: 250, 250
    for (let i = 1; i < 250; i++) {
      if (i % 5 === 0) continue;
      const [a, b] = [found.distances.data[i - 1]!, found.distances.data[i]!];
      assert.ok(a < b || (a === b && found.ids.data[i - 1]! < found.ids.data[i]!));
    }
  });

  test(`${range}: same bits on reference and simd; saved and read back it finds the same`, async () => {
    const index = Sq8Index.build({ base, range, keepVectors: true });
    const again = Sq8Index.fromArchive(index.toArchive(), 'reference');
    assert.equal([again.kind, again.rows, again.dim, again.backend], ['sq8', 2100, 12, 'reference']);
    const few = createMatrix(5, 12, queries.data.slice(0, 60));
    assertSame(await again.search(few, 6), await index.search(few, 6));
    assertSame(await again.search(few, 6, { rerank: 9 }), await index.search(few, 6, { rerank: 9 }));
    assertSame(again.toArchive(), index.toArchive());
    const expected = { rows: 2100, range, codeBytes: 12, bytes: 2100 * 12 + 96, keepsVectors: true };
    const { spans, ...statistics } = again.statistics();
    assert.equal(statistics, expected);
    assert.ok(range === 'uniform' ? spans.min === spans.max : spans.min < spans.max);
  });
}

test('wrong vectors and queries are refused in one line', async () => {
  const index = Sq8Index.build({ base });
  assert.throws(() => Sq8Index.build({ base: createMatrix(0, 3) }), /^ScalarQuantizer.train: expected at least 1 row/);
  await rejects(
    () => index.search(createMatrix(1, 3), 1),
    /^Sq8Index.search: expected queries of 12 columns, got 3\.$/,
  );
  await rejects(() => index.search(queries, 0), /^Sq8Index.search: expected k/);
  await rejects(() => index.search(queries, 1, { rerank: 5 }), /expected an index that keeps its vectors to re-rank/);
});

test.run();
