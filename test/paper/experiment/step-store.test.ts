import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SrpCompressor } from '../../../src/compress/projection/sparse-projection.ts';
import { encodeArchive } from '../../../src/io/container/archive.ts';
import { list, number, record, text } from '../../../src/paper/experiment/json-form.ts';
import { StepStore } from '../../../src/paper/experiment/step-store.ts';
import { CheckpointError } from '../../../src/tensor/checkpoint-error.ts';

const test = suite('stored steps', { folder: '' });
test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'cnt-steps-'));
});
test.after((context) => rmSync(context.folder, { recursive: true }));

const notes: string[] = [];
const note = (line: string): void => {
  notes.push(line);
};
test.before.each(() => {
  notes.length = 0;
});

test('a finished step is not run again, but by another version of the code it is', async ({ folder }) => {
  let runs = 0;
  const step = (version: number | undefined) =>
    new StepStore(folder, true, { note, ...(version && { version }) }).result(
      { step: 'count' },
      number,
      async () => ++runs,
    );
  assert.is(await step(undefined), 1);
  assert.is(await step(undefined), 1);
  assert.is(await step(-1), 2);
  assert.is(await step(-1), 2);
  assert.is(await step(undefined), 1);
});

test('a step that holds something else than its result is refused by the name of its file', async ({ folder }) => {
  const store = new StepStore(folder, true, { note });
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
    new StepStore(folder, true, { note, ...(version && { version }) }).model({ step: 'train' }, async () => {
      trained++;
      return SrpCompressor.create({ dIn: 8, dOut: 4, seed: 1 });
    });
  for (const version of [undefined, undefined, -1, -1]) await model(version);
  assert.is(trained, 2);
});

/** The paths of what a folder keeps of one kind. */
const filesIn = (folder: string, kind: string): string[] =>
  readdirSync(join(folder, kind)).map((name) => join(folder, kind, name));

test('a step that was damaged, changed or moved is computed again, and says so', async ({ folder }) => {
  const own = join(folder, 'damage');
  const row = record({ method: text, recalls: list(number) });
  const measured = { method: 'pca', recalls: [20.5, 61.25] };
  let runs = 0;
  const step = (name: string) =>
    new StepStore(own, true, { note }).result({ step: name }, row, async () => {
      runs++;
      return { ...measured, method: name };
    });
  await step('pca');
  const [path] = filesIn(own, 'steps') as [string];
  const whole = readFileSync(path, 'utf8');
  await step('vae');
  const other = filesIn(own, 'steps').find((file) => file !== path)!;
  assert.is(runs, 2);
  const damage = [
    whole.replace('20.5', '90.5'),
    whole.replace('"step": "pca"', '"step": "vae"'),
    readFileSync(other, 'utf8'),
    'null',
    '[]',
    '',
    '{"result": {"method": "pca", "recalls": [1, 2]}}',
    whole.slice(0, -20),
  ];
  for (const changed of damage) {
    notes.length = 0;
    writeFileSync(path, changed);
    assert.equal(await step('pca'), measured, changed);
    assert.equal(notes, [
      `${path}: expected the finished step of its name and digest, got a damaged or another one. It is computed again.`,
    ]);
    assert.equal(readFileSync(path, 'utf8'), whole);
  }
  assert.is(runs, 2 + damage.length);
});

test('a model that was damaged or exchanged is trained again, and says so; a checkpoint alike', async ({ folder }) => {
  const own = join(folder, 'damaged-models');
  let trained = 0;
  const model = (seed: number) =>
    new StepStore(own, true, { note }).model({ step: 'train', seed }, async ({ last }) => {
      if (last) throw new CheckpointError('CNT checkpoint: of another training.');
      trained++;
      return SrpCompressor.create({ dIn: 8, dOut: 4, seed });
    });
  await model(1);
  const path = filesIn(own, 'models').find((file) => file.endsWith('.safetensors'))!;
  const whole = readFileSync(path);
  await model(2);
  const other = filesIn(own, 'models').find((file) => file.endsWith('.safetensors') && file !== path)!;
  const flipped = Buffer.from(whole);
  flipped[whole.length - 1]! ^= 1;
  for (const [bytes, got] of [
    [flipped, 'a damaged one'],
    [Buffer.alloc(3), 'a damaged one'],
    [readFileSync(other), 'another one'],
  ] as const) {
    notes.length = 0;
    writeFileSync(path, bytes);
    await model(1);
    assert.equal(notes, [`${path}: expected the model that was trained, got ${got}. It is computed again.`]);
    assert.ok(readFileSync(path).equals(whole));
  }
  for (const content of [
    Buffer.from('half'),
    encodeArchive({ kind: 'cnt-checkpoint', parameters: {}, arrays: new Map() }),
  ]) {
    notes.length = 0;
    rmSync(path);
    writeFileSync(`${path}.checkpoint`, content);
    await model(1);
    const fault = 'expected the checkpoint of this training, got a damaged or another one';
    assert.equal(notes, [`${path}.checkpoint: ${fault}. It is computed again.`]);
  }
  assert.is(trained, 7);
});

test.run();
