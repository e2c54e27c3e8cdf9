import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isArchive, isSafetensors } from '../../../src/io/container/signature.ts';

/** A file that begins with the length of a header, and the header. */
function safetensors(length: number, header: string): Uint8Array {
  const file = new Uint8Array(8 + header.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(new TextEncoder().encode(header), 8);
  return file;
}

test('safetensors begin with the length of a header that fits, and a brace', () => {
  for (const [length, header, expected] of [
    [2, '{}', true],
    [1, '{', true],
    [3, '{}', false],
    [2, '[]', false],
    [0, '', false],
  ] as const) {
    const file = safetensors(length, header);
    assert.is(isSafetensors(file, file.length), expected, `${length} ${header}`);
  }
  const shifted = new Uint8Array(11);
  shifted.set(safetensors(2, '{}'), 1);
  assert.is(isSafetensors(shifted.subarray(1), 10), true);
});

test('an archive has all bytes of its magic', () => {
  const magic = Uint8Array.of(0x89, 0x43, 0x4e, 0x54, 0x0d, 0x0a, 0x1a, 0x0a);
  assert.is(isArchive(magic), true);
  assert.is(isArchive(magic.subarray(0, 7)), false);
  assert.is(isArchive(magic.map((byte, i) => (i === 7 ? 0 : byte))), false);
});

test.run();
