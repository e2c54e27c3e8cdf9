import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeArchive } from '../../src/io/container/archive-file.ts';
import { writeModel } from '../../src/io/container/safetensors-file.ts';
import {
  type ArchiveDescription,
  describeFile,
  type IdsDescription,
  type VectorsDescription,
} from '../../src/io/describe-file.ts';
import { digestArrays, digestMatrix } from '../../src/io/digest.ts';
import { writeIds } from '../../src/io/ids.ts';
import { writeVectors } from '../../src/io/vectors.ts';
import type { NamedArray } from '../../src/tensor/named-arrays.ts';
import { TemporaryFolder } from '../support/temporary-folder.ts';

const folder = new TemporaryFolder();

test('vectors: shape, statistics known by hand, digest', async () => {
  const matrix = { rows: 4, cols: 2, data: Float32Array.of(3, -4, 0, 0, 3, -4, 6, 8) };
  await writeVectors(folder.at('v.fvecs'), matrix);
  const { statistics, ...rest } = (await describeFile(folder.at('v.fvecs'))) as VectorsDescription;
  assert.equal(rest, {
    content: 'vectors',
    path: folder.at('v.fvecs'),
    bytes: 48,
    format: 'fvecs',
    type: 'float32',
    rows: 4,
    cols: 2,
    digest: digestMatrix(matrix),
  });
  const { values, norms, ...counts } = statistics!;
  assert.equal(counts, { notANumber: 0, infinite: 0, zeroRows: 1, equalToFirstRow: 1 });
  assert.equal([values!.min, values!.max, values!.mean], [-4, 8, 1.5]);
  // Squares sum to 9+16+9+16+36+64 = 150 over 8 values.
  assert.ok(Math.abs(values!.standardDeviation - Math.sqrt(150 / 8 - 1.5 ** 2)) < 1e-12);
  assert.equal([norms!.min, norms!.max, norms!.mean], [0, 10, 5]);
  assert.ok(Math.abs(norms!.standardDeviation - Math.sqrt(12.5)) < 1e-12); // norms 5, 0, 5, 10
});

test('a quick description of vectors and archives reads none of the numbers', async () => {
  const cut = folder.file('quick.fvecs', Buffer.concat([Buffer.from([2, 0, 0, 0]), Buffer.alloc(8, 255)])); // NaN
  const { path, bytes, ...vectors } = await describeFile(cut, { quick: true });
  assert.equal([path, bytes], [cut, 12]);
  assert.equal(vectors, { content: 'vectors', format: 'fvecs', type: 'float32', rows: 1, cols: 2 });
  const arrays = new Map([['w', { shape: [2], data: Int32Array.of(1, 2) }]]);
  await writeArchive(folder.at('quick'), { kind: 'any', parameters: {}, arrays });
  const archive = await describeFile(folder.at('quick'), { quick: true });
  assert.not('digest' in archive);
  assert.equal((archive as ArchiveDescription).arrays, [{ name: 'w', type: 'int32', shape: [2] }]);
});

test('vectors that are not all finite are counted, and have no digest', async () => {
  const bytes = Buffer.alloc(24);
  for (const row of [0, 12]) bytes.writeInt32LE(2, row);
  bytes.writeFloatLE(Number.NaN, 4);
  bytes.writeFloatLE(Number.NEGATIVE_INFINITY, 16);
  bytes.writeFloatLE(2, 20);
  const description = (await describeFile(folder.file('n.fvecs', bytes))) as VectorsDescription;
  assert.not('digest' in description);
  const { values, norms, ...counts } = description.statistics!;
  assert.equal(counts, { notANumber: 1, infinite: 1, zeroRows: 0, equalToFirstRow: 0 });
  assert.equal([values!.mean, norms], [1, undefined]);
});

test('ids: range, missing ones, repeats', async () => {
  await writeIds(folder.at('i.ivecs'), { rows: 3, cols: 3, data: Int32Array.of(4, 9, 4, 7, -1, -1, -1, -1, -1) });
  const { digest, path, bytes, ...rest } = (await describeFile(folder.at('i.ivecs'))) as IdsDescription;
  assert.match(digest, /^[0-9a-f]{64}$/);
  assert.equal([path, bytes], [folder.at('i.ivecs'), 48]);
  assert.equal(rest, {
    content: 'ids',
    format: 'ivecs',
    type: 'int32',
    rows: 3,
    cols: 3,
    min: 4,
    max: 9,
    missing: 5,
    rowsWithRepeats: 1,
  });
  await writeIds(folder.at('e.ivecs'), { rows: 1, cols: 1, data: Int32Array.of(-1) });
  const empty = (await describeFile(folder.at('e.ivecs'))) as IdsDescription;
  assert.equal([empty.min, empty.max, empty.missing], [-1, -1, 1]);
});

test('models and archives: parameters, arrays, digest', async () => {
  const arrays = new Map<string, NamedArray>([['w', { shape: [2, 1], data: Float32Array.of(1, Number.NaN) }]]);
  const list = [{ name: 'w', type: 'float32', shape: [2, 1] }];
  const model = { arrays, metadata: { method: 'pca' } };
  await writeModel(folder.at('m.safetensors'), model);
  const { bytes, path, ...described } = await describeFile(folder.at('m.safetensors'));
  assert.equal(path, folder.at('m.safetensors'));
  assert.ok(bytes > 8);
  assert.equal(described, {
    content: 'model',
    metadata: { method: 'pca' },
    arrays: list,
    elements: 2,
    nonFinite: 1,
    digest: digestArrays(model),
  });
  const archive = { kind: 'hnsw', parameters: { M: 4 }, arrays };
  await writeArchive(folder.at('a'), archive);
  const { bytes: _, path: __, ...found } = await describeFile(folder.at('a'));
  assert.equal(found, { content: 'archive', ...archive, arrays: list, digest: digestArrays(archive) });
});

test.run();
