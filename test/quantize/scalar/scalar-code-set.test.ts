import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { scalarCodeSet } from '../../../src/quantize/scalar/scalar-code-set.ts';
import { ScalarQuantizer } from '../../../src/quantize/scalar/scalar-quantizer.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { normalMatrix } from '../../support/normals.ts';
import { assertSame } from '../../support/same.ts';

const points = normalMatrix(50, 11, 'codes');
const query = normalMatrix(1, 11, 'query');

function squared(a: Matrix, row: number, b: Matrix, other: number): number {
  let sum = 0;
  for (let i = 0; i < 11; i++) sum += (a.data[11 * row + i]! - b.data[11 * other + i]!) ** 2;
  return sum;
}

for (const backend of ['reference', 'simd'] as const) {
  test(`${backend}, ranges by dimension: distances from the query as it is to what the codes stand for, within 1e-5`, () => {
    const quantizer = ScalarQuantizer.train(points);
    const codes = quantizer.encode(points);
    const decoded = quantizer.decode(codes);
    const set = scalarCodeSet(quantizer, codes, { backend });
    set.setQuery(query.data, 0);
    set.scan(3, 40);
    for (let i = 0; i < 40; i++) {
      const expected = squared(query, 0, decoded, 3 + i);
      assert.ok(Math.abs(set.distances[i]! - expected) <= 1e-5 * expected);
    }
    const scanned = [...set.distances.subarray(0, 40)];
    set.ids.set([3, 42, 10]);
    set.measure(3);
    assertSame([...set.distances.subarray(0, 3)], [scanned[0], scanned[39], scanned[7]]);
    set.measureFrom(7, 3);
    [3, 42, 10].forEach((id, i) => {
      const expected = squared(decoded, 7, decoded, id);
      assert.ok(Math.abs(set.distances[i]! - expected) <= 1e-5 * expected);
    });
    set.setQueryRow(10);
    set.measure(3);
    assert.is(set.distances[2], 0);
  });

  test(`${backend}, ranges by dimension: with originals a row asks for itself, not for its code`, () => {
    const quantizer = ScalarQuantizer.train(points);
    const set = scalarCodeSet(quantizer, quantizer.encode(points), { backend, originals: points });
    set.ids.set([4, 5]);
    set.setQuery(points.data, 44);
    set.measure(2);
    const expected = [...set.distances.subarray(0, 2)];
    assert.ok(expected[0]! > 0);
    set.setQueryRow(4);
    set.measure(2);
    assertSame([...set.distances.subarray(0, 2)], expected);
  });

  test(`${backend}, one range: whole-number distances of codes times the square of a step, exactly`, () => {
    const quantizer = ScalarQuantizer.train(points, 'uniform');
    const codes = quantizer.encode(points);
    const own = quantizer.encode(query);
    const set = scalarCodeSet(quantizer, codes, { backend });
    const step = Math.fround(quantizer.spans[0]! / 255);
    const expected = (a: Uint8Array, from: number, row: number) => {
      let sum = 0;
      for (let i = 0; i < 11; i++) sum += (a[from + i]! - codes[11 * row + i]!) ** 2;
      return Math.fround(sum * Math.fround(step * step));
    };
    set.setQuery(query.data, 0);
    set.scan(0, 50);
    for (let row = 0; row < 50; row++) assert.is(set.distances[row], expected(own, 0, row));
    set.ids.set([9, 0]);
    set.measureFrom(20, 2);
    assertSame([...set.distances.subarray(0, 2)], [expected(codes, 220, 9), expected(codes, 220, 0)]);
    set.measure(2);
    assertSame([...set.distances.subarray(0, 2)], [expected(own, 0, 9), expected(own, 0, 0)]);
    set.setQueryRow(9);
    set.measure(2);
    assertSame([...set.distances.subarray(0, 2)], [0, expected(codes, 99, 0)]);
    assert.equal({ ...set.counts }, { distances: 56, multiplyAdds: 616 });
    assert.is(set.backend, backend);
  });
}

test.run();
