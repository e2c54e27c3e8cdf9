import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { unpackCodes } from '../../../src/quantize/product/packed-codes.ts';
import { ProductQuantizer } from '../../../src/quantize/product/product-quantizer.ts';
import { adcReference, encodeReference } from '../../../src/quantize/product/reference.ts';
import { trainProduct } from '../../../src/quantize/product/train-product.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { faissPoints, faissQuantizers } from '../../support/faiss-quantizers.ts';
import { normalMatrix } from '../../support/normals.ts';
import { assertSame } from '../../support/same.ts';

/** Two parts of two numbers, four centroids each. */
const byHand = new ProductQuantizer(4, 2, 2, Float32Array.of(0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 2, 0, 0, 2, 2, 2));

test('by hand: encode, packed code, decode, table, asymmetric and symmetric distance', () => {
  const codes = byHand.encode(createMatrix(1, 4, Float32Array.of(0.875, 0.25, 1, 1.75)));
  assert.equal([...codes], [0x09]); // parts 1 and 2, the second a tie that the first centroid wins
  assertSame([...byHand.decode(codes).data], [1, 0, 0, 2]);
  const table = byHand.dtable(Float32Array.of(0, 0, 2, 0));
  assertSame([...table.entries.subarray(0, 4)], [0, 1, 1, 2]);
  assertSame([...table.entries.subarray(256, 260)], [4, 0, 8, 4]);
  assertSame([...table.adist(codes)], [9]);
  const own = byHand.encode(createMatrix(1, 4, Float32Array.of(0, 0, 2, 0)));
  assertSame([...byHand.dtable(byHand.decode(own).data).adist(codes)], [9]);
  const symmetric = byHand.symmetricTables();
  assert.is(symmetric[(0 * 4 + 0) * 256 + 1]! + symmetric[(1 * 4 + 1) * 256 + 2]!, 9);
});

test('faiss: its codebooks and packed codes of 5 bits, bit for bit', async () => {
  const { m, bits, codebooks, codes } = faissQuantizers.product;
  const points = faissPoints();
  const quantizer = await trainProduct(points, { m, bits, profile: 'faiss' });
  assertSame([...quantizer.codebooks], codebooks);
  assert.equal([...quantizer.encode(points)], codes);
});

test('vectors made of codewords are their own reproduction, and the asymmetric distance is the true one', async () => {
  const points = normalMatrix(60, 6, 'codewords');
  const quantizer = await trainProduct(points, { m: 3, bits: 3 });
  const exact = quantizer.decode(quantizer.encode(points));
  assertSame([...quantizer.decode(quantizer.encode(exact)).data], [...exact.data]);
  const query = points.data.slice(0, 6);
  const distances = quantizer.dtable(query).adist(quantizer.encode(points));
  distances.forEach((distance, row) => {
    let expected = 0;
    for (let j = 0; j < 6; j++) expected += (query[j]! - exact.data[row * 6 + j]!) ** 2;
    assert.ok(Math.abs(distance - expected) <= 1e-5 * (1 + expected));
  });
});

test('codes and asymmetric distances equal the reference, bit for bit, for bits 1 to 8', async () => {
  const points = normalMatrix(300, 6, 'nearest');
  for (const bits of [1, 2, 4, 7, 8]) {
    const quantizer = await trainProduct(points, { m: 2, bits, iterations: 3 });
    const { centroids, codebooks, partDim } = quantizer;
    const books = [0, 1].map((s) =>
      Array.from({ length: centroids }, (_, j) => codebooks.subarray((s * centroids + j) * partDim).slice(0, partDim)),
    );
    const codes = quantizer.encode(points);
    const numbers = unpackCodes(codes, 300, 2, bits);
    const distances = quantizer.dtable(points.data.subarray(0, 6)).adist(codes);
    for (let row = 0; row < 300; row++) {
      const code = encodeReference(points.data.subarray(6 * row, 6 * row + 6), books);
      assert.equal([...numbers.subarray(2 * row, 2 * row + 2)], code);
      assert.is(distances[row], adcReference(points.data.subarray(0, 6), code, books));
    }
  }
});

test('more bits and more parts give smaller errors, same bits on reference and simd, start from given codebooks', async () => {
  const points = normalMatrix(500, 8, 'errors');
  const error = (quantizer: ProductQuantizer): number => {
    const decoded = quantizer.decode(quantizer.encode(points));
    return decoded.data.reduce((sum, value, i) => sum + (value - points.data[i]!) ** 2, 0) / points.rows;
  };
  const few = await trainProduct(points, { m: 2, bits: 2 });
  const bits = await trainProduct(points, { m: 2, bits: 5 });
  const parts = await trainProduct(points, { m: 4, bits: 5 });
  assert.ok(error(few) > error(bits) && error(bits) > error(parts)); // measured: 4.96 > 1.69 > 0.38
  const reference = await trainProduct(points, { m: 4, bits: 5, backend: 'reference', iterations: 2 });
  const simd = await trainProduct(points, { m: 4, bits: 5, backend: 'simd', iterations: 2 });
  assertSame([...simd.codebooks], [...reference.codebooks]);
  assert.equal(simd.encode(points, { backend: 'simd' }), simd.encode(points, { backend: 'reference' }));
  const continued = await trainProduct(points, { m: 4, bits: 5, start: simd, iterations: 5 });
  assert.ok(error(continued) < error(simd));
});

test('every block of rows is encoded, and progress told', () => {
  const points = createMatrix(2500, 4, new Float32Array(10000).fill(1.75));
  points.data.fill(0, 9996);
  const told: number[] = [];
  const codes = byHand.encode(points, { onProgress: (done, total) => told.push(done, total) });
  assert.equal(told, [1024, 2500, 2048, 2500, 2500, 2500]);
  assert.equal([codes.length, codes[0], codes[2498], codes[2499]], [2500, 15, 15, 0]);
  assert.is(byHand.encode(createMatrix(0, 4)).length, 0);
});

test('taken apart and put together it is the same', () => {
  const { arrays, parameters } = byHand.toArrays();
  const again = ProductQuantizer.fromArrays(arrays, parameters, 4, 'Here');
  assert.equal([again.m, again.bits, again.codeBytes, again.partDim], [2, 2, 1, 2]);
  assertSame([...again.codebooks], [...byHand.codebooks]);
  assert.throws(() => ProductQuantizer.fromArrays(arrays, { m: 3, bits: 2 }, 4, 'Here'), /^Here: expected m to divide/);
  assert.throws(() => ProductQuantizer.fromArrays(arrays, { m: 2, bits: 9 }, 4, 'Here'), /^Here: expected "bits"/);
  assert.throws(() => ProductQuantizer.fromArrays(arrays, { m: 2, bits: 3 }, 4, 'Here'), /^Here: expected array/);
  const spoiled = new Map([['codebooks', { shape: [2, 4, 2], data: new Float32Array(16).fill(Number.NaN, 15) }]]);
  assert.throws(() => ProductQuantizer.fromArrays(spoiled, parameters, 4, 'Here'), /^Here: expected finite values/);
});

test('wrong options, vectors and codes are refused in one line', async () => {
  const points = normalMatrix(300, 6, 'refused');
  const message = async (run: () => unknown): Promise<string> => {
    try {
      await run();
    } catch (error) {
      assert.instance(error, RangeError);
      return (error as Error).message;
    }
    return 'accepted';
  };
  assert.is(
    await message(() => trainProduct(points, { m: 4 })),
    'trainProduct: expected m to divide the 6 dimensions (1, 2, 3, 6), got 4.',
  );
  assert.match(await message(() => trainProduct(points, { m: 0 })), /got 0\.$/);
  assert.is(
    await message(() => trainProduct(points, { m: 2, bits: 9 })),
    'trainProduct: expected bits from 1 to 8, got 9.',
  );
  const few = createMatrix(255, 6, points.data.slice(0, 255 * 6));
  assert.is(await message(() => trainProduct(few, { m: 2 })), 'trainProduct: expected at least 256 points, got 255.');
  assert.match(await message(() => trainProduct(points, { m: 2, bits: 2, iterations: 0 })), /^kMeans: .* got 0\.$/);
  assert.match(await message(() => trainProduct(points, { m: 2, bits: 2, start: byHand })), /expected a start of 6/);
  const nan = createMatrix(300, 6, points.data.slice());
  nan.data[8] = Number.NaN;
  assert.match(await message(() => trainProduct(nan, { m: 2 })), /^trainProduct: expected finite values, got NaN/);
  assert.is(await message(() => byHand.encode(points)), 'ProductQuantizer.encode: expected 4 columns, got 6.');
  assert.match(await message(() => byHand.encode(createMatrix(1, 4, new Float32Array(4).fill(1 / 0)))), /got Infinity/);
  const wide = new ProductQuantizer(4, 4, 6, new Float32Array(256));
  assert.is(
    await message(() => wide.decode(new Uint8Array(4))),
    'ProductQuantizer.decode: expected codes of 3 bytes, got 4 bytes in all.',
  );
  assert.match(await message(() => wide.dtable(new Float32Array(4)).adist(new Uint8Array(2))), /^DistanceTable.adist/);
  assert.match(await message(() => wide.dtable(new Float32Array(3))), /expected a query of 4 numbers, got 3/);
  assert.match(await message(() => new ProductQuantizer(4, 4, 6, new Float32Array(255))), /expected .* 256 values/);
});

test('an aborted signal ends training with its reason', async () => {
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  try {
    await trainProduct(normalMatrix(20, 4, 'abort'), { m: 2, bits: 2, signal });
    assert.unreachable();
  } catch (error) {
    assert.is(error, reason);
  }
});

test.run();
