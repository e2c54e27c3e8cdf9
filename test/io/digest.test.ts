import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeArchive } from '../../src/io/container/archive.ts';
import { writeArchive } from '../../src/io/container/archive-file.ts';
import { encodeSafetensors } from '../../src/io/container/safetensors.ts';
import { writeModel } from '../../src/io/container/safetensors-file.ts';
import { digestArrays, digestFile, digestIds, digestMatrix } from '../../src/io/digest.ts';
import { ID_FORMATS, writeIds } from '../../src/io/ids.ts';
import { VECTOR_FORMATS, writeVectors } from '../../src/io/vectors.ts';
import type { Archive, NamedArray } from '../../src/tensor/named-arrays.ts';
import { faultOf, TemporaryFolder } from '../support/temporary-folder.ts';

const folder = new TemporaryFolder();
const MATRIX = { rows: 1, cols: 4, data: Float32Array.of(1, 2, 3, 4) };
const IDS = { rows: 1, cols: 3, data: Int32Array.of(5, 0, -1) };

test('a digest is the SHA-256 of a description, a newline and the values', () => {
  const values = Buffer.from('0000803f000000400000404000008040', 'hex');
  const text = '{"cols":4,"content":"vectors","rows":1,"type":"float32"}\n';
  assert.is(digestMatrix(MATRIX), createHash('sha256').update(text).update(values).digest('hex'));
});

test('the digest of vectors and of ids does not depend on the format of the file', async () => {
  for (const format of VECTOR_FORMATS) {
    await writeVectors(folder.at(`m.${format}`), MATRIX);
    assert.is(await digestFile(folder.at(`m.${format}`)), digestMatrix(MATRIX), format);
  }
  for (const format of ID_FORMATS) {
    await writeIds(folder.at(`i.${format}`), IDS);
    assert.is(await digestFile(folder.at(`i.${format}`)), digestIds(IDS), format);
  }
});

test('large tables are read in blocks, to the same digest', async () => {
  const matrix = { rows: 3001, cols: 700, data: Float32Array.from({ length: 3001 * 700 }, (_, i) => i % 1009) };
  await writeVectors(folder.at('l.fvecs'), matrix);
  assert.is(await digestFile(folder.at('l.fvecs')), digestMatrix(matrix));
});

test('models and archives have the digest of what they hold, whatever the order and the name of the file', async () => {
  const arrays = new Map<string, NamedArray>([
    ['b', { shape: [2], data: Float32Array.of(1, 2) }],
    ['a', { shape: [], data: Int32Array.of(3) }],
  ]);
  const model = { arrays, metadata: { method: 'pca' } };
  const archive: Archive = { kind: 'hnsw', parameters: { M: 4, seed: 1 }, arrays };
  await writeModel(folder.at('model'), model);
  await writeArchive(folder.at('index'), archive);
  const reversed = new Map([...arrays].reverse());
  assert.is(await digestFile(folder.at('model')), digestArrays({ ...model, arrays: reversed }));
  assert.is(
    await digestFile(folder.at('index')),
    digestArrays({ kind: 'hnsw', parameters: { seed: 1, M: 4 }, arrays: reversed }),
  );
});

test('any difference of content gives another digest', () => {
  const array = (shape: number[], data: NamedArray['data']) => new Map([['x', { shape, data }]]);
  const bytes = Uint8Array.of(0, 0, 128, 63);
  const digests = [
    digestMatrix(MATRIX),
    digestMatrix({ ...MATRIX, rows: 2, cols: 2 }),
    digestMatrix({ ...MATRIX, rows: 4, cols: 1 }),
    digestMatrix({ ...MATRIX, data: Float32Array.of(1, 2, 3, 5) }),
    digestIds({ ...MATRIX, data: new Int32Array(MATRIX.data.buffer) }),
    digestArrays({ arrays: array([4], bytes), metadata: {} }),
    digestArrays({ arrays: array([2, 2], bytes), metadata: {} }),
    digestArrays({ arrays: array([4], new Int8Array(bytes.buffer)), metadata: {} }),
    digestArrays({ arrays: array([4], bytes), metadata: { a: 'b' } }),
    digestArrays({ arrays: array([4], bytes), kind: 'k', parameters: {} }),
    digestArrays({ arrays: array([4], bytes), kind: 'k', parameters: { a: 1 } }),
    digestArrays({ arrays: array([4], bytes), kind: 'k', parameters: { a: '1' } }),
  ];
  assert.is(new Set(digests).size, digests.length);
});

test('a file that is damaged or is none of ours has no digest', async () => {
  const archive = encodeArchive({
    kind: 'k',
    parameters: {},
    arrays: new Map([['x', { shape: [1], data: Int8Array.of(1) }]]),
  });
  archive[archive.length - 1]! ^= 1;
  assert.match(await faultOf(() => digestFile(folder.file('bad', archive))), /expected CRC-32C \d+ of array "x"/);
  const model = encodeSafetensors({ arrays: new Map(), metadata: {} }).subarray(0, -1);
  assert.match(await faultOf(() => digestFile(folder.file('bad.safetensors', model))), /header of at most/);
  assert.match(
    await faultOf(() => digestFile(folder.file('bad', 'hello'))),
    /^expected vectors or ids \(\.fvecs .*, got another file/,
  );
  assert.match(await faultOf(() => digestFile(folder.file('bad', ''))), /got another file/);
  assert.match(await faultOf(() => digestFile(folder.at('missing'))), /ENOENT/);
});

test.run();
