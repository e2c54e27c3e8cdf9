import { truncateSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { machineMemory } from '../../../src/cli/session/machine-memory.ts';
import { cnt, succeed, temporaryFolder } from '../command-line.ts';

const { path, remove } = temporaryFolder();
const MIB = 2 ** 20;

/** A table of zeros that takes no disk: 2^18 rows of 256 float32 are 256 MiB. */
function sparse(name: string, rows: number, cols: number): string {
  writeFileSync(path(name), Uint8Array.from(new Uint8Array(Uint32Array.of(rows, cols).buffer)));
  truncateSync(path(name), 8 + 4 * rows * cols);
  return path(name);
}

const base = sparse('base.fbin', 2 ** 18, 256);
const large = sparse('large.fbin', 2 ** 24, 1024); // 64 GiB
await succeed('generate', '--n', '100', '--queries', '3', '--dim', '256', '--out', path('small'), '--seed', '1');
const [small, query] = [path('small/base.fvecs'), path('small/query.fvecs')];
await succeed('train', '--base', small, '--out', path('model.safetensors'), '--method', 'pca');
await succeed('build', '--base', small, '--index', 'flat', '--out', path('index'));
await succeed('truth', '--base', small, '--query', query, '--k', '5', '--out', path('ids.ivecs'));
const ids = path('ids.ivecs');

/** Each command, over a base that is too large, and what it says that would help. */
const COMMANDS: readonly (readonly [remedy: RegExp, ...argv: string[]])[] = [
  [/--limit N/, 'build', '--base', base, '--index', 'flat', '--out', path('flat')],
  [/--limit N/, 'build', '--base', small, '--graph-base', base, '--index', 'hnsw', '--out', path('hnsw')],
  [/--limit N/, 'train', '--base', base, '--method', 'srp', '--out', path('srp.safetensors')],
  [/--limit N/, 'truth', '--base', base, '--query', query, '--out', path('truth.ivecs')],
  [/only ids are held/, 'eval', '--result', ids, '--truth', ids, '--base', base, '--query', query],
];

test('what exceeds the limit is refused before it is read: how much it needs, of how much, and what helps', async () => {
  for (const [remedy, ...argv] of COMMANDS) {
    const { status, out, err } = await cnt(argv, { memory: { limit: 300 * MIB, available: 10 * MIB } });
    assert.equal([status, out], [1, ''], err);
    const line =
      /^cnt \w+: memory: expected work that fits into 300 MiB, got one that needs 30\d MiB or more, 256 MiB of them for [^\n]*base\.fbin; ([^\n]*)\.\n$/;
    assert.match(line.exec(err)?.[1] ?? err, remedy);
  }
});

test('a base of 64 GiB is refused at once, and its first rows are not', async () => {
  const argv = ['truth', '--base', large, '--query', query, '--k', '2', '--out', path('truth.ivecs')];
  const memory = { limit: 24 * 2 ** 30, available: undefined };
  const { err } = await cnt(argv, { memory });
  assert.match(err, 'expected work that fits into 24576 MiB, got one that needs 65');
  const wide = ['--query', sparse('query.fbin', 2, 1024)];
  const limited = await cnt([...argv.slice(0, 3), ...wide, ...argv.slice(5), '--limit', '9'], { memory });
  assert.equal([limited.status, limited.err], [0, '']);
});

test('indexes and models that exceed the limit are refused before they are read', async () => {
  const memory = { limit: 48 * MIB + 1000, available: undefined };
  const refused = async (...argv: string[]) => {
    const { status, err } = await cnt(argv, { memory });
    assert.is(status, 1);
    assert.match(err, `cnt ${argv[0]}: memory: expected work that fits into`);
  };
  await refused('search', '--index', path('index'), '--query', query, '--k', '2', '--out', path('found.ivecs'));
  await refused('compress', '--model', path('model.safetensors'), '--in', small, '--out', path('short.fvecs'));
  await refused('inspect', path('model.safetensors'));
  await refused('digest', path('model.safetensors'));
  assert.is((await cnt(['inspect', '--quick', base], { memory })).status, 0);
});

test('what exceeds only what is free now is tried, with a note; and nothing is said where the engine cannot tell', async () => {
  const argv = ['build', '--base', small, '--index', 'flat', '--out', path('flat')];
  const tried = await cnt(argv, { memory: { limit: 2 ** 40, available: 10 * MIB } });
  assert.is(tried.status, 0);
  assert.match(tried.err, /^memory: needs 49 MiB or more, 1 MiB of them for [^\n]*, and 10 MiB are free now\.\n$/);
  for (const memory of [
    { limit: 2 ** 40, available: 2 ** 40 },
    { limit: undefined, available: undefined },
  ]) {
    assert.is((await cnt(argv, { memory })).err, '');
  }
});

test('the limit is that of the process where there is one, else all memory of the machine', () => {
  const total = 2 ** 34;
  for (const [constrained, limit] of [
    [undefined, total],
    [0, total],
    [2 ** 64, total], // no limit, as Node 20 tells it
    [2 ** 63 - 4096, total], // the same by cgroup version 1
    [2 ** 30, 2 ** 30],
  ] as const) {
    assert.equal(machineMemory(constrained, 5, total), { limit, available: 5 });
  }
  const { limit, available } = machineMemory();
  assert.ok(limit! > 2 ** 26 && available! > 0, `${limit}, ${available}`);
});

test.after(remove);
test.run();
