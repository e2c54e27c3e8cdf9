import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { crc32c } from '../../../src/io/container/crc32c.ts';
import { Random } from '../../../src/tensor/random/random.ts';

test('crc32c gives the values of RFC 3720, Appendix B.4', () => {
  assert.is(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.is(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.is(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
  assert.is(crc32c(new TextEncoder().encode('123456789')), 0xe3069283);
  assert.is(crc32c(new Uint8Array(0)), 0);
});

/** The definition, a bit at a time. */
function plain(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test('crc32c equals the definition at every length, whole or in two parts', () => {
  const random = new Random(1, 'crc32c.test');
  for (let length = 0; length < 70; length++) {
    const bytes = Uint8Array.from({ length }, () => random.below(256));
    const cut = random.below(length + 1);
    assert.is(crc32c(bytes), plain(bytes));
    assert.is(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), plain(bytes));
  }
});

test.run();
