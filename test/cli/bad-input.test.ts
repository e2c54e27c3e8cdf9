import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fail, succeed, temporaryFolder } from './command-line.ts';

const test = suite('bad input: one clear line, the right exit status, nothing half-written');
const folder = temporaryFolder();
const at = folder.path;

const base = at('base.fvecs');
const query = at('query.fvecs');
const out = at('out.ivecs');

/** Rows of one fvecs file. */
function fvecs(path: string, rows: readonly (readonly number[])[]): void {
  const parts = rows.flatMap((row) => [
    Buffer.from(Int32Array.of(row.length).buffer),
    Buffer.from(Float32Array.from(row).buffer),
  ]);
  writeFileSync(path, Buffer.concat(parts));
}

function grid(rows: number, cols: number): number[][] {
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: cols }, (_, j) => ((i * 7 + j * 3) % 11) + i / rows),
  );
}

test.before(async () => {
  fvecs(base, grid(80, 8));
  fvecs(query, grid(4, 8));
  fvecs(at('wide.fvecs'), grid(4, 9));
  fvecs(at('short.fvecs'), grid(79, 2));
  fvecs(at('nan.fvecs'), [...grid(70, 8), [1, 2, 3, Number.NaN, 5, 6, 7, 8]]);
  fvecs(at('truncated.fvecs'), grid(10, 8));
  truncateSync(at('truncated.fvecs'), 355);
  writeFileSync(at('odd.fvecs'), Buffer.alloc(37, 1));
  writeFileSync(at('empty.fvecs'), '');
  writeFileSync(at('text.txt'), 'hello');
  await succeed('train', '--base', base, '--out', at('model'), '--method', 'srp');
  await succeed('build', '--base', base, '--out', at('flat'), '--index', 'flat');
  await succeed('build', '--base', base, '--out', at('hnsw'), '--index', 'hnsw', '--M', '4', '--ef-construction', '10');
  await succeed('truth', '--base', base, '--query', query, '--k', '5', '--out', at('truth.ivecs'));
});
test.after(folder.remove);

/** The command fails with this message after `cnt <command>: `, and changes nothing in the folder. */
async function refused(status: number, argv: readonly string[], message: string): Promise<void> {
  const before = readdirSync(at('')).sort();
  const line = await fail(status, ...argv);
  assert.is(line.replaceAll(`${at('')}/`, ''), `cnt ${argv[0]}: ${message}`);
  assert.equal(readdirSync(at('')).sort(), before);
}

const truth = (b: string, q: string, ...rest: string[]) => ['truth', '--base', b, '--query', q, '--out', out, ...rest];
const search = (index: string, ...rest: string[]) => [
  'search',
  '--index',
  at(index),
  '--query',
  query,
  '--out',
  out,
  ...rest,
];
const train = (...rest: string[]) => ['train', '--base', base, '--out', at('new'), ...rest];
const build = (...rest: string[]) => ['build', '--base', base, '--out', at('new'), ...rest];
const compress = (model: string, x: string) => [
  'compress',
  '--model',
  at(model),
  '--in',
  at(x),
  '--out',
  at('new.fvecs'),
];

test('a wrong dimension', async () => {
  await refused(
    1,
    truth(base, at('wide.fvecs'), '--k', '5'),
    'wide.fvecs: expected 8 columns as in base.fvecs, got 9.',
  );
  await refused(1, compress('model', 'wide.fvecs'), 'wide.fvecs: expected 8 columns as in model, got 9.');
  const wide = ['search', '--index', at('flat'), '--query', at('wide.fvecs'), '--out', out, '--k', '5'];
  await refused(1, wide, 'wide.fvecs: expected 8 columns as in flat, got 9.');
});

test('a truncated, odd-sized or empty file', async () => {
  await refused(
    1,
    truth(at('truncated.fvecs'), query),
    'truncated.fvecs: expected a whole number of rows of 36 bytes (4 + 8 x float32), got 355 bytes: 9 rows and 31 bytes (byte 324).',
  );
  assert.match(await fail(1, ...truth(at('odd.fvecs'), query)), 'odd.fvecs: expected a whole number of rows');
  await refused(
    1,
    truth(base, at('empty.fvecs')),
    'empty.fvecs: expected at least one row of .fvecs, got an empty file.',
  );
  await refused(
    1,
    compress('model', 'empty.fvecs'),
    'empty.fvecs: expected at least one row of .fvecs, got an empty file.',
  );
});

test('NaN', async () => {
  const nan = at('nan.fvecs');
  for (const argv of [
    truth(nan, query, '--k', '5'),
    compress('model', 'nan.fvecs'),
    ['build', '--base', nan, '--index', 'flat', '--out', at('new')],
    ['train', '--base', nan, '--out', at('new')],
  ]) {
    const before = readdirSync(at('')).sort();
    assert.match(
      await fail(1, ...argv),
      /nan\.fvecs: expected a number from -2\^48 to 2\^48 \(.*\) at row 70, column 3, got NaN \(byte 2536\)\.$/,
    );
    assert.equal(readdirSync(at('')).sort(), before);
  }
});

test('more neighbors than rows', async () => {
  await refused(1, truth(base, query, '--k', '81'), 'base.fvecs: expected at least k = 81 rows, got 80.');
  await refused(
    1,
    truth(base, query, '--k', '20', '--limit', '10'),
    'base.fvecs: expected at least k = 20 rows, got 10.',
  );
  for (const index of ['flat', 'hnsw']) {
    await refused(1, search(index, '--k', '81'), `${index}: expected at least k = 81 rows, got 80.`);
  }
});

test('a limit beyond the file', async () => {
  const message = 'base.fvecs: expected a limit from 1 to its 80 rows, got 81.';
  await refused(1, truth(base, query, '--limit', '81'), message);
  await refused(1, train('--limit', '81'), message);
  await refused(1, build('--index', 'flat', '--limit', '81'), message);
});

test('a missing file', async () => {
  const none = 'expected a file that can be read, got none (ENOENT).';
  await refused(1, truth(at('none.fvecs'), query), `none.fvecs: ${none}`);
  await refused(1, search('none'), `none: ${none}`);
  await refused(1, ['inspect', at('none.fvecs')], `none.fvecs: ${none}`);
  await refused(1, ['digest', base, at('none')], `none: ${none}`);
  await refused(1, ['eval', '--result', at('none.ivecs'), '--truth', at('truth.ivecs')], `none.ivecs: ${none}`);
});

test('an output that cannot be written is refused before any work', async () => {
  for (const [name, ...argv] of [
    ['new.ivecs', 'truth', '--base', base, '--query', query, '--k', '5'],
    ['new', 'train', '--base', base, '--method', 'pca'],
    ['new.fvecs', 'compress', '--model', at('model'), '--in', base],
    ['new', 'build', '--base', base, '--index', 'flat'],
    ['new.ivecs', 'search', '--index', at('flat'), '--query', query, '--k', '5'],
  ] as const) {
    const missing = await fail(1, ...argv, '--out', at(`missing/${name}`));
    assert.match(missing, /missing\/new.*: expected a folder that can be written.*got none \(ENOENT\)\.$/);
    const through = await fail(1, ...argv, '--out', `${base}/${name}`);
    assert.match(through, /expected a folder that can be written, .*base\.fvecs, got a file\.$/);
    mkdirSync(at(name));
    const folderItself = await fail(1, ...argv, '--out', at(name));
    assert.match(folderItself, `${name}: expected the name of a file to write, got a folder.`);
    rmdirSync(at(name));
  }
  assert.match(
    await fail(1, 'generate', '--n', '10', '--out', `${base}/data`),
    /expected a folder that can be written/,
  );
});

test('an output that would destroy an input is refused, under whatever name', async () => {
  linkSync(base, at('linked'));
  symlinkSync(base, at('pointing.fvecs'));
  await succeed('truth', '--base', base, '--query', query, '--k', '5', '--out', at('queries.npy'));
  for (const [command, out] of [
    [['build', '--base', base, '--index', 'flat'], base],
    [['build', '--base', base, '--index', 'hnsw', '--graph-base', query], query],
    [['train', '--base', base, '--method', 'srp'], at('linked')],
    [['compress', '--model', at('model'), '--in', base], at('pointing.fvecs')],
    [['search', '--index', at('flat'), '--query', at('queries.npy')], at('queries.npy')],
  ] as const) {
    const before = readFileSync(out);
    const message = `--out: expected another file than those that are read, got ${out.replace(`${at('')}/`, '')}.`;
    await refused(2, [...command, '--out', out], message);
    assert.ok(readFileSync(out).equals(before));
  }
});

test('a device as output is refused before any work', async () => {
  if (!existsSync('/dev/full')) return console.log('skip: no /dev/full here');
  const argv = ['build', '--base', at('none.fvecs'), '--index', 'flat', '--out', '/dev/full'];
  assert.is(await fail(1, ...argv), 'cnt build: /dev/full: expected an ordinary file to write, got a device or pipe.');
});

test('sizes beyond any memory', async () => {
  const most = String(Number.MAX_SAFE_INTEGER);
  const room = /^cnt \w+: expected sizes that fit into memory, got more \([^)]+\)\.$/; // in the engine's words
  assert.match(await fail(1, 'generate', '--n', '1000000000000', '--out', at('large')), room);
  assert.match(await fail(1, ...build('--index', 'hnsw', '--M', '100000000')), room);
  assert.match(await fail(1, ...build('--index', 'hnsw', '--M', most)), /^cnt build: KernelMemory: expected .*\.$/);
  await succeed(...build('--index', 'hnsw', '--M', '4', '--ef-construction', most));
  await succeed(...search('new', '--k', '5', '--ef', most));
});

test('what cannot be reproduced, or would have no effect', async () => {
  const reproduce = (...rest: string[]) => ['reproduce', ...rest];
  await refused(2, reproduce('table1', '--scale', 'full'), '--scale full needs --data DIR, got none.');
  await refused(2, reproduce('all', '--limit', '500'), '--limit belongs to --data DIR, got none.');
  await refused(2, reproduce('table4', '--factor', '2'), '--factor belongs to table1, got table4.');
  const into = await fail(1, 'reproduce', 'figure3', '--out', base);
  assert.is(into, `cnt reproduce: ${base}: expected a folder that can be written, got a file of that name (EEXIST).`);
  const through = await fail(1, 'reproduce', 'figure3', '--out', `${base}/results`);
  assert.match(
    through,
    /results: expected a folder that can be written, got a path through something that is no folder/,
  );
  mkdirSync(at('few'));
  fvecs(at('few/base.fvecs'), grid(80, 8));
  fvecs(at('few/query.fvecs'), grid(2, 8));
  const few = await fail(1, 'reproduce', 'table1', '--data', at('few'), '--out', at('few/out'));
  assert.is(few, `cnt reproduce: ${at('few')}: expected at least 512 base rows, to train networks on, got 80.`);
  for (const name of ['table4.html', 'table4.md', 'table4.json', 'figure3.svg', 'steps', 'models']) {
    mkdirSync(at('few/bad'));
    const isFolder = name === 'steps' || name === 'models';
    if (isFolder) writeFileSync(at(`few/bad/${name}`), '');
    else mkdirSync(at(`few/bad/${name}`));
    const bad = await fail(1, 'reproduce', 'table4', '--data', at('few'), '--out', at('few/bad'));
    const got = isFolder
      ? 'a folder that can be written, got a file of that name'
      : 'the name of a file to write, got a folder';
    assert.ok(bad.startsWith(`cnt reproduce: ${at(`few/bad/${name}`)}: expected ${got}`), bad);
    rmSync(at('few/bad'), { recursive: true });
  }
  for (const link of [symlinkSync, linkSync]) {
    mkdirSync(at('few/linked'));
    link(at('few/base.fvecs'), at('few/linked/table4.html'));
    const lost = await fail(1, 'reproduce', 'table4', '--data', at('few'), '--out', at('few/linked'));
    assert.match(lost, /table4\.html: expected another file than those that are read, got .*few\/base\.fvecs\.$/);
    rmSync(at('few/linked'), { recursive: true });
  }
  if (process.platform !== 'linux') return;
  assert.match(
    await fail(1, 'generate', '--n', '10', '--out', '/proc/none/deeper'),
    /^cnt generate: .*got none \(ENOENT\)\.$/,
  );
});

test('a format that vectors or ids do not have', async () => {
  const formats = '.fvecs .bvecs .npy .fbin .u8bin .i8bin';
  await refused(1, truth(at('text.txt'), query), `text.txt: expected vectors (${formats}), got ".txt".`);
  assert.match(await fail(1, 'inspect', at('text.txt')), 'text.txt: expected vectors or ids');
  const before = readdirSync(at('')).sort();
  const toBytes = ['compress', '--model', at('model'), '--in', base, '--out', at('new.bvecs')];
  assert.match(await fail(1, ...toBytes), 'new.bvecs: expected compressed vectors (.fvecs .npy .fbin), got ".bvecs".');
  const toText = ['truth', '--base', base, '--query', query, '--k', '5', '--out', at('new.txt')];
  assert.match(await fail(1, ...toText), 'new.txt: expected ids (.ivecs .npy .ibin), got ".txt".');
  assert.equal(readdirSync(at('')).sort(), before);
});

test('one kind of file in place of another, and one changed byte', async () => {
  const aModel = 'expected a model, which cnt train writes, got';
  await refused(
    1,
    compress('flat', 'query.fvecs'),
    `flat: ${aModel} an index or a checkpoint (cnt inspect says which).`,
  );
  const aTable = 'vectors or ids (.fvecs), of which cnt train makes models and cnt build indexes.';
  await refused(1, compress('base.fvecs', 'query.fvecs'), `base.fvecs: ${aModel} ${aTable}`);
  const anIndex = 'expected an index, which cnt build writes, got';
  await refused(1, search('model', '--k', '5'), `model: ${anIndex} a model, which cnt train writes and --model takes.`);
  await refused(1, search('base.fvecs', '--k', '5'), `base.fvecs: ${anIndex} ${aTable}`);
  await refused(
    1,
    ['eval', '--result', at('truth.ivecs'), '--truth', base],
    'base.fvecs: expected ids (.ivecs .npy .ibin), got ".fvecs".',
  );
  const bytes = readFileSync(at('hnsw'));
  bytes[bytes.length - 10]! ^= 1;
  writeFileSync(at('broken'), bytes);
  assert.match(await fail(1, ...search('broken', '--k', '5')), /broken: .*(CRC|checksum)/i);
  writeFileSync(at('broken'), bytes.subarray(0, 500));
  assert.match(await fail(1, ...search('broken', '--k', '5')), /^cnt search: .*broken: expected/);
});

test('rows that do not belong together', async () => {
  const graph = build('--index', 'hnsw', '--graph-base', at('short.fvecs'));
  await refused(1, graph, 'short.fvecs: expected 80 rows as in base.fvecs, got 79.');
  await succeed('truth', '--base', base, '--query', base, '--k', '5', '--out', at('other.ivecs'));
  const compare = ['eval', '--result', at('other.ivecs'), '--truth', at('truth.ivecs')];
  await refused(1, compare, 'other.ivecs: expected 4 rows as in truth.ivecs, got 80.');
});

test('training that cannot be', async () => {
  await refused(
    1,
    train('--factor', '3'),
    '--factor: expected a divisor of the 8 columns of base.fvecs (1, 2, 4, 8), got 3.',
  );
  await refused(1, train(), '--factor: expected at least 4 columns after compression to train a cnt, got 2.');
  await refused(2, train('--factor', '0'), '--factor: expected a whole number of at least 1, got "0".');
  await refused(2, train('--epochs', '1', '--samples', '5'), 'expected --epochs or --samples, got both.');
  const networks = '--method cnt, linear, vae and catalyst';
  await refused(2, train('--method', 'pca', '--lr', '1'), `--lr belongs to ${networks}, got --method pca.`);
  await refused(2, train('--method', 'srp', '--resume'), `--resume belongs to ${networks}, got --method srp.`);
  await refused(
    2,
    train('--method', 'vae', '--preset', 'paper'),
    '--preset belongs to --method cnt and linear, got --method vae.',
  );
  await refused(
    2,
    train('--method', 'catalyst', '--variant', 'paper'),
    '--variant belongs to --method cnt, got --method catalyst.',
  );
  assert.match(
    await fail(1, ...train('--method', 'vae', '--batch', '64')),
    /^cnt train: trainVae: expected at least 128 rows for a batch of 64, got 80/,
  );
  const linear = train('--method', 'linear', '--variant', 'paper');
  await refused(2, linear, '--variant belongs to --method cnt, got --method linear.');
  const preset = train('--preset', 'paper', '--factor', '8');
  await refused(2, preset, '--preset paper was published for --factor 2 and 4, got 8.');
  assert.match(
    await fail(1, ...train('--factor', '2', '--batch', '64')),
    /expected at least 128 rows for a batch of 64, got 80/,
  );
});

test('options of other kinds of indexes', async () => {
  const given = (kind: string, ...rest: string[]) => build('--index', kind, ...rest);
  const belongs = (option: string, kinds: string, kind: string) =>
    `${option} belongs to ${kinds} indexes, got --index ${kind}.`;
  await refused(2, given('flat', '--M', '8'), belongs('--M', 'hnsw, hnsw-sq8 and lc', 'flat'));
  await refused(2, given('nsg', '--M', '8'), belongs('--M', 'hnsw, hnsw-sq8 and lc', 'nsg'));
  await refused(2, given('hnsw', '--R', '8'), belongs('--R', 'nsg', 'hnsw'));
  await refused(2, given('hnsw', '--GK', '8'), belongs('--GK', 'nsg', 'hnsw'));
  await refused(2, given('pq', '--nlist', '8'), belongs('--nlist', 'ivfpq', 'pq'));
  await refused(2, given('sq8', '--bytes', '8'), belongs('--bytes', 'ivfpq, pq and lc', 'sq8'));
  await refused(2, given('sq8', '--opq'), belongs('--opq', 'ivfpq and pq', 'sq8'));
  await refused(2, given('pq', '--range', 'uniform'), belongs('--range', 'sq8 and hnsw-sq8', 'pq'));
  await refused(
    2,
    given('hnsw', '--keep-vectors'),
    belongs('--keep-vectors', 'ivfpq, pq, sq8, hnsw-sq8 and lc', 'hnsw'),
  );
  await refused(2, given('pq', '--graph-base', base), belongs('--graph-base', 'hnsw, nsg and hnsw-sq8', 'pq'));
  await refused(
    2,
    given('nsg', '--profile', 'hnswlib'),
    '--profile: expected canonical | faiss for --index nsg, got hnswlib.',
  );
  await refused(
    2,
    search('hnsw', '--k', '5', '--nprobe', '2'),
    '--nprobe belongs to ivfpq indexes, got an index of kind hnsw.',
  );
  await refused(
    1,
    search('flat', '--k', '5', '--rerank', '9'),
    'flat: expected an index built with --keep-vectors to re-rank, got one without.',
  );
  await refused(2, search('flat', '--k', '5', '--rerank', '4'), '--rerank: expected at least k = 5, got 4.');
  await refused(1, given('pq', '--bytes', '3'), '--bytes: expected a divisor of the 8 columns (1, 2, 4, 8), got 3.');
  assert.match(
    await fail(1, ...given('pq', '--bytes', '4')),
    /^cnt build: --base: expected at least 256 vectors to learn the codes of a byte from, got 80\.$/,
  );
  assert.match(await fail(2, ...build('--index', 'hsnw')), 'Did you mean hnsw?');
  await refused(
    2,
    search('flat', '--k', '5', '--ef', '9'),
    '--ef belongs to hnsw, nsg, hnsw-sq8 and lc indexes, got an index of kind flat.',
  );
  await refused(2, search('hnsw', '--k', '5', '--ef', '4'), '--ef: expected at least k = 5, got 4.');
});

test('operands', async () => {
  await refused(2, ['digest'], 'FILE is missing.');
  await refused(2, ['inspect', base, query], 'expected one FILE, got 2.');
  await refused(2, ['digest', base, ''], 'FILE: expected a word, got an empty text.');
});

test.run();
