import { readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { simdSupported } from '../../kernels/backend.ts';
import { loadCompressor } from '../../src/compress/load-compressor.ts';
import type { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { readArchive } from '../../src/io/container/archive-file.ts';
import { readModel } from '../../src/io/container/safetensors-file.ts';
import { digestFile, digestIds, digestMatrix } from '../../src/io/digest.ts';
import { readIds, writeIds } from '../../src/io/ids.ts';
import { readVectors, writeVectors } from '../../src/io/vectors.ts';
import { loadIndex } from '../../src/pipeline/load-index.ts';
import { createMatrix } from '../../src/tensor/matrix.ts';
import { cnt, fail, succeed, succeedJson, temporaryFolder } from './command-line.ts';

const test = suite('the whole path from vectors to recall');
const folder = temporaryFolder();
const at = folder.path;

test.before(async () => {
  await succeed('generate', '--n', '1000', '--queries', '40', '--dim', '32', '--out', at('data'));
});
test.after(folder.remove);

const base = at('data/base.fvecs');
const query = at('data/query.fvecs');
const truth = at('data/groundtruth.ivecs');
/** A CNT small enough for a second. */
const brief = ['--samples', '1600', '--batch', '32'];
/** Fewer rows too: each evaluation encodes them all, and a catalyst is 512 columns wide. */
const briefest = ['--samples', '64', '--batch', '32', '--limit', '160'];
const optionsOf = { vae: briefest, catalyst: briefest, pca: [], srp: [] };

test('generate writes four files whose digests its description names, the same for the same seed', async () => {
  assert.equal(readdirSync(at('data')).sort(), ['base.fvecs', 'dataset.json', 'groundtruth.ivecs', 'query.fvecs']);
  const text = readFileSync(at('data/dataset.json'), 'utf8');
  const { files, ...parameters } = JSON.parse(text);
  assert.equal(
    { ...parameters, generator: 0 },
    { kind: 'manifold', n: 1000, queries: 40, dim: 32, k: 100, seed: 1, generator: 0 },
  );
  for (const [name, { digest }] of Object.entries<{ digest: string }>(files)) {
    assert.is(await succeed('digest', at(`data/${name}`)), `${digest}  ${at(`data/${name}`)}\n`);
  }
  await succeed('generate', '--n', '1000', '--queries', '40', '--dim', '32', '--out', at('again'));
  assert.is(readFileSync(at('again/dataset.json'), 'utf8'), text);
  await succeed('generate', '--n', '1000', '--queries', '40', '--dim', '32', '--seed', '2', '--out', at('again'));
  assert.is.not(readFileSync(at('again/dataset.json'), 'utf8'), text);
});

test('fewer rows than 100 give fewer true neighbors', async () => {
  const { k } = await succeedJson('generate', '--n', '30', '--queries', '3', '--dim', '8', '--out', at('tiny'));
  assert.is(k, 30);
});

test('inspect describes vectors, ids, models and indexes', async () => {
  const vectors = await succeedJson('inspect', base);
  assert.equal([vectors['content'], vectors['rows'], vectors['cols']], ['vectors', 1000, 32]);
  assert.match(await succeed('inspect', base), 'shape                    1000 x 32');
  assert.match(await succeed('inspect', truth), 'ids, .ivecs of int32');
  await succeed('train', '--base', base, '--out', at('i.safetensors'), '--method', 'srp');
  assert.match(await succeed('inspect', at('i.safetensors')), /array +type +shape/);
  await succeed('build', '--base', base, '--out', at('i.flat'), '--index', 'flat');
  assert.match(await succeed('inspect', at('i.flat')), 'archive of kind flat');
  const hnsw = ['--index', 'hnsw', '--M', '8', '--ef-construction', '20', '--out', at('i.hnsw')];
  const { statistics, digest } = await succeedJson('build', '--base', base, ...hnsw);
  const inspected = await succeedJson('inspect', at('i.hnsw'));
  assert.equal([inspected['statistics'], inspected['digest']], [statistics, digest]);
  assert.match(await succeed('inspect', at('i.hnsw')), 'degree at level 0');
  const quick = await succeed('inspect', '--quick', at('i.hnsw'));
  assert.match(quick, 'efConstruction');
  assert.not.match(quick, /digest|degree/);
  assert.not.match(await succeed('inspect', '--quick', base), /digest|NaN/);
});

test('truth equals what generate computed, and a prefix has its own', async () => {
  const options = ['--base', base, '--query', query, '--out', at('t.ivecs')];
  const { digest, counts } = await succeedJson('truth', ...options);
  assert.match(await succeed('digest', truth), String(digest));
  assert.equal(counts, { distances: 40_000, multiplyAdds: 1_280_000 });
  const prefix = await succeedJson('truth', ...options, '--limit', '500', '--k', '5');
  assert.equal([prefix['rows'], prefix['k']], [500, 5]);
  assert.ok(Number((await succeedJson('inspect', at('t.ivecs')))['max']) < 500);
});

for (const method of ['cnt', 'linear', 'vae', 'catalyst', 'pca', 'srp']) {
  test(`train ${method} and compress give the same digests twice, and on the other backend`, async () => {
    const options = method === 'cnt' || method === 'linear' ? brief : optionsOf[method as keyof typeof optionsOf];
    const run = async (name: string, ...backend: string[]): Promise<unknown[]> => {
      const model = at(`${name}.safetensors`);
      const train = ['train', '--base', base, '--out', model, '--method', method, ...options, ...backend];
      const trained = await succeedJson(...train);
      const compressed = await succeedJson(
        'compress',
        '--model',
        model,
        '--in',
        base,
        '--out',
        at(`${name}.fvecs`),
        ...backend,
      );
      assert.equal([trained['dIn'], trained['dOut'], compressed['rows']], [32, 8, 1000]);
      return [trained['digest'], compressed['digest']];
    };
    const first = await run(method);
    assert.equal(await run(`${method}-again`), first);
    assert.equal(await run(`${method}-reference`, '--backend', 'reference'), first);
    assert.is(readdirSync(at('')).filter((name) => name.endsWith('.checkpoint')).length, 0);
  });
}

test('training prints the curve of recall against samples, and --json has it as numbers', async () => {
  const train = ['train', '--base', base, '--out', at('curve.safetensors'), ...brief];
  const lines = (await succeed(...train)).split('\n');
  assert.match(lines[0]!, /^samples +loss +held-out loss +probe 1@1 % +probe 10@10 %/);
  assert.is(lines.filter((line) => line.endsWith('kept')).length, 1);
  const { history, training, backend } = await succeedJson(...train);
  const samples = (history as { samples: number }[]).map((point) => point.samples);
  assert.equal([samples[0], samples.at(-1)], [0, 1600]);
  assert.is((training as { batch: number }).batch, 32);
  assert.is(backend, simdSupported() ? 'simd' : 'reference');
});

test('a digest does not depend on the format of the file', async () => {
  await succeed('train', '--base', base, '--out', at('f.safetensors'), '--method', 'srp');
  const digests = new Set<unknown>();
  for (const format of ['fvecs', 'npy', 'fbin']) {
    const out = at(`f.${format}`);
    digests.add((await succeedJson('compress', '--model', at('f.safetensors'), '--in', base, '--out', out))['digest']);
    assert.match(await succeed('digest', out), String([...digests][0]));
  }
  assert.is(digests.size, 1);
});

test('an exact index finds everything; a graph built on compressed vectors searches the full ones', async () => {
  const model = at('g.safetensors');
  await succeed('train', '--base', base, '--out', model, '--method', 'pca');
  await succeed('compress', '--model', model, '--in', base, '--out', at('g.fvecs'));
  await succeed('build', '--base', base, '--index', 'flat', '--out', at('g.flat'));
  await succeed('search', '--index', at('g.flat'), '--query', query, '--out', at('flat.ivecs'));
  const recall = async (result: string) =>
    (await succeedJson('eval', '--result', result, '--truth', truth))['recall'] as Record<string, number>;
  assert.equal(await recall(at('flat.ivecs')), { '1@1': 1, '1@5': 1, '1@10': 1, '1@50': 1, '100@100': 1 });

  const build = ['build', '--base', base, '--graph-base', at('g.fvecs'), '--index', 'hnsw', '--out', at('g.hnsw')];
  const built = await succeedJson(...build, '--M', '12', '--ef-construction', '60');
  assert.equal([built['M'], built['efConstruction'], built['graphCols'], built['cols']], [12, 60, 8, 32]);
  const search = ['search', '--index', at('g.hnsw'), '--query', query, '--ef', '200'];
  const { digest, counts } = await succeedJson(...search, '--out', at('g.ivecs'), '--repeat', '2');
  assert.ok((counts as { distances: number }).distances < 40 * 1000);
  const found = await recall(at('g.ivecs'));
  assert.ok(found['100@100']! > 0.9, `100@100 ${found['100@100']}`); // 0.97

  await succeed(...build, '--M', '12', '--ef-construction', '60', '--backend', 'reference');
  assert.is((await succeedJson(...search, '--out', at('g2.ivecs'), '--backend', 'reference'))['digest'], digest);
});

test('eval compares by distance where the vectors are given, so that ties by other ids are hits', async () => {
  const twice = await readVectors(base, { limit: 200 });
  const data = Float32Array.of(...twice.data, ...twice.data);
  await writeVectors(at('twice.fvecs'), createMatrix(400, 32, data));
  await succeed('truth', '--base', at('twice.fvecs'), '--query', query, '--k', '10', '--out', at('twice.ivecs'));
  const { rows, cols, data: ids } = await readIds(at('twice.ivecs'));
  const others = ids.map((id) => (id < 200 ? id + 200 : id - 200));
  await writeIds(at('others.ivecs'), { rows, cols, data: others });
  const compare = ['eval', '--result', at('others.ivecs'), '--truth', at('twice.ivecs')];
  const by = await succeedJson(...compare, '--base', at('twice.fvecs'), '--query', query);
  assert.equal(by['recall'], { '1@1': 1, '1@5': 1, '1@10': 1, '10@10': 1 });
  assert.equal(by['recallById'], { '1@1': 0, '1@5': 1, '1@10': 1, '10@10': 1 });
  assert.equal((await succeedJson(...compare))['recall'], by['recallById']);
  const table = await succeed(...compare, '--base', at('twice.fvecs'), '--query', query);
  assert.match(table, /^measure {2}recall % {2}by id %\n.*\n {4}1@1 {4}100.00 {5}0.00\n/);

  await writeIds(at('from1.ivecs'), { rows, cols, data: ids.map((id) => (id % 399) + 1) });
  const asked = ['eval', '--result', at('others.ivecs'), '--base', at('twice.fvecs'), '--query', query];
  const wrong = `cnt eval: ${at('from1.ivecs')}: expected the nearest neighbors of each query, got ids that count from 1`;
  assert.ok((await fail(1, ...asked, '--truth', at('from1.ivecs'))).startsWith(wrong));
  const parted = await fail(1, ...asked, '--truth', at('twice.ivecs'), '--limit', '200');
  assert.match(parted, /expected ids from 0 to 199, got \d+ at .*: of a larger base; cnt truth makes one that fits\.$/);
  const half = '--base and --query belong together, got --base alone.';
  assert.is(await fail(2, ...compare, '--base', base), `cnt eval: ${half}`);
  assert.is(await fail(2, ...compare, '--limit', '3'), 'cnt eval: --limit belongs to --base, got none.');
});

test('what is found can be read by eye: in a file of text, or on stdout, where nothing else is printed', async () => {
  await succeed('build', '--base', base, '--index', 'flat', '--out', at('t.flat'));
  const search = ['search', '--index', at('t.flat'), '--query', query, '--k', '2'];
  await succeed(...search, '--out', at('t.ivecs'));
  const { data } = await readIds(at('t.ivecs'));
  for (const format of ['json', 'csv', 'txt']) {
    await succeed(...search, '--out', at(`t.${format}`));
    const text = readFileSync(at(`t.${format}`), 'utf8');
    const { status, out, err } = await cnt([...search, '--out', '-', '--format', format]);
    assert.equal([status, out], [0, text]);
    assert.match(err, /queries +40\n/);
    assert.is(await succeed(...search, '--out', '-', '--format', format, '--quiet'), text);
    if (format === 'json') assert.equal(JSON.parse(text)[7].ids, [...data.subarray(14, 16)]);
    else assert.match(text.split('\n')[16]!, new RegExp(`^ *7[ ,]+2[ ,]+${data[15]}[ ,]+\\d`));
  }
  assert.is(await succeed(...search, '--out', '-', '--quiet'), readFileSync(at('t.txt'), 'utf8'));
  const both = '--json: expected --out to be a file, since both print on stdout, got -.';
  assert.is(await fail(2, ...search, '--out', '-', '--json'), `cnt search: ${both}`);
  assert.match(
    await fail(2, ...search, '--out', at('t.csv'), '--format', 'csv'),
    /^cnt search: --format belongs to --out -/,
  );
  assert.match(await fail(1, ...search, '--out', at('t.text')), /expected results \(.*\.txt\), got "\.text"/);
});

test('the counts of a search in blocks are those of one search', async () => {
  await succeed(
    'build',
    '--base',
    base,
    '--index',
    'hnsw',
    '--out',
    at('c.hnsw'),
    '--M',
    '8',
    '--ef-construction',
    '40',
  );
  const search = [
    'search',
    '--index',
    at('c.hnsw'),
    '--query',
    base,
    '--k',
    '10',
    '--ef',
    '20',
    '--out',
    at('c.ivecs'),
  ];
  const { counts, digest } = await succeedJson(...search, '--repeat', '2');
  const index = loadIndex(await readArchive(at('c.hnsw'))) as GraphIndex;
  const found = await index.search(await readVectors(base), 10, { ef: 20 });
  assert.equal(counts, found.counts);
  assert.is(digest, digestIds(found.ids));
});

test('vectors are compressed block by block: the digest is that of the file, the values those of the model', async () => {
  const rows = createMatrix(5000, 8); // three blocks
  for (let i = 0; i < rows.data.length; i++) rows.data[i] = (i % 97) - 40;
  await writeVectors(at('many.fvecs'), rows);
  await succeed('train', '--base', at('many.fvecs'), '--out', at('many.model'), '--method', 'pca');
  for (const format of ['fvecs', 'npy']) {
    const out = at(`many.compressed.${format}`);
    const { digest } = await succeedJson(
      'compress',
      '--model',
      at('many.model'),
      '--in',
      at('many.fvecs'),
      '--out',
      out,
    );
    assert.is(digest, await digestFile(out));
    const expected = loadCompressor(await readModel(at('many.model'))).encode(rows);
    assert.is(digest, digestMatrix(expected));
  }
});

test('the profiles of the libraries are built and searched', async () => {
  for (const profile of ['faiss', 'hnswlib']) {
    const options = ['--index', 'hnsw', '--M', '8', '--ef-construction', '40', '--profile', profile, '--limit', '500'];
    assert.match(
      await succeed('build', '--base', base, '--out', at('p.hnsw'), ...options),
      `profile              ${profile}`,
    );
    await succeed('search', '--index', at('p.hnsw'), '--query', query, '--k', '10', '--out', at('p.ivecs'));
  }
});

/** Each kind with options of its own, and the least 1@1 when it is searched with its own option. */
const KINDS = [
  ['nsg', ['--R', '24', '--L', '40', '--C', '80', '--GK', '30'], ['--ef', '100'], 0.97],
  ['pq', ['--bytes', '8', '--keep-vectors'], ['--rerank', '100'], 0.97],
  ['ivfpq', ['--nlist', '4', '--bytes', '16'], ['--nprobe', '2'], 0.5],
  ['sq8', ['--range', 'uniform'], [], 0.9],
  ['hnsw-sq8', ['--M', '12', '--ef-construction', '60'], ['--ef', '100'], 0.9],
  ['lc', ['--bytes', '8', '--M', '8', '--ef-construction', '60', '--quiet'], ['--ef', '200'], 0.3],
] as const;

for (const [kind, options, width, least] of KINDS) {
  test(`a ${kind} index is built, inspected and searched from its file`, async () => {
    const file = at(`kind.${kind}`);
    const { digest } = await succeedJson('build', '--base', base, '--index', kind, '--out', file, ...options);
    await succeed('search', '--index', file, '--query', query, '--k', '10', '--out', at('kind.ivecs'), ...width);
    assert.match(await succeed('inspect', file), `archive of kind ${kind}`);
    assert.match(await succeed('inspect', file), String(digest));
    const { recall } = await succeedJson('eval', '--result', at('kind.ivecs'), '--truth', truth);
    const nearest = (recall as Record<string, number>)['1@1']!;
    assert.ok(nearest >= least, `1@1 ${nearest}`);
  });
}

test('codes and results of the other backend are the same', async () => {
  const [kind, options, width] = KINDS[2];
  const file = at('kind.reference');
  const backend = ['--backend', 'reference'];
  await succeed('build', '--base', base, '--index', kind, '--out', file, ...options, ...backend);
  assert.is(await digestFile(file), await digestFile(at(`kind.${kind}`)));
  const search = ['--query', query, '--k', '10', '--out', at('kind.ivecs'), ...width];
  const { digest, counts } = await succeedJson('search', '--index', file, ...search, ...backend);
  const again = await succeedJson('search', '--index', file, ...search);
  assert.equal([again['digest'], again['counts']], [digest, counts]);
  assert.ok((counts as { codes: number }).codes < 40 * 1000);
});

test('an ivfpq index is built with a rotation, which its file keeps', async () => {
  const file = at('rotated.ivfpq');
  const build = ['build', '--base', base, '--index', 'ivfpq', '--nlist', '4', '--bytes', '8', '--out', file];
  const { statistics, opq } = await succeedJson(...build, '--opq');
  assert.equal([opq, (statistics as { rotated: boolean }).rotated], [true, true]);
  assert.match(await succeed('inspect', file), /^rotation +float32 +32 x 32$/m);
  await succeed('search', '--index', file, '--query', query, '--nprobe', '4', '--out', at('rotated.ivecs'));
  const { recall } = await succeedJson('eval', '--result', at('rotated.ivecs'), '--truth', truth);
  const share = (recall as Record<string, number>)['1@10']!;
  assert.ok(share > 0.8, `1@10 ${share}`);
  assert.match(await succeed('help', 'build'), 'ivfpq, pq: learn a rotation first');
});

test('an option that the index was not built for is refused when it is searched', async () => {
  const search = (kind: string, ...rest: string[]) => [
    ...['search', '--index', at(`kind.${kind}`), '--query', query, '--k', '10', '--out', at('kind.ivecs')],
    ...rest,
  ];
  assert.match(await fail(1, ...search('ivfpq', '--nprobe', '5')), 'expected --nprobe of at most 4, the lists, got 5.');
  const rerank = search('ivfpq', '--rerank', '50');
  assert.match(await fail(1, ...rerank), 'expected an index built with --keep-vectors to re-rank, got codes alone.');
});

test('a graph over codes of compressed vectors is searched over the full ones', async () => {
  await succeed('train', '--base', base, '--out', at('q.model'), '--method', 'pca');
  await succeed('compress', '--model', at('q.model'), '--in', base, '--out', at('q.fvecs'));
  for (const kind of ['nsg', 'hnsw-sq8']) {
    const build = ['build', '--base', base, '--graph-base', at('q.fvecs'), '--index', kind, '--out', at('q.index')];
    const { graphCols, cols } = await succeedJson(...build);
    assert.equal([graphCols, cols], [8, 32]);
    const search = ['search', '--index', at('q.index'), '--query', query, '--ef', '200', '--out', at('q.ivecs')];
    await succeed(...search);
    const { recall } = await succeedJson('eval', '--result', at('q.ivecs'), '--truth', truth);
    const found = (recall as Record<string, number>)['100@100']!;
    assert.ok(found > 0.9, `${kind}: 100@100 ${found}`); // 0.99, 0.99
  }
});

test('a graph is walked over compressed vectors and re-ranked by full ones: better than compressed vectors alone', async () => {
  const [index, found] = [at('walk.index'), at('walk.ivecs')];
  const build = ['build', '--base', base, '--walk', at('q.fvecs'), '--index', 'hnsw', '--out', index];
  const { graphCols, cols, walkCols } = await succeedJson(...build);
  assert.equal([graphCols, cols, walkCols], [8, 32, 8]);
  assert.match(await succeed('inspect', index), 'walkCodes');
  const search = ['search', '--index', index, '--query', query, '--k', '10', '--out', found];
  const recall = async () => {
    const { recall } = await succeedJson('eval', '--result', found, '--truth', truth);
    return (recall as Record<string, number>)['1@1']!;
  };
  const walk = [...search, '--model', at('q.model'), '--ef', '100'];
  const shares: number[] = [];
  for (const rerank of ['10', '100']) {
    const { counts } = await succeedJson(...walk, '--rerank', rerank);
    const { distances, walkDistances } = counts as Record<string, number>;
    assert.is(distances, 40 * Number(rerank));
    assert.ok(walkDistances! > 40 * 100);
    shares.push(await recall());
  }
  assert.ok(shares[1]! >= 0.97 && shares[0]! <= shares[1]!, `${shares}`); // 0.975, 1
  assert.match(await fail(2, ...search, '--rerank', '20'), '--rerank: expected --model beside it');
  assert.match(await fail(2, ...search, '--model', at('q.model')), '--model: expected --rerank beside it, got none.');
  await succeed('build', '--base', base, '--index', 'hnsw', '--out', at('walk.none'));
  const none = ['search', '--index', at('walk.none'), '--query', query, '--k', '10', '--out', found];
  const rerank = ['--rerank', '20', '--model', at('q.model')];
  assert.match(
    await fail(1, ...none, ...rerank),
    'expected an index built with --codes sq8 beside --index hnsw to re-rank',
  );
  await succeed('train', '--base', base, '--out', at('wide.model'), '--method', 'pca', '--factor', '2');
  const wide = ['--rerank', '20', '--model', at('wide.model')];
  assert.match(await fail(1, ...search, ...wide), /wide\.model, output: expected 8 columns as in .*, got 16/);
});

test('eval prints an aligned table of the measures that the lists permit', async () => {
  await succeed('truth', '--base', base, '--query', query, '--k', '5', '--out', at('five.ivecs'));
  assert.is(
    await succeed('eval', '--result', at('five.ivecs'), '--truth', truth),
    'measure  recall %\n-------  --------\n    1@1    100.00\n    1@5    100.00\n    5@5    100.00\n',
  );
});

test('reproduce figure3 writes the curve, and another target is wrong usage', async () => {
  await succeed('reproduce', 'figure3', '--out', at('reproduction'));
  assert.match(readFileSync(at('reproduction/figure3.svg'), 'utf8'), '<svg');
  assert.match(readFileSync(at('reproduction/figure3.md'), 'utf8'), '](figure3.svg)');
  assert.match(await fail(2, 'reproduce', 'table9', '--out', at('reproduction')), 'got "table9".');
});

test.run();
