import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InterruptedError } from '../../src/cli/session/failures.ts';
import { generateManifold } from '../../src/data/manifold.ts';
import { writeVectors } from '../../src/io/vectors.ts';
import { createMatrix } from '../../src/tensor/matrix.ts';
import { cnt, fail, succeed, succeedJson, temporaryFolder } from './command-line.ts';

const test = suite('interruption');
const folder = temporaryFolder();
const at = folder.path;
const base = at('data/base.fvecs');
const query = at('data/query.fvecs');

test.before(async () => {
  await succeed('generate', '--n', '1000', '--queries', '20', '--dim', '16', '--out', at('data'));
});
test.after(() => {
  for (const child of children) child.kill('SIGKILL');
  folder.remove();
});

const children: ChildProcess[] = [];

/** `cnt` as a process of its own. */
function start(...argv: string[]): ChildProcess {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function ended(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, out, err })));
}

/** Waits, in small steps, until something is true. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

function temporaryFiles(): string[] {
  return readdirSync(at('')).filter((name) => name.endsWith('.tmp'));
}

const train = ['train', '--base', base, '--samples', '4800', '--batch', '32'];

for (const method of ['cnt', 'linear']) {
  test(`training a ${method} that is interrupted and resumed twice ends with the same model`, async () => {
    const options = [...train, '--method', method];
    const { digest } = await succeedJson(...options, '--out', at('whole'));
    const model = at(`parts-${method}`);
    const out = ['--out', model];
    const checkpoint = `${model}.checkpoint`;
    for (const resume of [[], ['--resume']]) {
      const controller = new AbortController();
      let lines = 0;
      const { status, err } = await cnt([...options, ...out, ...resume], {
        signal: controller.signal,
        // Every report is printed when each look at the clock takes eleven seconds; the 30th comes in the middle.
        clockStep: 11,
        onErr: () => ++lines === 30 && controller.abort(new InterruptedError()),
      });
      assert.is(status, 130);
      const last = err.trimEnd().split('\n').at(-1)!;
      assert.match(last, /^cnt train: interrupted after \d+ of 4800 samples; the same command with --resume continues/);
      assert.ok(existsSync(checkpoint));
      assert.not(existsSync(model));
      assert.equal(temporaryFiles(), []);
    }
    assert.is((await succeedJson('inspect', checkpoint))['kind'], 'cnt-checkpoint');
    assert.match(
      await fail(1, ...options, ...out, '--resume', '--seed', '2'),
      /settings.*resume with the same data and options\.$/,
    );
    assert.is((await succeedJson(...options, ...out, '--resume'))['digest'], digest);
    assert.not(existsSync(checkpoint));
  });
}

test('a checkpoint that is not resumed is replaced, and that is said', async () => {
  const options = [...train, '--out', at('old')];
  const stopping = new AbortController();
  const first = await cnt(options, {
    signal: stopping.signal,
    clockStep: 11,
    onErr: () => stopping.abort(new InterruptedError()),
  });
  assert.is(first.status, 130);
  const { status, err } = await cnt(options);
  assert.is(status, 0);
  assert.match(err, 'old.checkpoint: replaced, because --resume is not given.');
});

test('building an hnsw index that is interrupted and resumed ends with the same file', async () => {
  const [large, index] = [at('large.fvecs'), at('graph')];
  const checkpoint = `${index}.checkpoint`;
  await writeVectors(large, generateManifold({ rows: 6000, queries: 0, dim: 128, seed: 1 }).base);
  const options = ['build', '--base', large, '--index', 'hnsw', '--M', '12', '--ef-construction', '150'];
  const { digest, counts } = await succeedJson(...options, '--out', at('whole-graph'));
  const stopping = new AbortController();
  const stopped = await cnt([...options, '--out', index], {
    signal: stopping.signal,
    clockStep: 11,
    onErr: (text) => /building, points/.test(text) && stopping.abort(new InterruptedError()),
  });
  assert.is(stopped.status, 130, stopped.err);
  const last = stopped.err.trimEnd().split('\n').at(-1)!;
  assert.is(last, `cnt build: interrupted; the same command with --resume continues from ${checkpoint}.`);
  assert.not(existsSync(index));
  assert.is((await succeedJson('inspect', checkpoint))['kind'], 'hnsw-checkpoint');
  const other = await fail(1, ...options, '--out', index, '--resume', '--limit', '5999', '--quiet');
  assert.match(other, /^cnt build: .+graph\.checkpoint: HNSW checkpoint: expected one of a graph with .+; resume with/);
  const resumed = await succeedJson(...options, '--out', index, '--resume');
  assert.equal([resumed['digest'], resumed['counts']], [digest, counts]);
  assert.not(existsSync(checkpoint));
});

test('a command that is interrupted at once writes nothing', async () => {
  await succeed('build', '--base', base, '--index', 'flat', '--out', at('archive'));
  const controller = new AbortController();
  controller.abort(new InterruptedError());
  const before = readdirSync(at('')).sort();
  for (const argv of [
    ['truth', '--base', base, '--query', query, '--k', '5', '--out', at('new.ivecs')],
    ['train', '--base', base, '--out', at('new'), '--method', 'pca'],
    ['train', '--base', base, '--out', at('new')],
    ['build', '--base', base, '--out', at('new'), '--index', 'flat'],
    ['inspect', base],
    ['inspect', at('data/groundtruth.ivecs')],
    ['digest', base],
    ['digest', at('archive')],
    ['generate', '--n', '1000', '--out', at('data')],
    ['build', '--base', base, '--out', at('new'), '--index', 'hnsw'],
  ]) {
    assert.equal(await cnt(argv, { signal: controller.signal }), {
      status: 130,
      out: '',
      err: `cnt ${argv[0]}: interrupted.\n`,
    });
  }
  assert.equal(readdirSync(at('')).sort(), before);
});

test('a write that is interrupted leaves the older file as it was, and no temporary one', async () => {
  const big = createMatrix(30_000, 64);
  await writeVectors(at('big.fvecs'), big);
  await succeed('build', '--base', base, '--index', 'flat', '--out', at('index'));
  const older = readFileSync(at('index'));
  const controller = new AbortController();
  const running = cnt(['build', '--base', at('big.fvecs'), '--index', 'flat', '--out', at('index')], {
    signal: controller.signal,
  });
  let over = false;
  running.then(() => {
    over = true;
  });
  const written = () => temporaryFiles().some((name) => statSync(at(name), { throwIfNoEntry: false })?.size);
  while (!over && !written()) await new Promise((resolve) => setImmediate(resolve));
  assert.is(temporaryFiles().length, 1);
  controller.abort(new InterruptedError());
  assert.equal(await running, { status: 130, out: '', err: 'cnt build: interrupted.\n' });
  assert.equal(temporaryFiles(), []);
  assert.equal(readFileSync(at('index')), older);
});

test('SIGINT and SIGHUP end a training with status 130, one line, and a checkpoint; a second SIGINT too', async () => {
  const endless = ['train', '--base', base, '--samples', '1000000000', '--quiet'];
  const once = start(...endless, '--out', at('once'));
  const twice = start(...endless, '--out', at('twice'));
  const hungUp = start(...endless, '--out', at('hung-up'));
  const ends = [ended(once), ended(twice), ended(hungUp)] as const;
  await until(() => existsSync(at('hung-up.checkpoint')));
  hungUp.kill('SIGHUP');
  const hangup = await ends[2];
  assert.is(hangup.status, 130);
  assert.match(hangup.err, /the same command with --resume continues from .*hung-up\.checkpoint\.\n$/);
  await until(() => existsSync(at('once.checkpoint')));
  once.kill('SIGINT');
  const { status, out, err } = await ends[0];
  assert.equal([status, out], [130, '']);
  assert.match(
    err,
    /^cnt train: interrupted( after \d+ of \d+ samples)?; the same command with --resume continues from .*\.\n$/,
  );
  await until(() => existsSync(at('twice.checkpoint')));
  twice.kill('SIGINT');
  twice.kill('SIGINT');
  assert.is((await ends[1]).status, 130);
  assert.equal(temporaryFiles(), []);
  assert.is((await succeedJson('inspect', at('once.checkpoint')))['content'], 'archive');
});

test('a method that keeps no checkpoint leaves the one of an interrupted training alone', async () => {
  const model = at('kept');
  const stopping = new AbortController();
  const onErr = (): void => stopping.abort(new InterruptedError());
  await cnt([...train, '--out', model], { signal: stopping.signal, clockStep: 11, onErr });
  assert.ok(existsSync(`${model}.checkpoint`));
  await succeed('train', '--base', base, '--method', 'srp', '--out', model);
  assert.ok(existsSync(`${model}.checkpoint`));
});

test('a full disk behind stdout is one line and status 1', async () => {
  if (!existsSync('/dev/full')) return console.log('skip: no /dev/full here');
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, ['--import', 'tsx', main, 'help'], { stdio: ['ignore', full, 'pipe'] });
  children.push(child);
  const { status, err } = await ended(child);
  closeSync(full);
  assert.equal([status, err], [1, 'cnt: stdout: expected to write the results, got a full disk (ENOSPC).\n']);
});

test('a reader that closes the pipe early is no failure', async () => {
  const child = start('help');
  child.stdout?.destroy();
  const { status, err } = await ended(child);
  assert.equal([status, err], [0, '']);
});

test('a reader that has seen enough of a long result ends the command quietly, with status 0', async () => {
  await succeed('build', '--base', base, '--index', 'flat', '--out', at('flat'));
  const child = start('search', '--index', at('flat'), '--query', base, '--out', '-', '--quiet');
  child.stdout?.once('data', () => child.stdout?.destroy());
  const { status, err } = await ended(child);
  assert.equal([status, err], [0, '']);
});

test.run();
