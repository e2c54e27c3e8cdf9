import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeArchive } from '../../../src/io/container/archive.ts';
import { crc32c } from '../../../src/io/container/crc32c.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../src/io/container/safetensors.ts';
import { readModel, writeModel } from '../../../src/io/container/safetensors-file.ts';
import type { NamedArray, NamedArrays } from '../../../src/tensor/named-arrays.ts';
import { assertSame } from '../../support/same.ts';
import { damaged, errorOf, faultOf, survives, TemporaryFolder } from '../../support/temporary-folder.ts';

const folder = new TemporaryFolder();

const MODEL: NamedArrays = {
  arrays: new Map<string, NamedArray>([
    ['weight', { shape: [2, 3], data: Float32Array.of(1, -2, 0.5, 1e-40, -0, 3) }],
    ['mean', { shape: [2], data: Float64Array.of(0.1, 1e300) }],
    ['step', { shape: [], data: Int32Array.of(-7) }],
    ['big', { shape: [1], data: Uint32Array.of(0xffffffff) }],
    ['codes', { shape: [3], data: Uint8Array.of(1, 2, 255) }],
    ['signs', { shape: [2, 1], data: Int8Array.of(-1, 1) }],
    ['short', { shape: [1], data: Int16Array.of(-300) }],
    ['wide', { shape: [1], data: Uint16Array.of(60000) }],
    ['none', { shape: [0, 4], data: new Float32Array(0) }],
  ]),
  metadata: { method: 'pca', note: 'ü "quoted"\n' },
};

/** A file with this header text and so many bytes of tensors. */
function withHeader(header: string, bytes: number): Uint8Array {
  const json = Buffer.from(header);
  const file = Buffer.alloc(8 + json.length + bytes);
  file.writeBigUInt64LE(BigInt(json.length));
  json.copy(file, 8);
  return file;
}

function sorted(model: NamedArrays): unknown {
  return [[...model.arrays].sort(([a], [b]) => (a < b ? -1 : 1)), model.metadata];
}

test('a small file has the bytes of the specification', () => {
  const arrays = new Map([['x', { shape: [2], data: Float32Array.of(1, -2) }]]);
  const tensors = Buffer.from('0000803f000000c0', 'hex');
  const described = '{"metadata":{},"tensors":[{"dtype":"F32","name":"x","shape":[2]}]}';
  const sum = crc32c(Buffer.concat([Buffer.from(described), tensors]));
  const metadata = `{"cnt_checksum":"crc32c:${sum.toString(16).padStart(8, '0')}"}`;
  const header = `{"__metadata__":${metadata},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`;
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  const expected = Buffer.concat([withHeader(padded, 0), tensors]);
  assert.equal(Buffer.from(encodeSafetensors({ arrays, metadata: {} })), expected);
});

test('every type of element comes back equal, wider ones first, and equal models give equal bytes', () => {
  const bytes = encodeSafetensors(MODEL);
  const again = decodeSafetensors(bytes);
  assertSame(sorted(again), sorted(MODEL));
  assert.equal([...again.arrays.keys()], ['mean', 'big', 'none', 'step', 'weight', 'short', 'wide', 'codes', 'signs']);
  const reversed = { arrays: new Map([...MODEL.arrays].reverse()), metadata: { note: 'ü "quoted"\n', method: 'pca' } };
  assert.equal(encodeSafetensors(reversed), bytes);
  assert.is(again.arrays.get('weight')!.data.buffer, bytes.buffer); // a view
  const shifted = Uint8Array.from([0, ...bytes]).subarray(1);
  assertSame(sorted(decodeSafetensors(shifted)), sorted(MODEL)); // a copy, where a view cannot be
  assertSame(decodeSafetensors(encodeSafetensors({ arrays: new Map(), metadata: {} })), {
    arrays: new Map(),
    metadata: {},
  });
});

test('a Buffer is read alike at any offset, also with a header that is not padded', () => {
  const arrays = new Map<string, NamedArray>([
    ['a', { shape: [2], data: Float64Array.of(0.1, -1e300) }],
    ['b', { shape: [3], data: Int32Array.of(1, -2, 3) }],
    ['c', { shape: [2], data: Int16Array.of(-300, 7) }],
  ]);
  const bytes = encodeSafetensors({ arrays, metadata: { method: 'pca' } });
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  for (let spaces = 0; spaces < 8; spaces++) {
    const header = `${new TextDecoder().decode(bytes.subarray(8, 8 + length)).trimEnd()}${' '.repeat(spaces)}`;
    const unpadded = Buffer.concat([withHeader(header, 0), bytes.subarray(8 + length)]);
    for (let offset = 0; offset < 8; offset++) {
      const shifted = Buffer.concat([new Uint8Array(offset), unpadded]).subarray(offset);
      assert.equal([...decodeSafetensors(shifted).arrays], [...arrays], `${spaces} spaces, offset ${offset}`);
    }
  }
});

test('files of other writers are read', () => {
  const golden = fileURLToPath(new URL('../../../../shared/golden/', import.meta.url));
  if (!existsSync(golden)) return console.log('skip: no shared golden tensors here');
  for (const name of readdirSync(golden).filter((file) => file.endsWith('.safetensors'))) {
    const bytes = readFileSync(`${golden}${name}`);
    const model = decodeSafetensors(bytes, name);
    assert.ok(model.arrays.size > 10, name);
    assertSame(sorted(decodeSafetensors(encodeSafetensors(model))), sorted(model));
  }
});

test('what breaks a rule of the format is refused', async () => {
  const entry = (dtype: string, shape: string, begin: number, end: number) =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;
  const f32 = entry('F32', '[2]', 0, 8);
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(7), /^expected at least 8 bytes of safetensors, got 7/],
    [withHeader('', 0), /to begin with "{"/],
    [withHeader(' {}', 0), /to begin with "{", got another byte \(byte 8\)/],
    [withHeader('{', 0), /to begin with "{"/],
    [withHeader('{]', 0), /expected a JSON header of 2 bytes, got other text \(byte 8\)/],
    [Buffer.concat([withHeader('{}', 0), Buffer.alloc(1)]), /expected 0 bytes of tensors, got 1/],
    [Buffer.from('ffffffffffffffff7b7d', 'hex'), /header of at most 2 bytes, got 18446744073709551615 \(byte 0\)/],
    [withHeader(`{"a":${f32}}`, 7), /expected 8 bytes of tensors, got 7/],
    [withHeader(`{"a":${f32}}`, 9), /expected 8 bytes of tensors, got 9/],
    [withHeader(`{"a":${f32},"a":${f32}}`, 8), /expected each key of the JSON header once, got "a" twice/],
    [withHeader(`{"a":${f32},"\\u0061":${f32}}`, 8), /got "a" twice/],
    [withHeader(`{"a":${f32},"b":${f32}}`, 8), /expected tensor "b" to begin at 8, got 0/],
    [withHeader(`{"a":${f32},"b":${entry('F32', '[1]', 12, 16)}}`, 16), /expected tensor "b" to begin at 8, got 12/],
    [withHeader(`{"a":${entry('F32', '[1]', 4, 8)}}`, 8), /to begin at 0, got 4/],
    [withHeader(`{"a":${entry('F32', '[2]', 0, 4)}}`, 4), /expected tensor "a" to take 8 bytes, got offsets \[0,4\]/],
    [withHeader(`{"a":${entry('F32', '[2]', 8, 0)}}`, 8), /to take 8 bytes/],
    [withHeader(`{"a":${entry('F32', '[-1]', 0, 4)}}`, 4), /to have a shape, got \[-1\]/],
    [withHeader(`{"a":${entry('F32', '[1.5]', 0, 6)}}`, 6), /to have a shape/],
    [withHeader(`{"a":${entry('F32', '[4503599627370496,4503599627370496]', 0, 4)}}`, 4), /to have a shape/],
    [withHeader(`{"a":${entry('F32', '2', 0, 8)}}`, 8), /to have a shape, got 2/],
    [withHeader(`{"a":${entry('BF16', '[4]', 0, 8)}}`, 8), /expected tensor "a" to be one of F64 .*, got "BF16"/],
    [withHeader(`{"a":${entry('toString', '[4]', 0, 8)}}`, 8), /got "toString"/],
    [withHeader(`{"a":5}`, 0), /to have dtype, shape and data_offsets, got 5/],
    [withHeader(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":1}}`, 0), /to have dtype, shape and/],
    [withHeader(`{"__metadata__":{"a":1}}`, 0), /expected __metadata__ "a" to be text, got 1/],
    [withHeader(`{"__metadata__":[]}`, 0), /expected __metadata__ to be an object/],
    [withHeader(`{"__proto__":${f32}}`, 8), /without __proto__/],
    [withHeader(`{"__metadata__":{"__proto__":"x"}}`, 0), /without __proto__/],
    [withHeader(`{"a":${'['.repeat(100000)}${']'.repeat(100000)}}`, 0), /at most 32 levels deep/],
    [withHeader(`{"a":"${'\\\\'.repeat(1000000)}"}`, 0), /to have dtype/],
    [Buffer.concat([withHeader('{}', 0).fill(0x03, 0, 1), Buffer.of(0xff)]), /got other text/],
  ];
  for (const [bytes, expected] of cases) assert.match(await faultOf(() => decodeSafetensors(bytes, 'x')), expected);
});

test('what the format cannot hold is not written', async () => {
  const encode = (name: string, array: NamedArray) =>
    errorOf(RangeError, () => encodeSafetensors({ arrays: new Map([[name, array]]), metadata: {} }));
  const three = new Float32Array(3);
  assert.is(
    await encode('w', { shape: [2], data: three }),
    'encodeSafetensors: expected "w" of shape [2], got 3 elements.',
  );
  assert.match(await encode('w', { shape: [-1, -3], data: three }), /of shape \[-1, -3\]/);
  for (const name of ['__proto__', '__metadata__', '']) {
    assert.match(await encode(name, { shape: [3], data: three }), /expected another name for an array/);
  }
  const other = new Map([['w', { shape: [1], data: BigInt64Array.of(1n) as unknown as Float32Array }]]);
  assert.match(await errorOf(TypeError, () => encodeSafetensors({ arrays: other, metadata: {} })), /a typed array/);
});

test('a model comes back from its file', async () => {
  await writeModel(folder.at('m.safetensors'), MODEL);
  assertSame(sorted(await readModel(folder.at('m.safetensors'))), sorted(MODEL));
  assert.match(await faultOf(() => readModel(folder.at('none.safetensors'))), /got none \(ENOENT\)/);
  assert.match(await faultOf(() => readModel(folder.file('e.safetensors', ''))), /at least 8 bytes/);
});

test('any cut is refused, and any changed byte ends in the same model or in one clear line', async () => {
  const whole = encodeSafetensors(MODEL);
  let same = 0;
  for (const { what, bytes } of damaged(whole)) {
    const accepted = await survives(() => assertSame(sorted(decodeSafetensors(bytes)), sorted(MODEL)), what);
    if (bytes.length !== whole.length) assert.not(accepted, what);
    same += Number(accepted);
  }
  assert.ok(same < 8, `${same}`); // spaces behind the header that became other white space
});

test('a model without a checksum is read, and so is one that another writer laid out otherwise', () => {
  const bytes = Buffer.from(encodeSafetensors(MODEL));
  const length = Number(bytes.readBigUInt64LE());
  const { __metadata__: metadata, ...tensors } = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  const { cnt_checksum: sum, ...others } = metadata;
  assert.match(sum, /^crc32c:[0-9a-f]{8}$/);
  const written = (header: object) =>
    Buffer.concat([withHeader(JSON.stringify(header), 0), bytes.subarray(8 + length)]);
  assertSame(sorted(decodeSafetensors(written({ __metadata__: others, ...tensors }))), sorted(MODEL));
  const last = { ...tensors, __metadata__: { cnt_checksum: sum, ...others } };
  assertSame(sorted(decodeSafetensors(written(last))), sorted(MODEL));
});

test('metadata that changed, and a checksum under another name, are refused as damage', async () => {
  const text = Buffer.from(encodeSafetensors(MODEL)).toString('latin1');
  for (const [from, to] of [
    ['"pca"', '"srp"'],
    ['cnt_checksum', 'cnt_checksun'],
    ['crc32c:', 'crc33c:'],
  ] as const) {
    const fault = await faultOf(() => decodeSafetensors(Buffer.from(text.replace(from, to), 'latin1'), 'm'));
    assert.match(
      fault,
      /^expected a model of checksum "crc3.c:[0-9a-f]{8}", got crc32c:[0-9a-f]{8}: the file was damaged or changed/,
    );
  }
});

test('an index, a checkpoint or vectors in place of a model are named', async () => {
  const archive = encodeArchive({ kind: 'hnsw', parameters: {}, arrays: new Map() });
  assert.is(
    await faultOf(() => readModel(folder.file('index.hnsw', archive))),
    'expected a model, which cnt train writes, got an index or a checkpoint (cnt inspect says which).',
  );
  assert.is(
    await faultOf(() => readModel(folder.file('base.fvecs', Buffer.of(1, 0, 0, 0, 0, 0, 0, 0)))),
    'expected a model, which cnt train writes, got vectors or ids (.fvecs), of which cnt train makes models and cnt build indexes.',
  );
});

test.run();
