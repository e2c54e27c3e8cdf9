import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packCodes } from '../../../src/quantize/product/packed-codes.ts';
import { ProductCodeSet } from '../../../src/quantize/product/product-code-set.ts';
import { trainProduct } from '../../../src/quantize/product/train-product.ts';
import { normalMatrix } from '../../support/normals.ts';
import { assertSame } from '../../support/same.ts';

const points = normalMatrix(90, 6, 'code set');
const quantizer = await trainProduct(points, { m: 3, bits: 4 });
const packed = quantizer.encode(points);
const numbers = new Uint8Array(90 * 3);
for (let row = 0; row < 90; row++) {
  // 12 bits a code in two bytes
  const stream = packed[2 * row]! | (packed[2 * row + 1]! << 8);
  for (let s = 0; s < 3; s++) numbers[3 * row + s] = (stream >> (4 * s)) & 15;
}

for (const backend of ['reference', 'simd'] as const) {
  test(`${backend}: distances of a query have the bits of dtable and adist, by id and in order`, () => {
    const codes = new ProductCodeSet(quantizer, numbers, { backend, batch: 90 });
    const query = normalMatrix(1, 6, 'query').data;
    const expected = quantizer.dtable(query).adist(packed);
    codes.setQuery(query, 0);
    codes.scan(0, 90);
    assertSame(Float32Array.from(codes.distances), expected);
    codes.scan(40, 7);
    assertSame([...codes.distances.subarray(0, 7)], [...expected.subarray(40, 47)]);
    codes.ids.set([5, 3, 88]);
    codes.measure(3);
    assertSame([...codes.distances.subarray(0, 3)], [expected[5], expected[3], expected[88]]);
  });

  test(`${backend}: two codes are as far apart as what they stand for, and the query stays`, () => {
    const codes = new ProductCodeSet(quantizer, numbers, { backend });
    const decoded = quantizer.decode(packed);
    const expected = quantizer.dtable(decoded.data.slice(6 * 17, 6 * 18)).adist(packed);
    codes.setQuery(points.data, 6);
    codes.ids.set([0, 17, 30]);
    codes.measureFrom(17, 3);
    assertSame([...codes.distances.subarray(0, 3)], [expected[0], 0, expected[30]]);
    codes.measure(3);
    const own = quantizer.dtable(points.data.slice(6, 12)).adist(packed);
    assertSame([...codes.distances.subarray(0, 3)], [own[0], own[17], own[30]]);
  });

  test(`${backend}: a row as the query is what its code stands for, or the original where there are originals`, () => {
    const decoded = quantizer.decode(packed);
    for (const [options, vectors] of [
      [{ backend }, decoded],
      [{ backend, originals: points }, points],
    ] as const) {
      const codes = new ProductCodeSet(quantizer, numbers, options);
      assert.is(codes.asymmetric, vectors === points);
      codes.setQueryRow(9);
      codes.ids.set([9, 10]);
      codes.measure(2);
      const expected = quantizer.dtable(vectors.data.slice(54, 60)).adist(packed);
      assertSame([...codes.distances.subarray(0, 2)], [expected[9], expected[10]]);
    }
  });
}

test('sizes and counts; packed codes are those numbers', () => {
  const codes = new ProductCodeSet(quantizer, numbers);
  assert.equal([codes.size, codes.dim, codes.ids.length], [90, 6, 256]);
  assert.equal(packCodes(numbers, 90, 3, 4), packed);
  codes.setQuery(points.data, 0);
  codes.scan(0, 90);
  assert.equal({ ...codes.counts }, { distances: 48 + 90, multiplyAdds: 96 + 270 });
  assert.is(new ProductCodeSet(quantizer, new Uint8Array(0)).size, 0);
});

test.run();
