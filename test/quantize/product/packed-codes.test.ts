import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  codeBytes,
  packCodes,
  requireFilledWithZeros,
  unpackCodes,
} from '../../../src/quantize/product/packed-codes.ts';
import { Random } from '../../../src/tensor/random/random.ts';

test('four numbers of 6 bits in three bytes, lowest bits first', () => {
  const packed = packCodes(Uint8Array.of(3, 10, 17, 24), 1, 4, 6);
  assert.equal([...packed], [131, 18, 97]);
  assert.equal([...unpackCodes(packed, 1, 4, 6)], [3, 10, 17, 24]);
});

test('bits 1 to 8, m 1 to 17: a bit stream, and back', () => {
  const random = new Random(1, 'packed');
  for (let bits = 1; bits <= 8; bits++) {
    for (let m = 1; m <= 17; m++) {
      const rows = 3;
      const numbers = Uint8Array.from({ length: rows * m }, () => random.below(2 ** bits));
      const packed = packCodes(numbers, rows, m, bits);
      const width = codeBytes(m, bits);
      assert.is(packed.length, rows * width);
      for (let row = 0; row < rows; row++) {
        let stream = 0n;
        for (let s = 0; s < m; s++) stream |= BigInt(numbers[row * m + s]!) << BigInt(s * bits);
        for (let byte = 0; byte < width; byte++) {
          assert.is(packed[row * width + byte], Number((stream >> BigInt(8 * byte)) & 255n), `bits ${bits}, m ${m}`);
        }
      }
      assert.equal(unpackCodes(packed, rows, m, bits), numbers);
      requireFilledWithZeros(packed, m, bits, 'test');
    }
  }
});

test('bits beyond the numbers of a code are refused', () => {
  assert.throws(
    () => requireFilledWithZeros(Uint8Array.of(7, 3, 7, 4), 2, 5, 'Here'),
    /^Here: expected 2 bits in the last byte of code 1, got 4\.$/,
  );
});

test.run();
