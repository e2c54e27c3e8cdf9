import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findDataset, readGroundtruth } from '../../src/io/dataset.ts';
import { writeIds } from '../../src/io/ids.ts';
import { writeVectors } from '../../src/io/vectors.ts';
import { faultOf, TemporaryFolder } from '../support/temporary-folder.ts';

const folder = new TemporaryFolder();

/** A folder with these files: vectors of `cols` zeros, or ids that are all 1. */
async function folderOf(
  name: string,
  files: Readonly<Record<string, readonly [rows: number, cols: number]>>,
): Promise<string> {
  rmSync(folder.at(name), { recursive: true, force: true });
  mkdirSync(folder.at(name));
  for (const [file, [rows, cols]] of Object.entries(files)) {
    const path = folder.at(`${name}/${file}`);
    if (file.endsWith('ivecs')) await writeIds(path, { rows, cols, data: new Int32Array(rows * cols).fill(1) });
    else await writeVectors(path, { rows, cols, data: new Float32Array(rows * cols) });
  }
  return folder.at(name);
}

test('a published data set is found by its names, with the truth of the rows in use', async () => {
  const path = await folderOf('sift', {
    'sift_base.fvecs': [3000, 4],
    'sift_query.bvecs': [2, 4],
    'sift_learn.fvecs': [5, 4],
    'sift_groundtruth.ivecs': [2, 10],
    'sift_groundtruth_1k.ivecs': [2, 10],
    'sift_groundtruth_20.ivecs': [2, 10],
    'sift_groundtruth_1M.ivecs': [2, 10],
    'sift_groundtruth_cosine.ivecs': [2, 10],
    'notes.txt.fvecs': [1, 1],
  });
  const dataset = await findDataset(path);
  assert.equal([dataset.name, dataset.baseRows, dataset.queryRows, dataset.cols], ['sift', 3000, 2, 4]);
  assert.equal(
    [dataset.base, dataset.query].map((file) => basename(file)),
    ['sift_base.fvecs', 'sift_query.bvecs'],
  );
  const truthFor = (rows: number) => dataset.groundtruthFor(rows)?.slice(path.length + 1);
  assert.is(truthFor(3000), 'sift_groundtruth.ivecs');
  assert.is(truthFor(1000), 'sift_groundtruth_1k.ivecs');
  assert.is(truthFor(20), 'sift_groundtruth_20.ivecs');
  assert.is(truthFor(1_000_000), 'sift_groundtruth_1M.ivecs');
  assert.is(truthFor(2000), undefined);
  assert.equal((await readGroundtruth(dataset, 20))!.cols, 10);
  assert.is(await readGroundtruth(dataset, 21), undefined);
});

test('the names that generate writes are found; the folder gives the name', async () => {
  const path = await folderOf('made', { 'base.fvecs': [9, 3], 'query.fvecs': [2, 3], 'groundtruth.ivecs': [2, 4] });
  const dataset = await findDataset(path);
  assert.is(dataset.name, 'made');
  assert.is(basename(dataset.groundtruthFor(9)!), 'groundtruth.ivecs');
});

test('a truth that says its number of rows goes before one that does not', async () => {
  const files = { 'x_base.npy': [20, 3], 'x_query.npy': [1, 3], 'x_groundtruth.ivecs': [1, 4] } as const;
  const dataset = await findDataset(await folderOf('both', { ...files, 'x_groundtruth_20.ivecs': [1, 4] }));
  assert.is(basename(dataset.groundtruthFor(20)!), 'x_groundtruth_20.ivecs');
});

test('a folder that is no data set says what is missing', async () => {
  const fault = async (files: Parameters<typeof folderOf>[1]) => {
    const path = await folderOf('bad', files);
    return faultOf(() => findDataset(path));
  };
  assert.match(await fault({}), /^expected one \*_base or base file of vectors \(\.fvecs .*\), got none\.$/);
  assert.match(await fault({ 'a_base.fvecs': [1, 1], 'b_base.fvecs': [1, 1] }), /got a_base\.fvecs, b_base\.fvecs/);
  assert.match(
    await fault({ 'a_base.fvecs': [1, 1], 'query.fvecs': [1, 1] }),
    /^expected one a_query file .* got none/,
  );
  assert.match(
    await fault({ 'base.fvecs': [1, 1], 'query.fvecs': [1, 1], 'query.npy': [1, 1] }),
    /got query\.fvecs, query\.npy/,
  );
  assert.match(
    await fault({ 'base.fvecs': [1, 3], 'query.fvecs': [1, 2] }),
    /expected queries of 3 values as in base\.fvecs, got 2/,
  );
  assert.match(
    await faultOf(() => findDataset(folder.at('missing'))),
    /expected a folder with a data set, got none \(ENOENT\)/,
  );
  const file = folder.file('file', 'x');
  assert.match(await faultOf(() => findDataset(file)), /ENOTDIR/);
});

test('a truth that does not fit the queries or the rows is refused', async () => {
  const path = await folderOf('wrong', {
    'base.fvecs': [9, 3],
    'query.fvecs': [2, 3],
    'groundtruth.ivecs': [3, 4],
    'groundtruth_1.ivecs': [2, 4],
  });
  const dataset = await findDataset(path);
  assert.match(await faultOf(() => readGroundtruth(dataset, 9)), /expected 2 rows, one a query, got 3/);
  assert.match(await faultOf(() => readGroundtruth(dataset, 1)), /expected ids from 0 to 0, got 1 at row 0, column 0/);
  await writeIds(dataset.groundtruthFor(1)!, { rows: 2, cols: 2, data: Int32Array.of(0, 0, 0, -1) });
  assert.match(await faultOf(() => readGroundtruth(dataset, 1)), /expected ids from 0 to 0, got -1 at row 1, column 1/);
});

test('the shared sets are found, with their truths', async () => {
  const shared = fileURLToPath(new URL('../../../shared/data/deep-like', import.meta.url));
  if (!existsSync(shared)) return console.log('skip: no shared data sets here');
  const dataset = await findDataset(shared);
  assert.equal([dataset.name, dataset.baseRows, dataset.cols], ['deep', 50_000, 256]);
  for (const rows of [10_000, 20_000, 50_000]) assert.ok((await readGroundtruth(dataset, rows))!.cols >= 100);
  assert.is(dataset.groundtruthFor(30_000), undefined);
});

test.run();
