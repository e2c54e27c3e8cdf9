import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SrpCompressor } from '../../../src/compress/projection/sparse-projection.ts';
import { StepStore } from '../../../src/paper/experiment/step-store.ts';

const test = suite('stored steps', { folder: '' });
test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'cnt-steps-'));
});
test.after((context) => rmSync(context.folder, { recursive: true }));

test('a finished step is not run again, but by another version of the code it is', async ({ folder }) => {
  let runs = 0;
  const step = (version: number | undefined) =>
    new StepStore(folder, true, version).result({ step: 'count' }, async () => ++runs);
  assert.is(await step(undefined), 1);
  assert.is(await step(undefined), 1);
  assert.is(await step(-1), 2);
  assert.is(await step(-1), 2);
  assert.is(await step(undefined), 1);
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
