import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels, referenceKernels } from '../../kernels/backend.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { singles } from '../support/directional-derivative.ts';
import { assertSame } from '../support/same.ts';
import { assertSameBits } from '../support/same-bits.ts';
import { bytesOf } from './operands.ts';

const PARTS = [1, 2, 3, 4, 5, 7, 8, 16, 30];
const COUNTS = [0, 1, 2, 7, 8, 9, 23];

test('simd has the bits of the reference for every m modulo 4 and count modulo 8', () => {
  const random = new Random(1, 'table scan');
  for (const m of PARTS) {
    for (const count of COUNTS) {
      const rows = count + 3;
      const values = Array.from({ length: rows * m }, () => random.below(256));
      const order = Array.from({ length: count }, () => random.below(rows));
      const operands = [singles(random, count), singles(random, count), singles(random, m * 256)];
      assertSameBits(`m ${m}, count ${count}`, operands, (k, [scanned, found, table]) => {
        const codes = bytesOf(k, values);
        const ids = k.ints(count);
        ids.set(order);
        k.tableSumScan(scanned!, table!, codes, 3, count, m);
        k.tableSums(found!, table!, codes, ids, count, m);
      });
    }
  }
});

for (const backend of ['reference', 'simd'] as const) {
  test(`${backend}: exact sums of small whole numbers, and one distance and m additions counted a code`, () => {
    const random = new Random(1, 'table exact');
    const [m, rows] = [6, 21];
    const kernels = createKernels({ backend, bytes: 2 ** 16 });
    const table = kernels.floats(m * 256);
    for (let i = 0; i < table.length; i++) table[i] = random.below(100);
    const codes = bytesOf(
      kernels,
      Array.from({ length: rows * m }, () => random.below(256)),
    );
    const out = kernels.floats(rows);
    kernels.tableSumScan(out, table, codes, 0, rows, m);
    const expected = Array.from({ length: rows }, (_, r) => {
      let sum = 0;
      for (let s = 0; s < m; s++) sum += table[256 * s + codes[r * m + s]!]!;
      return sum;
    });
    assertSame([...out], expected);
    const ids = kernels.ints(rows);
    for (let r = 0; r < rows; r++) ids[r] = rows - 1 - r;
    kernels.tableSums(out, table, codes, ids, rows, m);
    assertSame([...out], expected.reverse());
    assert.equal({ ...kernels.counts }, { distances: 2 * rows, multiplyAdds: 2 * rows * m });
  });
}

test('float64: the unrounded sum', () => {
  const kernels = referenceKernels({ precision: 'float64' });
  const table = kernels.floats(3 * 256);
  table[5] = 1;
  table[256 + 6] = 2 ** -40;
  table[512 + 7] = 2 ** -40;
  const out = kernels.floats(1);
  kernels.tableSumScan(out, table, Uint8Array.of(5, 6, 7), 0, 1, 3);
  assert.is(out[0], 1 + 2 ** -39);
});

test('simd refuses operands from elsewhere and operands that are too short', () => {
  const kernels = createKernels({ backend: 'simd', bytes: 2 ** 16 });
  const [out, table, codes, ids] = [kernels.floats(4), kernels.floats(1024), kernels.bytes(16), kernels.ints(4)];
  kernels.tableSumScan(out, table, codes, 0, 4, 4);
  assert.throws(() => kernels.tableSumScan(out, table, codes, 1, 4, 4), /at least 20 elements, got 16/);
  assert.throws(() => kernels.tableSumScan(out, table.subarray(1), codes, 0, 4, 4), /at least 1024 elements, got 1023/);
  assert.throws(() => kernels.tableSumScan(out, table, new Uint8Array(16), 0, 4, 4), /got another array/);
  assert.throws(() => kernels.tableSums(out, table, codes, ids, 5, 4), /at least 5 elements, got 4/);
});

test.run();
