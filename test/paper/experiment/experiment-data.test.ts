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

/** A data set whose truth file lists `cols` neighbors, each list beginning with the row's own number, so that it is seen to be used. */
async function dataset(folder: string, name: string, cols: number): Promise<string> {
  const path = join(folder, name);
  mkdirSync(path);
  await writeVectors(join(path, 't_base.fvecs'), base);
  await writeVectors(join(path, 't_query.fvecs'), query);
  const ids = Int32Array.from({ length: 6 * cols }, (_, i) => (i % cols) + Math.floor(i / cols));
  await writeIds(join(path, 't_groundtruth.ivecs'), { rows: 6, cols, data: ids });
  return path;
}

test('the truth of a file is cut to 100 neighbors, row by row', async ({ folder }) => {
  const data = await readData(await dataset(folder, 'long', 120), all, 'auto', () => {});
  assert.equal([data.name, data.base.rows, data.comparedWith], ['t', 300, 'Deep1M']);
  assert.is(data.truth.data.length, 600);
  for (let i = 0; i < 600; i++) assert.is(data.truth.data[i], (i % 100) + Math.floor(i / 100));
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
