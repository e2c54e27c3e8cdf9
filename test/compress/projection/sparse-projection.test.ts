import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SrpCompressor, sparseProjection } from '../../../src/compress/projection/sparse-projection.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { assertSame } from '../../support/same.ts';

test('entries are 0 and ±sqrt(s / dOut), with probabilities 1 - 1/s and 1/(2s) each, s = sqrt(dIn) (within 5 sigma)', () => {
  for (const [dOut, dIn] of [
    [240, 960],
    [64, 256],
    [30, 1],
  ] as const) {
    const { rows, cols, data } = sparseProjection(new Random(1, `srp ${dIn}`), dOut, dIn);
    assert.equal([rows, cols], [dOut, dIn]);
    const s = Math.sqrt(dIn);
    const size = Math.fround(Math.sqrt(s / dOut));
    const share = 1 / (2 * s);
    const sigma = Math.sqrt((share * (1 - share)) / data.length);
    for (const sign of [-1, 1]) {
      const found = data.filter((value) => value === sign * size).length / data.length;
      assert.ok(Math.abs(found - share) < 5 * sigma, `${dIn}: ${found} of ${sign}, expected ${share}`);
    }
    assert.ok(data.every((value) => value === 0 || Math.abs(value) === size));
  }
});

test('an entry is negative for u <= 1/(2s) and positive for u >= 1 - 1/(2s), row after row', () => {
  const random = new Random(3, 'convention');
  const { data } = sparseProjection(new Random(3, 'convention'), 5, 16);
  for (const value of data) {
    const u = random.uniform();
    assert.is(Math.sign(value), u <= 1 / 8 ? -1 : u >= 7 / 8 ? 1 : 0);
  }
});

test('squared lengths are kept in the mean: ratio 1 within 0.03, spread near sqrt(2 / dOut) (960 to 240)', () => {
  const random = new Random(1, 'gaussian');
  const x = createMatrix(500, 960);
  for (let i = 0; i < x.data.length; i++) x.data[i] = random.normal();
  const y = SrpCompressor.create({ dIn: 960, dOut: 240, seed: 1 }).encode(x);
  const square = (data: Float32Array, row: number, cols: number) =>
    data.subarray(row * cols, (row + 1) * cols).reduce((sum, value) => sum + value * value, 0);
  const ratios = Array.from({ length: 500 }, (_, i) => square(y.data, i, 240) / square(x.data, i, 960));
  const mean = ratios.reduce((sum, ratio) => sum + ratio / 500, 0);
  const spread = Math.sqrt(ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2 / 500, 0));
  assert.ok(Math.abs(mean - 1) < 0.03, `mean ratio ${mean}`);
  assert.ok(Math.abs(spread / Math.sqrt(2 / 240) - 1) < 0.2, `spread ${spread}`);
});

test('a seed gives the same projection on every engine, and the same encoding on every backend', () => {
  const srp = SrpCompressor.create({ dIn: 24, dOut: 6, seed: 1 });
  const { data } = srp.toNamedArrays().arrays.get('projection')!;
  const digest = createHash('sha256').update(new Uint8Array(data.buffer)).digest('hex');
  assert.is(digest, '31501622bccce873dabce6e2a77c06a043824c269354c19a248fd62638dd154c');
  const random = new Random(2, 'rows');
  const x = createMatrix(1100, 24);
  for (let i = 0; i < x.data.length; i++) x.data[i] = random.normal();
  const progress: number[] = [];
  const encoded = srp.encode(x, { onProgress: (done, total) => progress.push(done, total) });
  assertSame(encoded, srp.encode(x, { backend: 'reference' }));
  assert.equal(progress, [1024, 1100, 1100, 1100]);
});

test('a saved model encodes the same', () => {
  const srp = SrpCompressor.create({ dIn: 10, dOut: 4, seed: 'text' });
  const named = srp.toNamedArrays();
  assert.equal(named.metadata, { method: 'srp' });
  const x = createMatrix(
    2,
    10,
    Float32Array.from({ length: 20 }, (_, i) => i * i),
  );
  assertSame(SrpCompressor.fromNamedArrays(named).encode(x), srp.encode(x));
  const projection = { shape: [1, 2], data: Float32Array.of(1, Number.NaN) };
  assert.throws(
    () => SrpCompressor.fromNamedArrays({ ...named, arrays: new Map([['projection', projection]]) }),
    /SRP model: projection: expected finite values, got NaN at row 0, column 1\./,
  );
  assert.throws(
    () => SrpCompressor.fromNamedArrays({ ...named, arrays: new Map() }),
    /SRP model: expected array "projection"/,
  );
});

test('no projection is without entries: what chance leaves empty is drawn again', () => {
  for (const dIn of [2, 4, 8, 16]) {
    for (let seed = 0; seed < 25; seed++) {
      const { data } = SrpCompressor.create({ dIn, dOut: 1, seed }).toNamedArrays().arrays.get('projection')!;
      assert.ok(
        data.some((value: number) => value !== 0),
        `${dIn} to 1, seed ${seed}`,
      );
    }
  }
  // 4 to 1: the share of draws without an entry is 1/16, so of 300 streams about 19 are drawn twice; all go on in one stream.
  let again = 0;
  for (let seed = 0; seed < 300; seed++) {
    const random = new Random(seed, 'srp');
    const first = Array.from({ length: 4 }, () => random.uniform());
    const empty = first.every((u) => u > 1 / 4 && u < 3 / 4);
    const drawn = empty ? Array.from({ length: 4 }, () => random.uniform()) : first;
    const signs = [...sparseProjection(new Random(seed, 'srp'), 1, 4).data].map(Math.sign);
    again += Number(empty);
    if (drawn.every((u) => u > 1 / 4 && u < 3 / 4)) continue; // drawn a third time
    assert.equal(
      signs,
      drawn.map((u) => (u <= 1 / 4 ? -1 : u >= 3 / 4 ? 1 : 0)),
    );
  }
  assert.ok(again > 5 && again < 40, `${again}`);
});

test('a model of no width, of more outputs than inputs, or without entries is refused', () => {
  const load = (shape: number[], value: number) => {
    const data = new Float32Array(shape[0]! * shape[1]!).fill(value);
    const arrays = new Map([['projection', { shape, data }]]);
    return SrpCompressor.fromNamedArrays({ arrays, metadata: { method: 'srp' } });
  };
  assert.is(load([2, 2], 1).dOut, 2);
  assert.throws(() => load([0, 16], 1), /SRP model: expected dOut to be a whole number from 1 to 16, got 0\./);
  assert.throws(() => load([16, 0], 1), /SRP model: expected dIn to be a whole number from 1, got 0\./);
  assert.throws(() => load([3, 2], 1), /SRP model: expected dOut to be a whole number from 1 to 2, got 3\./);
  assert.throws(() => load([2, 4], 0), /SRP model: expected a projection with an entry other than 0/);
});

test('sizes that do not fit are refused', () => {
  assert.throws(
    () => SrpCompressor.create({ dIn: 4, dOut: 5, seed: 1 }),
    /expected dOut to be a whole number from 1 to 4, got 5\./,
  );
  assert.throws(
    () => SrpCompressor.create({ dIn: 4, dOut: 0, seed: 1 }),
    /expected dOut to be a whole number from 1 to 4, got 0\./,
  );
  const srp = SrpCompressor.create({ dIn: 4, dOut: 2, seed: 1 });
  assert.throws(() => srp.encode(createMatrix(1, 3)), /SrpCompressor\.encode: expected 4 columns, got 3\./);
});

test.run();
