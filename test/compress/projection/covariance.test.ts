import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { columnMeans, covariance } from '../../../src/compress/projection/covariance.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { assertSame } from '../../support/same.ts';

test('covariance agrees with float64 within 1e-6 of the largest entry, and is exactly symmetric (2,500 x 20, mean 50)', () => {
  const [rows, cols] = [2500, 20];
  const random = new Random(1, 'covariance');
  const x = createMatrix(rows, cols);
  for (let i = 0; i < x.data.length; i++) x.data[i] = 50 + random.normal() * (1 + (i % cols));
  const mean = columnMeans(x);
  const got = covariance(x, mean);
  assertSame(got, covariance(x, mean, { backend: 'reference' }));
  const largest = Math.max(...got);
  for (let i = 0; i < cols; i++) {
    for (let j = 0; j < cols; j++) {
      let expected = 0;
      for (let r = 0; r < rows; r++) {
        expected += (x.data[r * cols + i]! - mean[i]!) * (x.data[r * cols + j]! - mean[j]!);
      }
      const difference = Math.abs(got[i * cols + j]! - expected / rows);
      assert.ok(difference < 1e-6 * largest, `(${i}, ${j}): off by ${difference / largest}`);
      assert.is(got[i * cols + j], got[j * cols + i]);
    }
  }
});

test('columnMeans sums in float64: large values with a small spread keep their digits', () => {
  const x = createMatrix(100_000, 1, new Float32Array(100_000).fill(16_777_215));
  assertSame([...columnMeans(x)], [16_777_215]);
});

test.run();
