import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS } from '../../src/cli/commands/all.ts';
import { cnt, fail, succeed, succeedJson, temporaryFolder } from './command-line.ts';

test('cnt help lists every command, and help of a command is the same in three spellings', async () => {
  const text = await succeed('help');
  for (const command of COMMANDS) assert.ok(text.includes(`  ${command.name} `), command.name);
  for (const { name } of COMMANDS) {
    const help = await succeed(name, '--help');
    assert.is(await succeed('help', name), help);
    assert.is(await succeed(name, '-h'), help);
  }
  assert.is(await succeed('--help'), text);
});

test('the help of each command shows each of its options, fits 100 columns and gives an example that parses', async () => {
  for (const command of COMMANDS) {
    const help = await succeed(command.name, '--help');
    for (const [name, { hidden = false }] of Object.entries(command.options))
      assert.is(
        help.includes(`\n  --${name} `) || help.includes(`\n  --${name}\n`),
        !hidden,
        `${command.name} ${name}`,
      );
    for (const line of help.split('\n')) {
      assert.ok(line.length <= 100 || line.startsWith('  cnt ') || line.startsWith('Usage'), line);
    }
    assert.ok(command.examples.length > 0);
    for (const example of command.examples) {
      assert.match(example, new RegExp(`^cnt ${command.name} `));
      await succeed(...example.split(' ').slice(1), '--help');
    }
  }
});

test('--version, -V and version print the version of package.json', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  for (const word of ['--version', '-V', 'version']) assert.is(await succeed(word), `${version}\n`);
  assert.match(version, /^\d+\.\d+\.\d+$/);
});

test('wrong usage is one line and status 2', async () => {
  assert.is(await fail(2), 'cnt: expected a command; cnt help lists them.');
  assert.is(await fail(2, 'evla'), 'cnt: unknown command "evla". Did you mean eval?');
  assert.is(await fail(2, 'help', 'evla'), 'cnt: unknown command "evla". Did you mean eval?');
  assert.is(await fail(2, 'eval', '--reslut', 'x'), 'cnt eval: unknown option --reslut. Did you mean --result?');
  assert.is(await fail(2, 'eval', '--truth', 'x'), 'cnt eval: --result is missing: neighbors found by cnt search.');
  assert.is(await fail(2, 'eval', '--truth', 'x', '--result', 'y', 'z'), 'cnt eval: expected options only, got "z".');
  assert.is(
    await fail(2, 'eval', '--truth', 'x', '--result', 'y', '--seed', '-3'),
    'cnt eval: --seed: expected a whole number of at least 0, got "-3".',
  );
});

test('a GPU is refused by commands that have no use for it, from the option and from the environment', async () => {
  const argv = ['eval', '--truth', 'x', '--result', 'y'];
  const gpu = 'cnt eval: nothing of it runs on a GPU; choose auto, reference or simd.';
  assert.is(await fail(1, ...argv, '--backend', 'gpu'), gpu);
  assert.equal(await cnt(argv, { env: { CNT_BACKEND: 'gpu' } }), { status: 1, out: '', err: `${gpu}\n` });
  const unknown = await cnt(argv, { env: { CNT_BACKEND: 'cuda' } });
  assert.is(unknown.status, 2);
  assert.match(unknown.err, 'CNT_BACKEND');
});

test('threads: as many as asked for, or all cores; one with the reference; the same files', async () => {
  const folder = temporaryFolder();
  const data = folder.path('data');
  await succeed('generate', '--n', '600', '--queries', '10', '--dim', '16', '--out', data);
  const base = `${data}/base.fvecs`;
  const train = (name: string, ...more: string[]) => {
    const out = ['--out', folder.path(name)];
    return succeedJson('train', '--base', base, ...out, '--batch', '64', '--samples', '128', '--quiet', ...more);
  };
  const one = await train('one.safetensors', '--threads', '1');
  const two = await train('two.safetensors', '--threads', '2');
  assert.equal([one['threads'], two['threads']], [1, 2]);
  assert.is(two['digest'], one['digest']);
  const truth = ['truth', '--base', base, '--query', base, '--k', '1', '--limit', '50'];
  const { out } = await cnt([...truth, '--json', '--out', folder.path('all.ivecs')], { allCores: true });
  const all = JSON.parse(out) as Record<string, unknown>;
  assert.is(all['threads'], availableParallelism());
  const reference = await succeedJson(...truth, '--backend', 'reference', '--out', folder.path('reference.ivecs'));
  assert.is(reference['threads'], 1);
  assert.is(reference['digest'], all['digest']);
  assert.match(await fail(2, ...truth, '--out', 'x.ivecs', '--threads', '257'), /--threads/);
  folder.remove();
});

test('--json of every command ends with the time, the largest memory and the versions', async () => {
  const folder = temporaryFolder();
  const report = await succeedJson(
    'generate',
    '--n',
    '10',
    '--queries',
    '2',
    '--dim',
    '4',
    '--out',
    folder.path('data'),
  );
  folder.remove();
  assert.equal(Object.keys(report).slice(-3), ['seconds', 'peakMemoryBytes', 'versions']);
  const peak = report['peakMemoryBytes'] as number;
  assert.ok(peak > 2 ** 24 && peak < 2 ** 33 && Number.isInteger(peak), String(peak));
});

test('CNT_DEBUG=1 adds the stack', async () => {
  const argv = ['eval', '--truth', 'missing.ivecs', '--result', 'missing.ivecs'];
  assert.match((await cnt(argv, { env: { CNT_DEBUG: '1' } })).err, /\n\s+at /);
});

test.run();
