import {
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InterruptedError } from '../../../src/cli/session/failures.ts';
import { readArchive, writeArchive } from '../../../src/io/container/archive-file.ts';
import { changed } from '../../support/changed-archive.ts';
import { cnt, fail, succeed, succeedJson, temporaryFolder } from '../command-line.ts';

const test = suite('checkpoints beside outputs');
const folder = temporaryFolder();
const at = folder.path;
const train = ['train', '--base', at('data/base.fvecs'), '--samples', '3200', '--batch', '32', '--method', 'linear'];
const build = ['build', '--base', at('data/base.fvecs'), '--index', 'hnsw'];

/** A command that is interrupted once it has shown this. */
function interrupted(argv: readonly string[], shown: RegExp) {
  const stopping = new AbortController();
  const onErr = (text: string): void => {
    if (shown.test(text)) stopping.abort(new InterruptedError());
  };
  return cnt(argv, { signal: stopping.signal, clockStep: 11, onErr });
}

test.before(
  () =>
    succeed('generate', '--n', '400', '--queries', '1', '--dim', '16', '--out', at('data')) as unknown as Promise<void>,
);
test.after(() => folder.remove());

test('--resume without a checkpoint begins anew and says so, with the same result', async () => {
  for (const [argv, name] of [
    [train, 'model'],
    [build, 'index'],
  ] as const) {
    await succeed(...argv, '--out', at(name));
    const { status, err } = await cnt([...argv, '--out', at(`${name}-again`), '--resume']);
    const note = `${at(name)}-again.checkpoint: expected a checkpoint, got none; starting from the beginning.\n`;
    assert.equal([status, err], [0, note]);
    assert.ok(readFileSync(at(name)).equals(readFileSync(at(`${name}-again`))));
  }
});

test('a checkpoint that is damaged is refused by its path', async () => {
  const path = at('damaged.checkpoint');
  assert.is((await interrupted([...train, '--out', at('damaged')], /training, samples/)).status, 130);
  const whole = await readArchive(path);
  const nan = changed(whole, (_, arrays) => arrays.get('parameter/W.weight')?.data.fill(Number.NaN));
  await writeArchive(path, nan);
  const message = await fail(1, ...train, '--out', at('damaged'), '--resume');
  assert.ok(message.startsWith(`cnt train: ${path}: CNT checkpoint: expected finite values in parameter/`), message);
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path, bytes);
  assert.match(await fail(1, ...train, '--out', at('damaged'), '--resume'), /damaged\.checkpoint: expected CRC-32C/);
});

test('the name of a checkpoint is never that of an input, through whatever link, nor that of another file', async () => {
  for (const argv of [train, build]) {
    for (const link of [symlinkSync, linkSync]) {
      const name = `y-${argv[0]}-${link.name}`;
      copyFileSync(at('data/base.fvecs'), at(`${name}.checkpoint`));
      link(at(`${name}.checkpoint`), at(`${name}.fvecs`));
      const words = [argv[0]!, '--base', at(`${name}.fvecs`), ...argv.slice(3), '--out', at(name)];
      assert.match(
        await fail(2, ...words),
        /--out: expected another file than those that are read, got .*\.checkpoint\.$/,
      );
      assert.match(
        await fail(1, ...argv, '--out', at(name)),
        /\.checkpoint: expected a checkpoint or no file, got another file; move it, or choose another --out\.$/,
      );
      assert.ok(readFileSync(at(`${name}.checkpoint`)).equals(readFileSync(at('data/base.fvecs'))));
      assert.not(existsSync(at(name)));
    }
  }
});

test('a checkpoint that is a link, also to nothing, lies where the link leads; the link stays', async () => {
  symlinkSync(at('elsewhere'), at('linked.checkpoint'));
  await interrupted([...train, '--out', at('linked')], /training, samples/);
  assert.ok(lstatSync(at('elsewhere')).isFile());
  await succeed(...train, '--out', at('linked'), '--resume');
  assert.not(existsSync(at('elsewhere')));
  assert.ok(lstatSync(at('linked.checkpoint')).isSymbolicLink());
});

test('a full disk at a checkpoint is told, and the work goes on; an interruption does not promise what is not there', async () => {
  const { digest } = await succeedJson(...train, '--out', at('roomy'));
  const handle = await open(at('roomy'), 'r');
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const { write } = prototype;
  let full = true;
  prototype.write = function (...of: unknown[]) {
    return full ? Promise.reject(Object.assign(new Error('write'), { code: 'ENOSPC' })) : write.apply(this, of);
  };
  const told =
    /full\.checkpoint: expected to write this file, got a full disk \(ENOSPC\)\. Work goes on without this checkpoint\.\n/;
  try {
    const stopped = await interrupted([...train, '--out', at('full')], /training, samples/);
    assert.is(stopped.status, 130);
    assert.match(stopped.err, told);
    assert.match(stopped.err, /cnt train: interrupted after \d+ of 3200 samples; there is no checkpoint yet\.\n$/);
    assert.not(existsSync(at('full.checkpoint')));
    const onErr = (text: string): void => {
      if (told.test(text)) full = false;
    };
    const done = await cnt([...train, '--out', at('full'), '--json'], { onErr });
    assert.is(done.status, 0, done.err);
    assert.match(done.err, told);
    assert.is(JSON.parse(done.out).digest, digest);
  } finally {
    prototype.write = write;
  }
});

test('a checkpoint of other work is refused by its path', async () => {
  await interrupted([...train, '--out', at('one')], /training, samples/);
  renameSync(at('one.checkpoint'), at('two.checkpoint'));
  const message = await fail(1, ...build, '--out', at('two'), '--resume');
  assert.match(
    message,
    /two\.checkpoint: HNSW checkpoint: expected an archive of kind hnsw-checkpoint, got cnt-checkpoint\.$/,
  );
});

test.run();
