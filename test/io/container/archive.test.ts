import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeArchive, encodeArchive } from '../../../src/io/container/archive.ts';
import { readArchive, writeArchive } from '../../../src/io/container/archive-file.ts';
import { crc32c } from '../../../src/io/container/crc32c.ts';
import { encodeSafetensors } from '../../../src/io/container/safetensors.ts';
import type { Archive, JsonValue, NamedArray } from '../../../src/tensor/named-arrays.ts';
import { assertSame } from '../../support/same.ts';
import { damaged, errorOf, faultOf, survives, TemporaryFolder } from '../../support/temporary-folder.ts';

const folder = new TemporaryFolder();

const ARCHIVE: Archive = {
  kind: 'hnsw',
  parameters: { M: 16, seed: '1', mult: 0.36, levels: [1, null, true], nested: { b: 'é', a: -1e-7 } },
  arrays: new Map<string, NamedArray>([
    ['vectors', { shape: [2, 3], data: Float32Array.of(1, -2, 0.5, 1e-40, -0, 3) }],
    ['links', { shape: [5], data: Int32Array.of(0, 1, -1, 4, 2147483647) }],
    ['mean', { shape: [1], data: Float64Array.of(0.1) }],
    ['codes', { shape: [3, 1], data: Uint8Array.of(1, 2, 255) }],
    ['none', { shape: [0], data: new Uint16Array(0) }],
  ]),
};

function sorted({ kind, parameters, arrays }: Archive): unknown {
  return [kind, parameters, [...arrays].sort(([a], [b]) => (a < b ? -1 : 1))];
}

/** An archive whose header was replaced by another text, with the checksums made right. */
function withHeader(change: (header: string) => string): Uint8Array {
  const whole = Buffer.from(encodeArchive(ARCHIVE));
  const length = whole.readUInt32LE(12);
  const json = Buffer.from(change(whole.toString('utf8', 32, 32 + length)).padEnd(length - 1)); // one é is two bytes
  const first = Math.ceil((32 + length) / 64) * 64;
  const file = Buffer.concat([
    whole.subarray(0, 32),
    json,
    Buffer.alloc(Math.max(0, first - 32 - json.length)),
    whole.subarray(first),
  ]);
  file.writeUInt32LE(json.length, 12);
  file.writeBigUInt64LE(BigInt(file.length), 16);
  file.writeUInt32LE(crc32c(json), 24);
  file.writeUInt32LE(crc32c(file.subarray(0, 28)), 28);
  return file;
}

test('an archive comes back equal, and equal archives give equal bytes', () => {
  const bytes = encodeArchive(ARCHIVE);
  assertSame(sorted(decodeArchive(bytes)), sorted(ARCHIVE));
  const other: Archive = {
    kind: 'hnsw',
    parameters: { nested: { a: -1e-7, b: 'é' }, levels: [1, null, true], mult: 0.36, seed: '1', M: 16 },
    arrays: new Map([...ARCHIVE.arrays].reverse()),
  };
  assert.equal(encodeArchive(other), bytes);
  const empty = { kind: 'empty', parameters: {}, arrays: new Map() };
  assertSame(decodeArchive(encodeArchive(empty)), empty);
});

test('a Buffer is read alike at any offset', () => {
  const bytes = encodeArchive(ARCHIVE);
  for (let offset = 0; offset < 8; offset++) {
    const shifted = Buffer.concat([new Uint8Array(offset), bytes]).subarray(offset);
    assert.equal(sorted(decodeArchive(shifted)), sorted(ARCHIVE), `offset ${offset}`);
  }
});

test('shared memory is read, also where a TextDecoder refuses it, as in browsers', () => {
  const bytes = encodeArchive(ARCHIVE);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const { decode } = TextDecoder.prototype;
  TextDecoder.prototype.decode = function (input, options) {
    const { buffer } = input as Uint8Array;
    if (buffer instanceof SharedArrayBuffer)
      throw new TypeError('The provided ArrayBufferView value must not be shared.');
    return decode.call(this, input, options);
  };
  try {
    assert.equal(sorted(decodeArchive(shared)), sorted(ARCHIVE));
  } finally {
    TextDecoder.prototype.decode = decode;
  }
});

test('arrays lie at multiples of 64 bytes and are read as views', () => {
  const bytes = encodeArchive(ARCHIVE);
  for (const { data } of decodeArchive(bytes).arrays.values()) {
    assert.is(data.buffer, bytes.buffer);
    assert.is(data.byteOffset % 64, 0);
  }
  const shifted = Uint8Array.from([0, ...bytes]).subarray(1);
  assertSame(sorted(decodeArchive(shifted)), sorted(ARCHIVE));
});

test('the first bytes are those of the format', () => {
  const bytes = Buffer.from(encodeArchive({ kind: 'k', parameters: {}, arrays: new Map() }));
  const json = '{"arrays":[],"kind":"k","parameters":{}}';
  assert.is(bytes.toString('hex', 0, 24), '89434e540d0a1a0a01000000280000008000000000000000');
  assert.is(bytes.toString('utf8', 32, 32 + json.length), json);
  assert.is(bytes.length, 128);
});

test('files hold the same bytes as memory', async () => {
  await writeArchive(folder.at('a.index'), ARCHIVE);
  assert.equal(readFileSync(folder.at('a.index')), Buffer.from(encodeArchive(ARCHIVE)));
  assertSame(sorted(await readArchive(folder.at('a.index'))), sorted(ARCHIVE));
  const large = {
    kind: 'large',
    parameters: {},
    arrays: new Map([['x', { shape: [5_000_001], data: ramp(5_000_001) }]]),
  };
  await writeArchive(folder.at('large.index'), large);
  assert.equal((await readArchive(folder.at('large.index'))).arrays.get('x')!.data.at(-1), 5_000_000);
});

function ramp(length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => i);
}

test('another kind of file, another version, and bytes too many or too few are refused by name', async () => {
  const whole = Buffer.from(encodeArchive(ARCHIVE));
  const changed = (change: (bytes: Buffer) => void) => {
    const copy = Buffer.from(whole);
    change(copy);
    copy.writeUInt32LE(crc32c(copy.subarray(0, 28)), 28);
    return copy;
  };
  const cases: [Uint8Array, RegExp][] = [
    [
      encodeSafetensors({ arrays: new Map(), metadata: {} }),
      /^expected an index, which cnt build writes, got a model, /,
    ],
    [Buffer.alloc(31), /^expected an archive of at least 32 bytes, got 31/],
    [Buffer.alloc(64), /expected an archive of ours, got other bytes \(byte 0\)/],
    [changed((bytes) => bytes.writeUInt32LE(2, 8)), /expected version 1 of the archive format, got 2 \(byte 8\)/],
    [Buffer.concat([whole, Buffer.of(0)]), /expected \d+ bytes, as the file says of itself, got \d+ \(byte 16\)/],
    [whole.subarray(0, -1), /as the file says of itself/],
    [changed((bytes) => bytes.writeBigUInt64LE(2n ** 64n - 1n, 16)), /expected 18446744073709551615 bytes/],
    [changed((bytes) => bytes.writeUInt32LE(0xffffffff, 12)), /expected a header of at most \d+ bytes, got 4294967295/],
  ];
  for (const [bytes, expected] of cases) {
    assert.match(await faultOf(() => decodeArchive(bytes)), expected);
    assert.match(await faultOf(() => readArchive(folder.file('x.index', bytes))), expected);
  }
});

test('a header that was tampered with, its checksums made right, is refused', async () => {
  const cases: [(header: string) => string, RegExp][] = [
    [(header) => header.replace('"kind"', '"kine"'), /expected a header of arrays, kind and parameters/],
    [(header) => header.replace('"kind":"hnsw"', '"kind":5'), /expected a kind of archive, got 5/],
    [(header) => header.replace('"M":16', '"M":16,"M":17'), /once, got "M" twice/],
    [(header) => header.replace('"M":16', '"__proto__":16'), /without __proto__/],
    [(header) => header.replace(/"parameters":.*$/, '"parameters":[]}'), /expected parameters as an object/],
    [(header) => header.replace('"codes"', '"links"'), /expected arrays sorted by name, once each, got "links"/],
    [(header) => header.replace('"codes"', '"zebra"'), /sorted by name, once each, got "links"/],
    [(header) => header.replace('"codes"', '""'), /sorted by name/],
    [(header) => header.replace('"codes"', '7'), /expected the name of an array, got 7/],
    [(header) => header.replace('"uint8"', '"uint9"'), /expected array "codes" to be one of float32 .*, got "uint9"/],
    [(header) => header.replace('"uint8"', '"toString"'), /got "toString"/],
    [(header) => header.replace('[3,1]', '[4,1]'), /expected array "codes" of shape \[4,1\] as uint8, got 3 bytes/],
    [(header) => header.replace('[3,1]', '[3,-1]'), /of shape \[3,-1\]/],
    [(header) => header.replace('[3,1]', '[1e15,1e15]'), /of shape/],
    [
      (header) => header.replace(/"length":3,/, '"length":1e15,').replace('[3,1]', '[1e15]'),
      /expected array "links" at byte/,
    ],
    [
      (header) => header.replace(/"offset":(\d+)/, (_, at) => `"offset":${Number(at) + 64}`),
      /expected array "codes" at byte/,
    ],
    [(header) => header.replace(/"crc32c":\d+/, '"crc32c":"1"'), /expected the checksum of array "codes", got "1"/],
    [
      (header) => header.replace(/"crc32c":\d+/, '"crc32c":1'),
      /expected CRC-32C 1 of array "codes", got \d+ \(byte \d+\)/,
    ],
    [
      (header) => header.replace(/\{"crc32c"[^}]*"vectors"[^}]*\}/, '5'),
      /expected an array's name, type, shape and place/,
    ],
    [(header) => header.replace(/,\{"crc32c"[^}]*"vectors"[^}]*\}/, ''), /expected \d+ bytes for all arrays, got/],
    [(header) => `[${header}]`, /expected a JSON object as header/],
  ];
  assertSame(sorted(decodeArchive(withHeader((header) => header))), sorted(ARCHIVE));
  for (const [change, expected] of cases) {
    const bytes = withHeader(change);
    assert.match(await faultOf(() => decodeArchive(bytes)), expected);
    assert.match(await faultOf(() => readArchive(folder.file('x.index', bytes))), expected);
  }
});

test('what JSON has no word for is not written', async () => {
  const encode = (value: unknown) =>
    errorOf(TypeError, () => encodeArchive({ kind: 'k', parameters: { x: value as JsonValue }, arrays: new Map() }));
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined, 1n, new Float32Array(1), new Map(), () => 0]) {
    assert.match(await encode(value), /^encodeArchive: expected a JSON value, got/);
  }
  assert.match(await encode(JSON.parse('{"__proto__":1}')), /expected no key __proto__/);
  const arrays = new Map([['x', { shape: [2], data: new Int32Array(3) }]]);
  const message = 'encodeArchive: expected "x" of shape [2], got 3 elements.';
  assert.is(await errorOf(RangeError, () => encodeArchive({ kind: 'k', parameters: {}, arrays })), message);
});

test('arrays are read to the places given, in parts, and only those asked for', async () => {
  const data = Float32Array.from({ length: 12 }, (_, i) => i);
  const parts = { shape: [6, 2], data: data.slice(0, 8), more: [data.slice(8)] };
  const archive = { kind: 'k', parameters: {}, arrays: new Map<string, NamedArray>([['v', parts]]) };
  archive.arrays.set('w', { shape: [1], data: Int32Array.of(5) });
  const whole = { ...archive, arrays: new Map(archive.arrays).set('v', { shape: [6, 2], data }) };
  assert.equal(encodeArchive(archive), encodeArchive(whole), 'parts leave no trace in the file');
  const path = folder.at('parts.index');
  await writeArchive(path, archive);
  assert.equal(readFileSync(path), Buffer.from(encodeArchive(whole)));

  const place = ({ name }: { name: string }) =>
    name === 'v' ? { data: new Float32Array(4), more: [new Float32Array(4), new Float32Array(4)] } : undefined;
  const placed = (await readArchive(path, { place })).arrays.get('v')!;
  assertSame([...placed.data, ...placed.more!.flatMap((part) => [...part])], [...data]);
  assert.equal([...(await readArchive(path, { names: ['w'] })).arrays.keys()], ['w']);

  const wrong = { shape: [6, 2], data: data.slice(0, 8), more: [new Int32Array(4)] };
  assert.throws(() => encodeArchive({ ...archive, arrays: new Map([['v', wrong]]) }), /expected "v" of shape \[6, 2\]/);
});

test('no place is asked for before the sizes are those of the file, and a damaged part is refused', async () => {
  const whole = encodeArchive({
    kind: 'k',
    parameters: {},
    arrays: new Map([['v', { shape: [6, 2], data: new Float32Array(12) }]]),
  });
  let asked = 0;
  const place = () => {
    asked++;
    return { data: new Float32Array(6), more: [new Float32Array(6)] };
  };
  const cut = folder.file('cut.index', whole.subarray(0, -4));
  assert.match(await faultOf(() => readArchive(cut, { place })), /as the file says of itself/);
  assert.is(asked, 0);
  const changed = Uint8Array.from(whole);
  changed[changed.length - 1] = 1;
  const path = folder.file('changed.index', changed);
  assert.match(await faultOf(() => readArchive(path, { place })), /expected CRC-32C \d+ of array "v"/);
  const none = () => {
    throw new RangeError('refused by the engine');
  };
  const fault = await faultOf(() => readArchive(folder.file('whole.index', whole), { place: none }));
  assert.is(fault, 'expected room for 48 bytes in memory, got none.');
});

test('any cut and any changed byte is refused, in memory and in files', async () => {
  const whole = encodeArchive(ARCHIVE);
  let tried = 0;
  for (const { what, bytes } of damaged(whole)) {
    assert.not(await survives(() => decodeArchive(bytes), what), what);
    if (tried++ % 13 === 0) {
      assert.not(await survives(() => readArchive(folder.file('d.index', bytes)), what), what);
    }
  }
});

test.run();
