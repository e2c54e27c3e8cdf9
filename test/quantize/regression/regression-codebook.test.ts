import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ProductQuantizer } from '../../../src/quantize/product/product-quantizer.ts';
import { type Basis, NeighborBasis } from '../../../src/quantize/regression/neighbor-basis.ts';
import { RegressionCodebook } from '../../../src/quantize/regression/regression-codebook.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import { normalMatrix } from '../../support/normals.ts';
import { plainBasis } from '../../support/plain-basis.ts';
import { assertSame } from '../../support/same.ts';

const [ROWS, DIM, NSQ, WORDS, VECTORS] = [40, 12, 3, 9, 4];
const weights = normalMatrix(NSQ * WORDS, VECTORS, 'words').data;
const codebook = new RegressionCodebook(DIM, NSQ, WORDS, VECTORS, weights);
const data = normalMatrix(ROWS * VECTORS, DIM, 'bases').data;
const basis = plainBasis(data, ROWS, VECTORS, DIM);
const points = normalMatrix(ROWS, DIM, 'points');

/** Part s of row `row` by word w, in float64. */
function plainPart(row: number, s: number, w: number): number[] {
  return Array.from({ length: DIM / NSQ }, (_, i) => {
    let sum = 0;
    for (let v = 0; v < VECTORS; v++) {
      sum += weights[(s * WORDS + w) * VECTORS + v]! * data[(row * VECTORS + v) * DIM + s * (DIM / NSQ) + i]!;
    }
    return sum;
  });
}

test('encode takes the word of the smallest squared error, found by trying all', async () => {
  const codes = await codebook.encode(points, basis);
  for (let row = 0; row < ROWS; row++) {
    for (let s = 0; s < NSQ; s++) {
      const errors = Array.from({ length: WORDS }, (_, w) =>
        plainPart(row, s, w).reduce((sum, value, i) => sum + (points.data[row * DIM + s * 4 + i]! - value) ** 2, 0),
      );
      assert.is(codes[row * NSQ + s], errors.indexOf(Math.min(...errors)), `row ${row}, part ${s}`);
    }
  }
});

test('of equal words the first is taken', async () => {
  const same = new RegressionCodebook(2, 1, 5, 1, Float32Array.of(3, 1, 1, 3, 1));
  assert.equal(
    [...(await same.encode(createMatrix(1, 2, Float32Array.of(1, 1)), plainBasis(Float32Array.of(1, 1), 1, 1, 2)))],
    [1],
  );
});

test('reconstruct is the weighted sum in float32, one rounding an operation', async () => {
  const codes = await codebook.encode(points, basis);
  const rows = new Float32Array(VECTORS * DIM);
  const out = new Float32Array(DIM);
  for (let row = 0; row < ROWS; row++) {
    basis.fill(row, rows);
    codebook.reconstruct(rows, codes, row * NSQ, out);
    for (let s = 0; s < NSQ; s++) {
      plainPart(row, s, codes[row * NSQ + s]!).forEach((value, i) => {
        assert.ok(Math.abs(out[s * 4 + i]! - value) < 4e-6, `${out[s * 4 + i]} ${value}`); // four products of at most 10
      });
    }
  }
  const half = new RegressionCodebook(1, 1, 1, 2, Float32Array.of(0.1, 0.2));
  half.reconstruct(Float32Array.of(3, 7), Uint8Array.of(0), 0, out);
  const [a, b] = [Math.fround(Math.fround(0.1) * 3), Math.fround(Math.fround(0.2) * 7)];
  assert.is(out[0], Math.fround(a + b));
});

test('one word (1, 0, …) gives what the product codes stand for, exactly', async () => {
  const quantizer = new ProductQuantizer(4, 2, 2, normalMatrix(8, 2, 'centroids').data);
  const numbers = Uint8Array.from({ length: 20 }, (_, i) => (i * 7) % 4);
  const links = Int32Array.from({ length: 30 }, (_, i) => (i % 3 === 2 ? -1 : (i + 4) % 10));
  const neighbors = new NeighborBasis(quantizer, numbers, links, 3);
  const identity = new RegressionCodebook(4, 2, 1, 4, Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0));
  const own = normalMatrix(10, 4, 'own');
  const codes = await identity.encode(own, neighbors);
  assert.equal(codes, new Uint8Array(20));
  const packed = Uint8Array.from({ length: 10 }, (_, row) => numbers[2 * row]! | (numbers[2 * row + 1]! << 2));
  const decoded = quantizer.decode(packed).data;
  const rows = new Float32Array(16);
  const out = new Float32Array(4);
  for (let row = 0; row < 10; row++) {
    neighbors.fill(row, rows);
    identity.reconstruct(rows, codes, 2 * row, out);
    assertSame(out, decoded.slice(4 * row, 4 * row + 4));
  }
});

test('saved and read back, it is the same', async () => {
  const arrays = new Map([['weights', codebook.toArray()]]);
  const again = RegressionCodebook.fromArrays(arrays, DIM, VECTORS, 'here');
  assert.equal([again.nsq, again.words, again.partDim, again.vectors], [NSQ, WORDS, 4, VECTORS]);
  assert.equal(await again.encode(points, basis), await codebook.encode(points, basis));
});

async function refused(x: Matrix, of: Basis, signal?: AbortSignal): Promise<string> {
  try {
    await codebook.encode(x, of, signal ? { signal } : {});
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}

test('progress is told, and an abort ends the encoding with its reason', async () => {
  const told: string[] = [];
  await codebook.encode(points, basis, { onProgress: (done, total) => told.push(`${done}/${total}`) });
  assert.equal(told, ['0/40', '40/40']);
  assert.is(await refused(points, basis, AbortSignal.abort(new Error('enough'))), 'enough');
});

test('sizes that do not fit are refused in one line', async () => {
  const make = (dim: number, nsq: number, words: number, values: Float32Array) => () =>
    new RegressionCodebook(dim, nsq, words, 1, values);
  assert.throws(make(7, 2, 1, new Float32Array(2)), /expected nsq to divide the 7 dimensions \(1, 7\), got 2/);
  assert.throws(make(4, 0, 1, new Float32Array(2)), /expected nsq to divide the 4 dimensions \(1, 2, 4\), got 0/);
  assert.throws(make(4, 2, 257, new Float32Array(514)), /expected words from 1 to 256, got 257/);
  assert.throws(make(4, 2, 0, new Float32Array(0)), /expected words from 1 to 256, got 0/);
  assert.throws(make(4, 2, 1, new Float32Array(3)), RangeError);
  assert.throws(make(4, 2, 1, Float32Array.of(1, Number.NaN)), /^RegressionCodebook: expected finite values/);
  const spoiled = createMatrix(ROWS, DIM, Float32Array.from(points.data));
  spoiled.data[5] = Number.POSITIVE_INFINITY;
  assert.match(await refused(createMatrix(3, DIM), basis), /expected points of 40 x 12, as the basis has, got 3 x 12/);
  assert.is(
    await refused(createMatrix(1, 6), plainBasis(new Float32Array(12), 1, 2, 6)),
    'RegressionCodebook.encode: expected a basis of 4 vectors of 12 numbers, got 2 of 6.',
  );
  assert.match(await refused(spoiled, basis), /^RegressionCodebook.encode: expected finite values/);
  const read = (shape: number[], values: Float32Array) => () =>
    RegressionCodebook.fromArrays(new Map([['weights', { shape, data: values }]]), DIM, VECTORS, 'here');
  assert.throws(
    read([NSQ, WORDS, 3], new Float32Array(81)),
    /^here: expected array "weights" of float32 \[any, any, 4\]/,
  );
  assert.throws(
    read([5, 1, 4], new Float32Array(20)),
    /^here: expected nsq to divide the 12 dimensions \(1, 2, 3, 4, 6, 12\), got 5/,
  );
  assert.throws(read([3, 0, 4], new Float32Array(0)), /^here: expected words from 1 to 256, got 0/);
  assert.throws(read([1, 1, 4], Float32Array.of(0, 0, 0, Number.NaN)), /^here: weights: expected finite values/);
});

test.run();
