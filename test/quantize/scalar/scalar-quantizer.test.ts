import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ScalarQuantizer, type ScalarRange } from '../../../src/quantize/scalar/scalar-quantizer.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { faissPoints, faissQuantizers } from '../../support/faiss-quantizers.ts';
import { normalMatrix } from '../../support/normals.ts';
import { assertSame } from '../../support/same.ts';

test('by hand, range -1 to 1: codes 127, 255, 0, 255 and what they stand for', () => {
  const quantizer = new ScalarQuantizer('dimension', Float32Array.of(-1), Float32Array.of(2));
  const codes = quantizer.encode(createMatrix(4, 1, Float32Array.of(0, 1, -1, 5)));
  assert.equal([...codes], [127, 255, 0, 255]);
  const decoded = quantizer.decode(codes).data;
  for (const [i, value] of [0, 1.00392, -0.99608, 1.00392].entries()) assert.ok(Math.abs(decoded[i]! - value) < 1e-5);
});

test('faiss: its ranges and codes, bit for bit', () => {
  const { trained, codes } = faissQuantizers.scalar;
  const points = faissPoints();
  const quantizer = ScalarQuantizer.train(points);
  assertSame([...quantizer.minima, ...quantizer.spans], trained);
  assert.equal([...quantizer.encode(points)], codes);
});

for (const range of ['dimension', 'uniform'] as const) {
  test(`${range}: within half a step of every value in range, monotone, extremes at 0 and 255`, () => {
    const x = normalMatrix(400, 7, 'scalar');
    const quantizer = ScalarQuantizer.train(x, range);
    const codes = quantizer.encode(x);
    const decoded = quantizer.decode(codes);
    const extremes = new Set<number>();
    for (let i = 0; i < codes.length; i++) {
      const half = quantizer.spans[i % 7]! / 510;
      assert.ok(Math.abs(decoded.data[i]! - x.data[i]!) <= half + 1e-6);
      if (x.data[i] === quantizer.minima[i % 7]) extremes.add(codes[i]!);
    }
    assert.equal([...extremes], [0]);
    assert.is(
      codes.reduce((most, code) => Math.max(most, code)),
      255,
    );
    for (let j = 0; j < 7; j++) {
      const rows = Array.from({ length: 400 }, (_, row) => 7 * row + j).sort((a, b) => x.data[a]! - x.data[b]!);
      rows.forEach((place, i) => {
        if (i > 0) assert.ok(codes[place]! >= codes[rows[i - 1]!]!);
      });
    }
    if (range === 'uniform') assert.is(new Set(quantizer.spans).size, 1);
  });
}

for (const [rows, dim] of [
  [3000, 48],
  [40_000, 7],
  [0, 3],
] as const) {
  test(`${rows} x ${dim}: with 1 and 3 threads and without SIMD each number has the code of the formula`, () => {
    const quantizer = ScalarQuantizer.train(normalMatrix(100, dim, 'ranges'));
    quantizer.spans[1] = 0;
    const x = normalMatrix(rows, dim, 'formula');
    const { minima, spans } = quantizer;
    const expected = Uint8Array.from(x.data, (value, i) => {
      const [least, span] = [minima[i % dim]!, spans[i % dim]!];
      const share = span === 0 ? 0 : Math.fround(Math.fround(value - least) / span);
      return Math.fround(255 * Math.max(0, Math.min(1, share)));
    });
    for (const computing of [{}, { threads: 3 }, { backend: 'reference' }] as const) {
      const codes = quantizer.encode(x, computing);
      assert.is(codes.length, expected.length);
      const wrong = codes.findIndex((code, i) => code !== expected[i]); // a list of all would take for ever
      assert.is(wrong, -1, `${JSON.stringify(computing)}: number ${wrong}`);
    }
    const own = new Uint8Array(dim);
    if (rows > 0) quantizer.encodeInto(own, 0, x.data, x.data.length - dim);
    assert.equal(own, rows > 0 ? expected.slice(-dim) : new Uint8Array(dim));
  });
}

test('what is not finite is named by its place, also far down', () => {
  const x = normalMatrix(40_000, 7, 'place');
  const quantizer = ScalarQuantizer.train(x);
  x.data[7 * 39_999 + 5] = Number.NaN;
  const message = /^ScalarQuantizer\.encode: expected finite values, got NaN at row 39999, column 5\.$/;
  assert.throws(() => quantizer.encode(x), message);
});

test('a constant dimension is exact; what lies outside the range is held at its ends', () => {
  const quantizer = ScalarQuantizer.train(createMatrix(2, 2, Float32Array.of(7, 0, 7, 1)));
  const codes = quantizer.encode(createMatrix(3, 2, Float32Array.of(7, -4, 9, 0.5, -9, 1e14)));
  assert.equal([...codes], [0, 0, 0, 127, 0, 255]);
  const decoded = quantizer.decode(codes).data;
  assert.equal([decoded[0], decoded[2], decoded[4]], [7, 7, 7]);
});

test('taken apart and put together it is the same; what does not fit is refused', () => {
  const x = normalMatrix(20, 3, 'apart');
  for (const range of ['dimension', 'uniform'] as const) {
    const quantizer = ScalarQuantizer.train(x, range);
    const { arrays, parameters } = quantizer.toArrays();
    const again = ScalarQuantizer.fromArrays(arrays, parameters, 3, 'Here');
    assert.equal(again.encode(x), quantizer.encode(x));
    assert.is(again.range, range);
    assert.throws(() => ScalarQuantizer.fromArrays(arrays, { range: 'other' }, 3, 'Here'), /^Here: expected "range"/);
    assert.throws(() => ScalarQuantizer.fromArrays(arrays, parameters, 4, 'Here'), /^Here: expected array "minima"/);
  }
  const { arrays } = ScalarQuantizer.train(x).toArrays();
  assert.throws(
    () => ScalarQuantizer.fromArrays(arrays, { range: 'uniform' }, 3, 'Here'),
    /^Here: expected one range for all, got another in dimension 1\.$/,
  );
  for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const spans = { shape: [3], data: Float32Array.of(1, 1, value) };
    assert.throws(
      () => ScalarQuantizer.fromArrays(new Map([...arrays, ['spans', spans]]), { range: 'dimension' }, 3, 'Here'),
      /^Here: expected a range within -2\^48 to 2\^48 in dimension 2/,
    );
  }
});

test('wrong ranges, vectors and codes are refused in one line', () => {
  const x = normalMatrix(4, 3, 'refused');
  const quantizer = ScalarQuantizer.train(x);
  const says = (message: string) => (error: Error) => error instanceof RangeError && error.message === message;
  assert.throws(
    () => ScalarQuantizer.train(createMatrix(0, 3)),
    says('ScalarQuantizer.train: expected at least 1 row, got 0.'),
  );
  assert.throws(
    () => ScalarQuantizer.train(x, 'other' as ScalarRange),
    says('ScalarQuantizer.train: expected range dimension or uniform, got other.'),
  );
  assert.throws(() => ScalarQuantizer.train(createMatrix(1, 1, Float32Array.of(Number.NaN))), /expected finite values/);
  assert.throws(
    () => ScalarQuantizer.train(createMatrix(2, 1, Float32Array.of(0, 3e38))),
    /ScalarQuantizer.train: expected values from -2\^48 to 2\^48 \(2.8e14\), got 3.*e\+38 at row 1, column 0/,
  );
  assert.throws(() => quantizer.encode(createMatrix(1, 2)), says('ScalarQuantizer.encode: expected 3 columns, got 2.'));
  assert.throws(() => quantizer.encode(createMatrix(1, 3, new Float32Array(3).fill(1 / 0))), /expected finite values/);
  assert.throws(
    () => quantizer.decode(new Uint8Array(4)),
    says('ScalarQuantizer.decode: expected codes of 3 bytes, got 4 bytes in all.'),
  );
  assert.throws(
    () => ScalarQuantizer.train(createMatrix(1, 33026), 'uniform'),
    /expected at most 33025 dimensions for uniform, got 33026/,
  );
  assert.throws(() => new ScalarQuantizer('dimension', new Float32Array(2), new Float32Array(1)), /expected 2 spans/);
});

test.run();
