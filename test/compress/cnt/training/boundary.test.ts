import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { meanPairDistance } from '../../../../src/compress/cnt/training/boundary.ts';
import { createMatrix } from '../../../../src/tensor/matrix.ts';
import { Random } from '../../../../src/tensor/random/random.ts';

test('meanPairDistance of two rows is their distance over std', () => {
  const x = createMatrix(2, 2, Float32Array.of(0, 0, 3, 4));
  assert.is(meanPairDistance(x, 2, 1), 2.5);
});

test('meanPairDistance is within 0.5 % of the mean over all pairs', () => {
  const random = new Random(1, 'test');
  const rows = 200;
  const x = createMatrix(
    rows,
    3,
    Float32Array.from({ length: rows * 3 }, () => random.normal()),
  );
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < i; j++) {
      let square = 0;
      for (let c = 0; c < 3; c++) square += (x.data[i * 3 + c]! - x.data[j * 3 + c]!) ** 2;
      sum += Math.sqrt(square);
    }
  }
  const exact = sum / ((rows * (rows - 1)) / 2);
  const measured = meanPairDistance(x, 1, 1); // off by 0.05 %
  assert.ok(Math.abs(measured / exact - 1) < 0.005, `${measured} instead of ${exact}`);
});

test.run();
