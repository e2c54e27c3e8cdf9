import { execFileSync, fork } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeAtomically } from '../../../src/io/file/atomic-file.ts';
import { removePendingFiles } from '../../../src/io/file/temporary-file.ts';
import { asNobody, errorOf, faultOf, TemporaryFolder } from '../../support/temporary-folder.ts';

const WRITER = fileURLToPath(new URL('./writer.ts', import.meta.url));
const folder = new TemporaryFolder();
const text = (words: string) => new TextEncoder().encode(words);

test('a file appears under its name only when it is whole, and replaces an older one', async () => {
  const path = folder.file('a', 'old');
  await writeAtomically(path, async (write) => {
    await write(text('new '));
    assert.is(readFileSync(path, 'utf8'), 'old');
    assert.is(folder.names().length, 2);
    await write(text('text'));
    await write(new Uint8Array(0));
  });
  assert.is(readFileSync(path, 'utf8'), 'new text');
  assert.equal(folder.names(), ['a']);
});

test('an error leaves the older file and nothing else', async () => {
  const attempt = () =>
    writeAtomically(folder.at('a'), async (write) => {
      await write(text('half'));
      throw new RangeError('the caller failed.');
    });
  assert.is(await errorOf(RangeError, attempt), 'the caller failed.');
  assert.is(readFileSync(folder.at('a'), 'utf8'), 'new text');
  assert.equal(folder.names(), ['a']);
});

test('an abort before, between and after the writes leaves the older file and nothing else', async () => {
  const reason = new RangeError('interrupted');
  for (const moment of ['before', 'between', 'after']) {
    const controller = new AbortController();
    if (moment === 'before') controller.abort(reason);
    const attempt = () =>
      writeAtomically(
        folder.at('a'),
        async (write) => {
          await write(text('half'));
          if (moment === 'between') controller.abort(reason);
          await write(text('whole'));
          controller.abort(reason);
        },
        { signal: controller.signal },
      );
    assert.is(await errorOf(RangeError, attempt), 'interrupted');
    assert.is(readFileSync(folder.at('a'), 'utf8'), 'new text');
    assert.equal(folder.names(), ['a']);
  }
});

test('a full disk and a short write end in one line or in the whole file', async () => {
  const handle = await open(folder.at('a'), 'r');
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const { write: whole, sync: flush } = prototype;
  try {
    // Half of what is asked for, as an operating system may do.
    prototype.write = function (bytes: Uint8Array, at: number, length: number) {
      return whole.call(this, bytes, at, Math.ceil(length / 2));
    };
    await writeAtomically(folder.at('b'), (write) => write(text('0123456789')));
    assert.is(readFileSync(folder.at('b'), 'utf8'), '0123456789');
    prototype.write = () => Promise.reject(Object.assign(new Error('write'), { code: 'ENOSPC' }));
    const attempt = () => writeAtomically(folder.at('b'), (write) => write(text('more')));
    assert.is(await faultOf(attempt), 'expected to write this file, got a full disk (ENOSPC).');
    prototype.write = whole;
    prototype.sync = () => Promise.reject(Object.assign(new Error('sync'), { code: 'EIO' }));
    const fault = await faultOf(() => writeAtomically(folder.at('b'), (write) => write(text('not flushed'))));
    assert.is(fault, 'expected to write this file, got an input/output error of the device (EIO).');
  } finally {
    prototype.write = whole;
    prototype.sync = flush;
  }
  assert.is(readFileSync(folder.at('b'), 'utf8'), '0123456789');
  assert.equal(folder.names(), ['a', 'b']);
});

test('a name that cannot be written says why, before anything is computed', async () => {
  const never = async () => assert.unreachable('nothing should be written');
  const fault = (path: string) => faultOf(() => writeAtomically(path, never));
  mkdirSync(folder.at('inner'));
  assert.is(await fault(folder.at('inner')), 'expected the name of a file to write, got a folder.');
  assert.match(
    await fault(folder.at('missing/x')),
    /^expected a folder that can be written, .*missing, got none \(ENOENT\)/,
  );
  assert.match(await fault(folder.at('a/x')), /got a path through something that is no folder \(ENOTDIR\)/);
  assert.match(await fault(folder.at('n'.repeat(300))), /got a name that is too long \(ENAMETOOLONG\)/);
  assert.match(await fault(''), /expected the name of a file to write, got none/);
  if (process.platform !== 'win32') {
    assert.is(await fault('/dev/null'), 'expected an ordinary file to write, got a device or pipe.');
    await asNobody(async () => assert.match(await fault(folder.at('x')), /got permission denied \(EACCES\)/));
  }
});

test('a link stays a link: the file behind it is replaced', async () => {
  symlinkSync(folder.at('a'), folder.at('inner/link'));
  await writeAtomically(folder.at('inner/link'), (write) => write(text('through')));
  assert.ok(lstatSync(folder.at('inner/link')).isSymbolicLink());
  assert.is(readFileSync(folder.at('a'), 'utf8'), 'through');
});

test('a link to a file that is not there yet is followed, through links and folders that are links', async () => {
  symlinkSync('../later', folder.at('inner/dangling'));
  symlinkSync(folder.at('inner'), folder.at('other-name'));
  symlinkSync('dangling', folder.at('inner/twice'));
  await writeAtomically(folder.at('other-name/twice'), (write) => write(text('late')));
  assert.ok(lstatSync(folder.at('inner/dangling')).isSymbolicLink());
  assert.is(readFileSync(folder.at('later'), 'utf8'), 'late');
  symlinkSync('loop', folder.at('loop'));
  assert.match(await faultOf(() => writeAtomically(folder.at('loop'), async () => {})), /a loop of symbolic links/);
  for (const name of ['later', 'other-name', 'loop']) rmSync(folder.at(name));
});

test('a file that is replaced passes on its mode, and its owner where that is permitted', async () => {
  if (process.platform === 'win32') return;
  for (const mode of [0o600, 0o640, 0o444, 0o755]) {
    chmodSync(folder.file('private', 'old'), mode);
    if (process.getuid?.() === 0) chownSync(folder.at('private'), 65534, 65533);
    await writeAtomically(folder.at('private'), async (write) => {
      const name = folder.names().find((other) => other.endsWith('.tmp'))!;
      assert.is(statSync(folder.at(name)).mode & 0o077, 0, 'nobody else reads it while it is written');
      await write(text('new'));
    });
    const found = statSync(folder.at('private'));
    assert.is(found.mode & 0o777, mode);
    if (process.getuid?.() === 0) assert.equal([found.uid, found.gid], [65534, 65533]);
    rmSync(folder.at('private'));
  }
  const before = process.umask(0o027);
  await writeAtomically(folder.at('private'), (write) => write(text('new')));
  process.umask(before);
  assert.is(statSync(folder.at('private')).mode & 0o777, 0o640, 'a new file has what the mask leaves');
  rmSync(folder.at('private'));
});

test('a later run removes the temporary files of killed processes, never those of living ones', async () => {
  const path = folder.at('inner/swept');
  const child = fork(WRITER, [path, 'endless'], { execArgv: ['--import', 'tsx'] });
  const name = await new Promise<string>((resolve) => child.once('message', resolve as (message: unknown) => void));
  const write = () => execFileSync(process.execPath, ['--import', 'tsx', WRITER, path]);
  write();
  assert.ok(existsSync(folder.at(`inner/${name}`)), 'its process lives');
  await new Promise((resolve) => child.once('exit', resolve) && child.kill('SIGKILL'));
  const [host] = /(?<=^\.cnt-).*(?=-\d+-\d+\.tmp$)/.exec(name)!;
  assert.ok(
    host.startsWith(
      hostname()
        .slice(0, 8)
        .replace(/[^A-Za-z0-9_.]/g, '_'),
    ),
  );
  const names = ['.cnt-elsewhere-0badcafe-7-1.tmp', '.cnt-7-1.tmp'];
  for (const other of names) folder.file(`inner/${other}`, 'half');
  folder.file('inner/.cnt-notes.tmp', "the user's own");
  write();
  assert.not(existsSync(folder.at(`inner/${name}`)), 'its process is gone');
  for (const other of names) assert.ok(existsSync(folder.at(`inner/${other}`)), 'perhaps alive elsewhere');
  const yesterday = new Date(Date.now() - 25 * 3600 * 1000);
  for (const other of [...names, '.cnt-notes.tmp']) utimesSync(folder.at(`inner/${other}`), yesterday, yesterday);
  write();
  for (const other of names) assert.not(existsSync(folder.at(`inner/${other}`)), 'a day old');
  assert.ok(existsSync(folder.at('inner/.cnt-notes.tmp')));
});

test('of writers at once to one name, one wins whole', async () => {
  const letters = [...'abcdefgh'];
  await Promise.all(
    letters.map((letter) =>
      writeAtomically(folder.at('race'), async (write) => {
        for (let i = 0; i < 50; i++) await write(text(letter.repeat(100)));
      }),
    ),
  );
  const found = readFileSync(folder.at('race'), 'utf8');
  assert.ok(letters.some((letter) => found === letter.repeat(5000)));
  assert.equal(folder.names(), ['a', 'b', 'inner', 'race']);
});

test('a process about to end removes what it was writing', async () => {
  const attempt = writeAtomically(folder.at('c'), async (write) => {
    await write(text('half'));
    assert.is(folder.names().filter((name) => name.endsWith('.tmp')).length, 1);
    removePendingFiles();
    assert.equal(folder.names(), ['a', 'b', 'inner', 'race']);
  });
  assert.match(await faultOf(() => attempt), /expected to write this file, got none \(ENOENT\)/);
  removePendingFiles();
});

test.run();
