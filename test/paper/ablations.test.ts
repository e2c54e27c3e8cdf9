import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { generateManifold } from '../../src/data/manifold.ts';
import { writeIds } from '../../src/io/ids.ts';
import { writeVectors } from '../../src/io/vectors.ts';
import { ABLATIONS, type AblationFigures, ledger } from '../../src/paper/ledger.ts';
import { nearest } from '../../src/tensor/nearest.ts';

const script = fileURLToPath(new URL('../../bench/pipeline/ablations.ts', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const test = suite('ablations');
let folder: string;

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ablations-'));
  const { base, query } = generateManifold({ rows: 200, queries: 20, dim: 16, seed: 1 });
  await writeVectors(join(folder, 'base.fvecs'), base);
  await writeVectors(join(folder, 'query.fvecs'), query);
  const { ids } = nearest(base, query, 10);
  await writeIds(join(folder, 'groundtruth.ivecs'), { rows: 20, cols: 10, data: ids });
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

function run(...options: string[]) {
  return spawnSync(
    process.execPath,
    ['--import', 'tsx', script, folder, '--samples', '64', '--batch', '32', ...options],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
}

test('every ablation trains on 200 rows, stands in one table, and feeds the ledger', () => {
  const out = join(folder, 'ablations.json');
  const { status, stdout, stderr } = run('--out', out);
  assert.is(status, 0, stderr);
  for (const name of ['PCA', ...ABLATIONS]) assert.match(stdout, `\n${name} `);
  const { figures } = JSON.parse(readFileSync(out, 'utf8')) as { figures: AblationFigures[] };
  assert.equal(
    figures.map(({ name }) => name),
    [...ABLATIONS],
  );
  const ours = figures[0]!;
  // Without position bias the network does not know the order of its tokens.
  const last = figures.find(({ name }) => name === 'compression token last')!;
  assert.equal([last.parameters, last.recall10at10], [ours.parameters, ours.recall10at10]);
  assert.ok(figures.find(({ name }) => name === 'MLP ratio 4')!.parameters > ours.parameters);
  const { experiments } = ledger({ paper: 'Deep1M', rows: 200, ablations: figures });
  for (const id of ['inrp', 'many-projections', 'position', 'light-mlp']) {
    const { verdict, figures: text } = experiments.find((claim) => claim.id === id)!;
    assert.match(verdict, /^(not )?confirmed$/, id);
    assert.match(text, `default: 10@10 ${ours.recall10at10.toFixed(2)}`);
  }
});

test('--only narrows the choice and keeps the default; a name that is none is refused', () => {
  const { stdout } = run('--only', 'linear map', '--seeds', '1,2');
  assert.equal(
    [...stdout.matchAll(/^(PCA|default|linear map) /gm)].map((match) => match[1]),
    ['PCA', 'default', 'linear map'],
  );
  assert.match(stdout, 'seeds 1, 2');
  const { status, stderr } = run('--only', 'no such');
  assert.is(status, 1);
  assert.match(stderr, /ablations: expected --only of default, .* got no such/);
});

test.run();
