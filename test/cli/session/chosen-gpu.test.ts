import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { truthCommand } from '../../../src/cli/commands/truth.ts';
import { ChosenGpu, PAYS_FROM } from '../../../src/cli/session/chosen-gpu.ts';
import { dawnDevice } from '../../support/gpu-devices.ts';

const device = await dawnDevice();
const hardware = device?.report.hardware ?? false;
await device?.close();
const env = { ...process.env } as Record<string, string>;

test('auto takes a GPU only of hardware, and only for much work, and says so', async () => {
  const notes: string[] = [];
  const chosen = new ChosenGpu(truthCommand, env, true, 2, (line) => notes.push(line));
  assert.is(await chosen.for(2 * PAYS_FROM - 1), undefined);
  const opened = await chosen.for(2 * PAYS_FROM);
  assert.is(opened !== undefined, hardware);
  assert.is(notes.length, hardware ? 1 : 0);
  for (const note of notes)
    assert.match(note, /^cnt truth: computing on .*, for 100 G multiply-adds; from 100 G on it pays\.$/);
  await chosen.close();
});

test('reference and simd never take one', async () => {
  const chosen = new ChosenGpu(truthCommand, env, false, 1, () => {});
  assert.is(await chosen.for(1e15), undefined);
});

test.run();
