import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type RotationOptions, trainRotation } from '../../../src/quantize/product/opq.ts';
import { rotateRows } from '../../../src/quantize/product/rotation.ts';
import { trainProduct } from '../../../src/quantize/product/train-product.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import { normalMatrix } from '../../support/normals.ts';
import { assertSame } from '../../support/same.ts';

/** Eight numbers that are mixtures of three, so that parts of neighboring numbers say the same. */
function mixed(rows: number): Matrix {
  const sources = normalMatrix(rows, 3, 'sources');
  const noise = normalMatrix(rows, 8, 'noise');
  const mixing = normalMatrix(3, 8, 'mixing');
  const x = createMatrix(rows, 8);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < 8; j++) {
      let sum = 0.1 * noise.data[8 * row + j]! + 5;
      for (let s = 0; s < 3; s++) sum += sources.data[3 * row + s]! * mixing.data[8 * s + j]!;
      x.data[8 * row + j] = sum;
    }
  }
  return x;
}

async function error(x: Matrix): Promise<number> {
  const quantizer = await trainProduct(x, { m: 4, bits: 3 });
  const decoded = quantizer.decode(quantizer.encode(x));
  return decoded.data.reduce((sum, value, i) => sum + (value - x.data[i]!) ** 2, 0) / x.rows;
}

function centeredRows(x: Matrix): Matrix {
  const means = Array.from({ length: x.cols }, (_, j) => {
    let sum = 0;
    for (let row = 0; row < x.rows; row++) sum += x.data[row * x.cols + j]!;
    return sum / x.rows;
  });
  return createMatrix(
    x.rows,
    x.cols,
    x.data.map((value, i) => value - means[i % x.cols]!),
  );
}

test('rotated, product codes of correlated numbers lose less than 0.4 of what they lost', async () => {
  const x = mixed(800);
  const rotation = await trainRotation(x, { m: 4, bits: 3, rounds: 10 });
  const [before, after] = [await error(x), await error(rotateRows(x, rotation))];
  assert.ok(after < 0.4 * before, `${after} of ${before}`); // measured: 0.295
});

test('the rotation is orthonormal within 1e-6, and keeps distances', async () => {
  const x = mixed(300);
  const rotation = await trainRotation(x, { m: 2, bits: 2, rounds: 3 });
  for (let i = 0; i < 8; i++) {
    for (let j = 0; j < 8; j++) {
      let sum = 0;
      for (let c = 0; c < 8; c++) sum += rotation.data[8 * i + c]! * rotation.data[8 * j + c]!;
      assert.ok(Math.abs(sum - (i === j ? 1 : 0)) < 1e-6);
    }
  }
  const turned = rotateRows(x, rotation);
  const squared = (m: Matrix) => {
    let sum = 0;
    for (let j = 0; j < 8; j++) sum += (m.data[j]! - m.data[8 + j]!) ** 2;
    return sum;
  };
  assert.ok(Math.abs(squared(turned) - squared(x)) < 1e-4 * squared(x));
});

test('to fewer dimensions it keeps those that matter: codes of 4 of 8 lose within 1.2 times what codes of all 8 lose', async () => {
  const x = mixed(800);
  const lost = async (dOut: number): Promise<number> => {
    const rotation = await trainRotation(x, { m: 4, bits: 3, rounds: 10, dOut });
    assert.equal([rotation.rows, rotation.cols], [dOut, 8]);
    const turned = rotateRows(centeredRows(x), rotation);
    const quantizer = await trainProduct(turned, { m: 4, bits: 3 });
    const decoded = quantizer.decode(quantizer.encode(turned));
    let kept = 0; // |x|² - 2 x·y + |y|² with y turned back, as the rows of the rotation are orthonormal
    for (let i = 0; i < decoded.data.length; i++) kept += decoded.data[i]! * (2 * turned.data[i]! - decoded.data[i]!);
    return (centeredRows(x).data.reduce((sum, value) => sum + value * value, 0) - kept) / x.rows;
  };
  const [four, eight] = [await lost(4), await lost(8)];
  assert.ok(four < 1.2 * eight, `${four} ${eight}`); // measured: 1.11 and 1.09
});

test('to more dimensions its columns are orthonormal within 1e-6, so that distances stay', async () => {
  const rotation = await trainRotation(mixed(300), { m: 4, bits: 2, rounds: 3, dOut: 12 });
  assert.equal([rotation.rows, rotation.cols], [12, 8]);
  for (let i = 0; i < 8; i++) {
    for (let j = 0; j < 8; j++) {
      let sum = 0;
      for (let r = 0; r < 12; r++) sum += rotation.data[8 * r + i]! * rotation.data[8 * r + j]!;
      assert.ok(Math.abs(sum - (i === j ? 1 : 0)) < 1e-6, `${i} ${j} ${sum}`);
    }
  }
});

test('same bits on reference and simd, and for the same seed', async () => {
  const x = mixed(60);
  const train = (options: Partial<RotationOptions>) => trainRotation(x, { m: 2, bits: 2, rounds: 2, ...options });
  const expected = [...(await train({ backend: 'reference' })).data];
  assertSame([...(await train({ backend: 'simd' })).data], expected);
  assert.not.equal([...(await train({ seed: 2 })).data], expected);
});

test('progress is told; wrong options are refused in one line; a signal ends it', async () => {
  const x = mixed(60);
  const told: string[] = [];
  await trainRotation(x, { m: 2, bits: 1, rounds: 2, onProgress: (done, total) => told.push(`${done}/${total}`) });
  assert.equal(told, ['1/2', '2/2']);
  const message = async (options: RotationOptions, points = x): Promise<string> => {
    try {
      await trainRotation(points, options);
    } catch (error) {
      return (error as Error).message;
    }
    return 'accepted';
  };
  assert.is(await message({ m: 3 }), 'trainRotation: expected m to divide the 8 dimensions (1, 2, 4, 8), got 3.');
  assert.is(
    await message({ m: 4, dOut: 6 }),
    'trainRotation: expected m to divide the 6 dimensions (1, 2, 3, 6), got 4.',
  );
  assert.is(
    await message({ m: 2, bits: 1, rounds: 0 }),
    'trainRotation: expected rounds to be a whole number from 1, got 0.',
  );
  assert.match(await message({ m: 2 }), /^trainProduct: expected at least 256 points, got 60/);
  const spoiled = createMatrix(1, 8, new Float32Array(8).fill(Number.NaN));
  assert.match(await message({ m: 2 }, spoiled), /^trainRotation: expected finite values/);
  const signal = AbortSignal.abort(new Error('enough'));
  assert.is(await message({ m: 2, bits: 1, signal }), 'enough');
  assert.throws(() => rotateRows(x, createMatrix(2, 3)), /^rotateRows: expected 3 columns, got 8\.$/);
});

test.run();
