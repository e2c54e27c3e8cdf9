import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SrpCompressor } from '../../../src/compress/projection/sparse-projection.ts';
import { number, record, text } from '../../../src/paper/experiment/json-form.ts';
import { StepStore } from '../../../src/paper/experiment/step-store.ts';

const test = suite('stored steps', { folder: '' });
test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'cnt-steps-'));
});
test.after((context) => rmSync(context.folder, { recursive: true }));

test('a finished step is not run again, but by another version of the code it is', async ({ folder }) => {
  let runs = 0;
  const step = (version: number | undefined) =>
    new StepStore(folder, true, version).result({ step: 'count' }, number, async () => ++runs);
  assert.is(await step(undefined), 1);
  assert.is(await step(undefined), 1);
  assert.is(await step(-1), 2);
  assert.is(await step(-1), 2);
  assert.is(await step(undefined), 1);
});

test('a step that holds something else than its result is refused by the name of its file', async ({ folder }) => {
  const store = new StepStore(folder, true);
  const key = { step: 'row' };
  await store.result(key, record({ method: text }), async () => ({ method: 'pca' }));
  assert.equal(await store.finished(key, record({ method: text }, { factor: number })), { method: 'pca' });
  const error = await store.finished(key, record({ method: number })).catch((reason) => reason);
  assert.is(error.name, 'FileError');
  assert.match(error.message, /steps.*\.json: expected the result of a finished step, got another one\.$/);
});

test('so is a trained model', async ({ folder }) => {
  let trained = 0;
  const model = (version: number | undefined) =>
    new StepStore(folder, true, version).model({ step: 'train' }, async () => {
      trained++;
      return SrpCompressor.create({ dIn: 8, dOut: 4, seed: 1 });
    });
  for (const version of [undefined, undefined, -1, -1]) await model(version);
  assert.is(trained, 2);
});

test.run();
