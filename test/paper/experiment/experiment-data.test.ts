import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { manifoldRows } from '../../../src/data/manifold.ts';
import { writeIds } from '../../../src/io/ids.ts';
import { writeVectors } from '../../../src/io/vectors.ts';
import { readData } from '../../../src/paper/experiment/experiment-data.ts';
import { nearest } from '../../../src/tensor/nearest/nearest.ts';

const test = suite('the data of an experiment', { folder: '' });
const rows = manifoldRows(8, 1);
const [base, query] = [rows.base(0, 300), rows.query(0, 6)];
const all = { limit: undefined, most: undefined };

test.before(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'cnt-data-'));
});
test.after((context) => rmSync(context.folder, { recursive: true }));

/** A data set whose truth file lists `cols` neighbors, the first row being called `firstId`. */
async function dataset(folder: string, name: string, cols: number, firstId = 0): Promise<string> {
  const path = join(folder, name);
  mkdirSync(path);
  await writeVectors(join(path, 't_base.fvecs'), base);
  await writeVectors(join(path, 't_query.fvecs'), query);
  const { ids } = nearest(base, query, cols);
  await writeIds(join(path, 't_groundtruth.ivecs'), { ...ids, data: ids.data.map((id) => (id + firstId) % 300) });
  return path;
}

test('the truth of a file is cut to 100 neighbors, row by row', async ({ folder }) => {
  const data = await readData(await dataset(folder, 'long', 120), all, 'auto', () => assert.unreachable('computed'));
  assert.equal([data.name, data.base.rows, data.comparedWith], ['t', 300, 'Deep1M']);
  assert.equal(data.truth, nearest(base, query, 100).ids);
});

test('a truth of other vectors is refused before the work, with the path of its file', async ({ folder }) => {
  const path = await dataset(folder, 'from1', 100, 1);
  const message = await readData(path, all, 'auto', () => {}).catch((error) => error.message);
  assert.ok(message.startsWith(`${join(path, 't_groundtruth.ivecs')}: expected the nearest neighbors`), message);
});

test('a prefix has a truth of its own, which is computed', async ({ folder }) => {
  const data = await readData(await dataset(folder, 'cut', 100), { limit: 150, most: 200 }, 'auto', () => {});
  assert.is(data.base.rows, 150);
  const prefix = { ...base, rows: 150, data: base.data.subarray(0, 150 * 8) };
  assert.equal(data.truth, nearest(prefix, query, 100).ids);
  assert.is((await readData(join(folder, 'cut'), { limit: undefined, most: 200 }, 'auto', () => {})).base.rows, 200);
});

test('too few true neighbors or rows are refused', async ({ folder }) => {
  const says = async (path: string, limit: number | undefined): Promise<string> => {
    const attempt = readData(path, { limit, most: undefined }, 'auto', () => {});
    return attempt.then(
      () => 'accepted',
      (error) => error.message,
    );
  };
  const few = await dataset(folder, 'few', 99);
  assert.is(await says(few, undefined), `${few}: expected at least 100 true neighbors a query, got 99.`);
  assert.is(await says(few, 99), `${few}: expected at least 100 base rows, for as many neighbors, got 99.`);
  const attempt = readData(few, { limit: 200, most: undefined, least: 250 }, 'auto', () => {});
  const message = await attempt.catch((error) => error.message);
  assert.is(message, `${few}: expected at least 250 base rows, to train networks on, got 200.`);
});

test.run();
