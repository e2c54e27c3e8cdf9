import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { METHODS } from '../../../src/compress/methods.ts';
import { SrpCompressor } from '../../../src/compress/projection/sparse-projection.ts';
import { generateManifold } from '../../../src/data/manifold.ts';
import { recallAt } from '../../../src/eval/recall.ts';
import { readVectors, writeVectors } from '../../../src/io/vectors.ts';
import { EF_SEARCH } from '../../../src/paper/printed/settings.ts';
import { TABLE_1_HNSW, TABLE_4 } from '../../../src/paper/printed/tables.ts';
import type { ReproduceOptions } from '../../../src/paper/run/options.ts';
import { reproduce } from '../../../src/paper/run/reproduce.ts';
import type { RunContext } from '../../../src/paper/run-context.ts';
import type { Cell } from '../../../src/paper/tables/cell.ts';
import { figure3 } from '../../../src/paper/tables/figure-3.ts';
import type { Table1Result } from '../../../src/paper/tables/table-1.ts';
import { nearest } from '../../../src/tensor/nearest/nearest.ts';
import { assertSame } from '../../support/same.ts';

const test = suite('reproduce', { folder: '' });
test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'cnt-reproduce-'));
});
test.after((context) => rmSync(context.folder, { recursive: true }));

function context(signal = new AbortController().signal): RunContext & { worked: string[] } {
  const worked: string[] = [];
  let seconds = 0;
  return {
    worked,
    signal,
    backend: 'auto',
    ranOn: 'simd',
    note: () => {},
    progress: (label) => {
      worked.push(label);
      return { update() {}, end() {} };
    },
    now: () => ++seconds,
  };
}

const options = (folder: string): ReproduceOptions => ({
  data: join(folder, 'data'),
  scale: 'demo',
  out: join(folder, 'out'),
  resume: false,
  seed: 1,
  samples: 1024,
  factor: 4,
});

test('all sets every cell of Tables 1 to 4 beside the paper and stores what it finds', async ({ folder }) => {
  const { base, query } = generateManifold({ rows: 520, queries: 40, dim: 64, seed: 1 });
  mkdirSync(join(folder, 'data'));
  await writeVectors(join(folder, 'data', 'tiny_base.fvecs'), base);
  await writeVectors(join(folder, 'data', 'tiny_query.fvecs'), query);
  const { lines, report } = await reproduce('all', options(folder), context());
  const table1 = report.cells.table1!;
  const find = (row: string, column: string) => table1.find((cell) => cell.row === row && cell.column === column)!;
  assert.is(find('CNT 4x', '1@1').paper, TABLE_1_HNSW.Deep1M[2]!.recall1at1);
  assert.is(find('CNT 4x', 'indexing / full').paper, 100 / 300);
  assert.is(find('PCA 4x', '1@1').verdict, 'control');
  assert.is(find('full vectors', '1@1').reason === '' || find('full vectors', '1@1').verdict === 'differs', true);
  const table4 = report.cells.table4!;
  assert.is(table4.length, 5 * 6);
  for (const { method, bruteForce } of TABLE_4.Deep1M) {
    const cell = table4.find(({ row, column }) => row === METHODS[method].label && column === 'brute force 1@5')!;
    assert.is(cell.paper, bruteForce[1]);
  }
  // 520 points and ef = 200: the graph finds nearly all, so both searches in the compressed space agree.
  for (const method of ['PCA', 'VAE', 'CNT']) {
    const at = (column: string) => table4.find((cell) => cell.row === method && cell.column === column)!.ours;
    assert.ok(Math.abs(at('HNSW 1@1') - at('brute force 1@1')) <= 2.5);
  }
  assert.ok(lines.some((line) => line.includes('paper') && line.includes('verdict') && line.includes('reason')));
  const written = readdirSync(join(folder, 'out'));
  for (const name of ['all.html', 'all.md', 'all.json', 'figure3.svg', 'models', 'steps'])
    assert.ok(written.includes(name), name);
  const stored = JSON.parse(readFileSync(join(folder, 'out', 'all.json'), 'utf8'));
  assert.equal(stored.cells, JSON.parse(JSON.stringify(report.cells)));
});

test('Table 4 by brute force is the recall of its own models', async ({ folder }) => {
  const { cells } = JSON.parse(readFileSync(join(folder, 'out', 'all.json'), 'utf8')) as { cells: { table4: Cell[] } };
  const [base, query] = await Promise.all(
    ['tiny_base.fvecs', 'tiny_query.fvecs'].map((name) => readVectors(join(folder, 'data', name))),
  );
  const truth = nearest(base!, query!, 100).ids;
  const srp = SrpCompressor.create({ dIn: 64, dOut: 16, seed: 1 });
  const found = nearest(srp.encode(base!), srp.encode(query!), 100).ids;
  const ranks = [1, 5, 10];
  assert.equal(
    ranks.map(
      (rank) => cells.table4.find(({ row, column }) => row === 'SRP' && column === `brute force 1@${rank}`)!.ours,
    ),
    ranks.map((rank) => 100 * recallAt(found, truth, rank)),
  );
});

test('counts shrink with the dimension and do not depend on the machine', async ({ folder }) => {
  const { measured } = JSON.parse(readFileSync(join(folder, 'out', 'all.json'), 'utf8'));
  const [full, cnt, pca] = measured.table1 as Table1Result[];
  assert.is(full!.method, 'none');
  assert.is(full!.indexingMultiplyAdds, 64 * full!.indexingDistances);
  assert.is(cnt!.indexingMultiplyAdds, 16 * cnt!.indexingDistances);
  assert.is(pca!.factor, 4);
  assert.ok(full!.distancesPerQuery > EF_SEARCH.Deep1M);
});

test('resume runs no finished step again and gives the same cells', async ({ folder }) => {
  const before = readFileSync(join(folder, 'out', 'all.json'), 'utf8');
  const again = context();
  const { report } = await reproduce('all', { ...options(folder), resume: true }, again);
  assert.equal(again.worked, ['computing true neighbors']);
  assert.equal(JSON.parse(JSON.stringify(report.cells)), JSON.parse(before).cells);
});

test('tables one by one, in another order, resumed in between, are the same to the last digest', async ({ folder }) => {
  const whole = JSON.parse(readFileSync(join(folder, 'out', 'all.json'), 'utf8')).measured;
  const out = join(folder, 'one-by-one');
  for (const [place, target] of (['table3', 'table4', 'table2', 'table1'] as const).entries()) {
    const { report } = await reproduce(target, { ...options(folder), factor: 4, out, resume: place > 0 }, context());
    for (const [name, rows] of Object.entries(report.measured)) {
      assertSame(untimed(rows), untimed(whole[name]), name);
    }
  }
});

/** Without what a clock measures. */
function untimed(measured: unknown): unknown {
  return JSON.parse(JSON.stringify(measured, (name, value) => (/seconds|PerSecond/i.test(name) ? undefined : value)));
}

test('another seed is another result: nothing stored is taken for it', async ({ folder }) => {
  const other = context();
  await reproduce('table4', { ...options(folder), resume: true, seed: 2, samples: 512 }, other);
  assert.ok(other.worked.includes('training CNT 4x'));
});

test('an interrupted training leaves a checkpoint from which resume goes on to the same model', async ({ folder }) => {
  const chosen = { ...options(folder), samples: 2048, seed: 3 };
  const straight = await reproduce('table4', { ...chosen, out: join(folder, 'straight') }, context());
  const controller = new AbortController();
  const stopping = context(controller.signal);
  const progress = stopping.progress;
  const interrupted: RunContext = {
    ...stopping,
    progress: (label) => ({
      ...progress(label),
      update: (done, total) => {
        if (label === 'training CNT 4x' && done / total > 0.5) controller.abort();
      },
    }),
  };
  const out = join(folder, 'stopped');
  let stopped: unknown;
  await reproduce('table4', { ...chosen, out }, interrupted).catch((error) => {
    stopped = error;
  });
  assert.is((stopped as Error).name, 'AbortError');
  assert.ok(readdirSync(join(out, 'models')).some((file) => file.endsWith('.checkpoint')));
  const resumed = await reproduce('table4', { ...chosen, out, resume: true }, context());
  assert.equal(resumed.report.cells, straight.report.cells);
  assert.equal(
    resumed.report.measured.table4!.map((row) => row.modelDigest),
    straight.report.measured.table4!.map((row) => row.modelDigest),
  );
  assert.not.ok(readdirSync(join(out, 'models')).some((file) => file.endsWith('.checkpoint')));
});

test('data that a factor does not divide, and a scale without data, are refused in one line', async ({ folder }) => {
  const refused = async (changed: Partial<ReproduceOptions>, message: RegExp) => {
    const wrong = { ...options(folder), out: join(folder, 'refused'), ...changed };
    let error: unknown;
    await reproduce('table1', wrong, context()).catch((caught) => {
      error = caught;
    });
    assert.instance(error, RangeError);
    assert.match((error as Error).message, message);
    assert.not.match((error as Error).message, /\n/);
  };
  await refused({ factor: 3 }, /expected a dimension that 3 divides, got 64/);
  const { data: _, ...without } = { ...options(folder), scale: 'small' as const };
  let error: unknown;
  await reproduce('table1', without, context()).catch((caught) => {
    error = caught;
  });
  assert.match((error as Error).message, /expected --data DIR at scale small/);
});

test('figure 3 is the formula of Eq. 5: 2 near zero, 0.01 from the boundary on, falling between', () => {
  const { curve, svg } = figure3();
  assert.is(curve[0]![1], 2);
  for (const [ratio, weight] of curve) {
    const expected = Math.min(2, Math.max(0.01, -Math.log(ratio)));
    assert.ok(Math.abs(weight - expected) < 1e-6, `${ratio}: ${weight}`);
  }
  assert.is(svg.split('<polyline').length - 1, 1);
});

test.run();
