import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestFile } from '../../src/io/digest.ts';
import { readIds } from '../../src/io/ids.ts';
import { readVectors, writeVectors } from '../../src/io/vectors.ts';
import { createMatrix } from '../../src/tensor/matrix.ts';
import { cnt, fail, succeed, succeedJson, temporaryFolder } from './command-line.ts';

const test = suite('what stands before and behind an index: models, normalization, own ids');
const folder = temporaryFolder();
const at = folder.path;
const base = at('data/base.fvecs');
const query = at('data/query.fvecs');
const truth = at('data/groundtruth.ivecs');

test.before(async () => {
  await succeed('generate', '--n', '500', '--queries', '20', '--dim', '16', '--out', at('data'));
  await succeed('train', '--base', base, '--out', at('pca'), '--method', 'pca', '--factor', '2');
  await succeed('train', '--base', base, '--out', at('unit'), '--method', 'pca', '--factor', '2', '--normalize');
  await succeed('compress', '--model', at('pca'), '--in', base, '--out', at('base8.fvecs'));
  await succeed('compress', '--model', at('pca'), '--in', query, '--out', at('query8.fvecs'));
});
test.after(folder.remove);

const build = (...rest: string[]) => ['build', '--base', base, '--out', at('index'), ...rest];
const search = (...rest: string[]) => [
  ...['search', '--index', at('index'), '--query', query, '--k', '10', '--out', at('found.ivecs')],
  ...rest,
];

async function recall(name = 'found.ivecs', of = truth): Promise<number> {
  const { recall } = await succeedJson('eval', '--result', at(name), '--truth', of);
  return (recall as Record<string, number>)['1@1']!;
}

const KINDS = [
  ['--index', 'pq', '--bytes', '2'],
  ['--codes', 'ivfpq', '--bytes', '2', '--nlist', '2'],
  ['--codes', 'sq8'],
  ['--codes', 'hnsw-sq8', '--M', '8', '--ef-construction', '40'],
  ['--codes', 'lc', '--bytes', '4', '--M', '8', '--ef-construction', '40', '--quiet'],
  ['--index', 'flat'],
  ['--index', 'hnsw', '--M', '8', '--ef-construction', '40'],
  ['--index', 'nsg', '--R', '16', '--L', '30', '--C', '60', '--GK', '20'],
];

for (const kind of KINDS) {
  test(`${kind.slice(0, 2).join(' ')}: the index compresses raw queries by the model that it holds, and ranks by the original vectors`, async () => {
    const { digest, index } = await succeedJson(...build('--model', at('pca'), ...kind, '--keep-vectors'));
    const { counts } = await succeedJson(...search());
    assert.is((counts as { walkDistances?: number }).walkDistances, undefined);
    await succeed(...search('--rerank', '500'));
    const share = await recall();
    assert.ok(share >= 0.95, `${index}: 1@1 ${share}`);
    if (index !== 'flat') return;
    // Compressed before, it is the same index.
    const given = ['--model', at('pca'), '--codes-of', at('base8.fvecs'), '--keep-vectors'];
    assert.is((await succeedJson(...build(...given, ...kind)))['digest'], digest);
  });
}

test('an index over compressed vectors without the original ones takes raw queries, too, and has nothing to rank anew by', async () => {
  await succeed(...build('--model', at('pca'), '--index', 'flat'));
  await succeed(...search());
  const raw = await digestFile(at('found.ivecs'));
  await succeed('build', '--base', at('base8.fvecs'), '--index', 'flat', '--out', at('plain'));
  const plain = ['search', '--index', at('plain'), '--query', at('query8.fvecs'), '--k', '10', '--out', at('p.ivecs')];
  await succeed(...plain);
  assert.is(await digestFile(at('p.ivecs')), raw);
  assert.match(await fail(1, ...search('--rerank', '20')), 'expected an index built with --keep-vectors to re-rank');
  const given = ['--query', at('query8.fvecs'), '--k', '10', '--out', at('found.ivecs')];
  assert.match(
    await fail(1, 'search', '--index', at('index'), ...given),
    /query8\.fvecs: expected 16 columns as in the original vectors of .*index, which compresses queries itself, got 8\.$/,
  );
  assert.match(
    await fail(2, ...search('--model', at('pca'))),
    /--model: expected none, for .*index holds its pca model and compresses queries itself, got .*pca\.$/,
  );
});

test('--codes sq8 beside --index hnsw is --walk with the model inside', async () => {
  const graph = ['--index', 'hnsw', '--M', '8', '--ef-construction', '40'];
  const walked = async () => {
    const { counts, digest } = await succeedJson(...search('--rerank', '50'));
    return { counts, digest };
  };
  await succeed(...build(...graph, '--codes', 'sq8', '--model', at('pca')));
  const held = await walked();
  assert.ok((held.counts as { walkDistances: number }).walkDistances > 0);
  assert.match(await fail(2, ...search('--rerank', '50', '--model', at('pca'))), 'holds its pca model');
  const older = await succeedJson(...build(...graph, '--walk', at('base8.fvecs')));
  const without = await succeedJson(...build(...graph, '--codes', 'sq8', '--codes-of', at('base8.fvecs')));
  assert.is(without['digest'], older['digest']);
  const { counts, digest } = await succeedJson(...search('--rerank', '50', '--model', at('pca')));
  assert.equal({ counts, digest }, held);
  assert.match(
    await fail(1, ...search('--rerank', '50', '--model', at('unit'))),
    'expected a model trained without --normalize',
  );
  assert.not.match(await succeed('help', 'build'), '--walk ');
});

test('with --normalize, from training to truth, the nearest are those by cosine, however long vectors are', async () => {
  const uneven = await readVectors(base);
  for (let i = 0; i < uneven.data.length; i++) uneven.data[i]! *= 1 + (Math.floor(i / 16) % 7);
  await writeVectors(at('uneven.fvecs'), uneven);
  const cosine = ['--base', at('uneven.fvecs'), '--query', query, '--out', at('cosine.ivecs'), '--normalize'];
  const { err, status } = await cnt(['truth', ...cosine]);
  assert.is(status, 0);
  assert.match(err, 'cosine.ivecs has the nearest by cosine, which a file of ids cannot say.');
  const onUneven = (...rest: string[]) => ['build', '--base', at('uneven.fvecs'), '--out', at('index'), ...rest];
  for (const options of [
    ['--index', 'flat', '--normalize'],
    ['--codes', 'sq8', '--model', at('unit'), '--keep-vectors'],
    ['--codes', 'sq8', '--normalize', '--keep-vectors'],
    [
      '--codes',
      'hnsw-sq8',
      '--M',
      '8',
      '--ef-construction',
      '40',
      '--model',
      at('unit'),
      '--normalize',
      '--keep-vectors',
    ],
  ]) {
    const { normalize } = await succeedJson(...onUneven(...options));
    assert.is(normalize, true);
    await succeed(...search(...(options.includes('flat') ? [] : ['--rerank', '500'])));
    assert.is(await recall('found.ivecs', at('cosine.ivecs')), 1);
    assert.match(await succeed('inspect', at('index')), /^normalized +yes$/m);
  }
  assert.ok((await recall('found.ivecs')) < 1); // another truth
  const byDistance = ['--truth', at('cosine.ivecs'), '--base', at('uneven.fvecs'), '--query', query];
  const judged = await succeedJson('eval', '--result', at('found.ivecs'), ...byDistance, '--normalize');
  assert.is((judged['recall'] as Record<string, number>)['1@1'], 1);
  assert.match(
    await fail(1, 'eval', '--result', at('found.ivecs'), ...byDistance),
    'cosine.ivecs: expected the nearest',
  );
  const { normalize, digest } = await succeedJson(
    'compress',
    '--model',
    at('unit'),
    '--in',
    base,
    '--out',
    at('u.fvecs'),
  );
  assert.is(normalize, true);
  await succeed('compress', '--model', at('unit'), '--in', at('uneven.fvecs'), '--out', at('v.fvecs'));
  const [first, second] = [await readVectors(at('u.fvecs')), await readVectors(at('v.fvecs'))];
  assert.ok(first.data.every((value, i) => Math.abs(value - second.data[i]!) < 1e-5));
  await succeed(...build('--index', 'flat', '--model', at('unit')));
  assert.match(await succeed('inspect', at('index')), String(await digestFile(at('unit'))));
  assert.ok(digest);
});

test('--normalize that does not fit is refused, and a row of zeros named', async () => {
  const unit = 'expected a model trained with --normalize, to build with it, got one trained without.';
  assert.match(await fail(1, ...build('--index', 'flat', '--model', at('pca'), '--normalize')), unit);
  const rows = createMatrix(
    3000,
    16,
    new Float32Array(48_000).map((_, i) => i % 19),
  );
  rows.data.fill(0, 16 * 2500, 16 * 2501);
  await writeVectors(at('zeros.fvecs'), rows);
  const zeros = ['--base', at('zeros.fvecs'), '--out', at('new')];
  const message = /zeros\.fvecs: expected vectors with a direction, to normalize them, got zeros alone at row 2500\.$/;
  assert.match(await fail(1, 'train', ...zeros, '--normalize', '--method', 'pca'), message);
  assert.match(await fail(1, 'build', ...zeros, '--normalize', '--index', 'flat'), message);
  assert.match(await fail(1, 'build', ...zeros, '--model', at('unit'), '--index', 'flat'), message);
  const compress = ['--model', at('unit'), '--in', at('zeros.fvecs'), '--out', at('new.fvecs')];
  assert.match(await fail(1, 'compress', ...compress), message);
  const queries = ['--base', base, '--query', at('zeros.fvecs'), '--k', '3', '--out', at('new.ivecs')];
  assert.match(await fail(1, 'truth', ...queries, '--normalize'), message);
  await succeed(...build('--index', 'flat', '--normalize'));
  const asked = ['--query', at('zeros.fvecs'), '--k', '3', '--out', at('new.ivecs')];
  assert.match(await fail(1, 'search', '--index', at('index'), ...asked), message);
});

test('an interruption while vectors are compressed or normalized ends the command, and nothing is written', async () => {
  const rows = createMatrix(
    9000,
    16,
    new Float32Array(144_000).map((_, i) => 1 + (i % 19)),
  );
  await writeVectors(at('many.fvecs'), rows);
  const given = ['build', '--base', at('many.fvecs'), '--index', 'flat', '--out', at('interrupted')];
  for (const [options, label] of [
    [['--model', at('pca')], 'compressing, rows'],
    [['--normalize'], 'normalizing, rows'],
  ] as const) {
    const stopping = new AbortController();
    const onErr = (text: string) => text.includes(label) && stopping.abort();
    const { status, err } = await cnt([...given, ...options], { signal: stopping.signal, clockStep: 1, onErr });
    assert.is(status, 130, err);
    assert.not(existsSync(at('interrupted')));
  }
});

/** int64 as numpy writes it. */
function npyOfInt64(values: BigInt64Array): Uint8Array {
  const header = `{'descr': '<i8', 'fortran_order': False, 'shape': (${values.length},), }`.padEnd(117);
  const start = new TextEncoder().encode(`\u0000NUMPY\u0001\u0000v\u0000${header}\n`);
  start[0] = 0x93;
  return Uint8Array.of(...start, ...new Uint8Array(values.buffer));
}

test('own ids: texts and int64 come back exactly, in text always and in tables where they fit', async () => {
  await succeed(...build('--index', 'flat'));
  await succeed(...search());
  const rows = await readIds(at('found.ivecs'));
  const found = async (...build: string[]) => {
    await succeed(...build);
    const json = ['search', '--index', at('index'), '--query', query, '--k', '10', '--out', at('found.json')];
    await succeed(...json);
    return (JSON.parse(readFileSync(at('found.json'), 'utf8')) as { ids: unknown[] }[]).flatMap(({ ids }) => ids);
  };
  const ids = (name: string) => build('--index', 'flat', '--ids', at(name));
  const texts = Array.from({ length: 500 }, (_, row) => `wörd, "${row}"`);
  writeFileSync(at('texts.txt'), `${texts.join('\r\n')}\r\n`);
  assert.equal(
    await found(...ids('texts.txt')),
    [...rows.data].map((row) => texts[row]),
  );
  assert.match(
    await fail(2, ...search()),
    '--out: expected own ids from 0 to 2^31 - 1 in a table, or a .json, .csv or .txt',
  );
  assert.match(await succeed('inspect', at('index')), /^own ids +texts$/m);
  const small = BigInt64Array.from({ length: 500 }, (_, row) => BigInt(2 ** 31 - 1 - row));
  writeFileSync(at('small.npy'), npyOfInt64(small));
  assert.equal(
    await found(...ids('small.npy')),
    [...rows.data].map((row) => Number(small[row])),
  );
  await succeed(...search());
  assert.equal(
    [...(await readIds(at('found.ivecs'))).data],
    [...rows.data].map((row) => Number(small[row])),
  );
  const large = small.map((id) => id - 2n ** 62n);
  writeFileSync(at('large.npy'), npyOfInt64(large));
  assert.equal(
    await found(...ids('large.npy')),
    [...rows.data].map((row) => String(large[row])),
  );
  assert.match(await fail(2, ...search()), '--out: expected own ids from 0 to 2^31 - 1 in a table');
  const first = await succeedJson(...ids('large.npy'), '--limit', '400');
  assert.is(first['rows'], 400);
});

test('own ids that are too few, twice there, or of another kind are refused', async () => {
  const given = (name: string, content: string | Uint8Array) => {
    writeFileSync(at(name), content);
    return build('--index', 'flat', '--ids', at(name));
  };
  const lines = Array.from({ length: 500 }, (_, row) => `id ${row}`);
  assert.match(
    await fail(1, ...given('few.txt', lines.slice(1).join('\n'))),
    /few\.txt: expected 500 ids, one for each row of .*base\.fvecs, got 499\.$/,
  );
  assert.match(
    await fail(1, ...given('twice.txt', lines.with(7, 'id 3').join('\n'))),
    'expected each id once, got "id 3" for rows 3 and 7.',
  );
  assert.match(
    await fail(1, ...given('bytes.txt', Uint8Array.of(0xff, 0x0a))),
    'expected ids in UTF-8, one a line, got other bytes',
  );
  assert.match(
    await fail(1, ...given('ids.csv', '1\n2')),
    'expected ids in .txt, one a line, or .npy of int64, got another extension',
  );
  const floats = npyOfInt64(new BigInt64Array(500));
  floats.set(new TextEncoder().encode('<f8'), 21);
  assert.match(await fail(1, ...given('floats.npy', floats)), 'expected int64 of shape (rows,), got float64 of (500)');
  assert.match(
    await fail(1, ...given('cut.npy', npyOfInt64(new BigInt64Array(500)).slice(0, -1))),
    /expected 4128 bytes for 500 ids, got 4127/,
  );
});

test('options that contradict each other, or lack another, are refused before any work', async () => {
  const refused = async (message: string, ...options: string[]) =>
    assert.is(await fail(2, ...build(...options)), `cnt build: ${message}`);
  await refused('--index is missing: what is built; or --codes, an index of codes.');
  await refused(
    '--codes: expected sq8 beside --index hnsw, or --codes alone, got pq beside hnsw.',
    '--index',
    'hnsw',
    '--codes',
    'pq',
  );
  await refused(
    '--codes sq8 beside --index hnsw: expected --model, --codes-of or both, got neither.',
    '--index',
    'hnsw',
    '--codes',
    'sq8',
  );
  const codesOf = ['--codes-of', at('base8.fvecs')];
  await refused(
    '--codes-of: expected --model beside it, which compressed these vectors, got none.',
    '--codes',
    'pq',
    ...codesOf,
  );
  const both = ['--graph-base', at('base8.fvecs'), '--model', at('pca')];
  await refused(
    '--graph-base: expected no --model, by which what is searched is compressed, got both.',
    '--index',
    'nsg',
    ...both,
  );
  await refused(
    '--walk is --codes sq8 --codes-of, got --model beside it.',
    '--index',
    'hnsw',
    '--walk',
    base,
    '--model',
    at('pca'),
  );
  await refused(
    '--keep-vectors belongs to ivfpq, pq, sq8, hnsw-sq8 and lc indexes, got --index hnsw.',
    '--index',
    'hnsw',
    '--keep-vectors',
  );
  const wide = ['--index', 'flat', '--model', at('pca'), '--codes-of', base];
  assert.match(await fail(1, ...build(...wide)), 'base.fvecs: expected 500 x 8 compressed vectors, got 500 x 16.');
  await succeed('compress', '--model', at('unit'), '--in', base, '--out', at('other8.fvecs'));
  const other = ['--index', 'flat', '--model', at('pca'), '--codes-of', at('other8.fvecs')];
  assert.match(
    await fail(1, ...build(...other)),
    'expected what the model makes of the base, got other compressed vectors at row 0.',
  );
});

test.run();
