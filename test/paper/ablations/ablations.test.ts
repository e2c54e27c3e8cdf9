import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ablationTable } from '../../../src/paper/ablations/ablation-table.ts';
import {
  ABLATIONS,
  type AblationName,
  finishedAblations,
  measureAblations,
} from '../../../src/paper/ablations/ablations.ts';
import { ledger } from '../../../src/paper/claims/ledger.ts';
import { Experiment } from '../../../src/paper/experiment/experiment.ts';
import { StepStore } from '../../../src/paper/experiment/step-store.ts';
import { BUDGET } from '../../../src/paper/run/scale.ts';
import { comparedTables } from '../../../src/paper/tables/compared-tables.ts';
import { measureFigures } from '../../../src/paper/tables/figures.ts';
import { context, experimentOn } from '../experiment/experiment-on.ts';

const test = suite('ablations', { folder: '' });
test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'cnt-ablations-'));
});
test.after(({ folder }) => rmSync(folder, { recursive: true }));

/** Trainings of one step each, kept in `folder`. */
function experiment(
  folder: string,
  resume: boolean,
  seed = 1,
): { readonly run: Experiment; readonly worked: string[] } {
  const worked: string[] = [];
  const progress = (label: string) => {
    worked.push(label);
    return { update() {}, end() {} };
  };
  const { data } = experimentOn({});
  const run = new Experiment(data, { ...context, progress }, new StepStore(folder, resume, context), {
    seed,
    samples: 256,
  });
  return { run, worked };
}

test('every network trains, stands in one table, and feeds the claims', async ({ folder }) => {
  const { run } = experiment(folder, false);
  const choices = { ...BUDGET.demo, factors: [4], names: ABLATIONS, seeds: 1 };
  const figures = await measureFigures(['ablations'], run, choices);
  const [{ title, more }] = comparedTables(run, figures) as [ReturnType<typeof comparedTables>[number]];
  assert.is(title, 'Ablations, 4x, 256 training samples: fewer rows');
  assert.equal(
    more[0]!.slice(1).map(([name]) => name),
    [...ABLATIONS],
  );
  const results = figures.ablations!;
  const find = (wanted: AblationName) => results.find(({ name }) => name === wanted)!;
  const ours = find('default');
  // Without position bias the network does not know the order of its tokens.
  const last = find('compression token last');
  assert.equal([last.parameters, last.recall10at10], [ours.parameters, ours.recall10at10]);
  assert.ok(find('MLP ratio 4').parameters > ours.parameters);
  assert.is(new Set(results.map(({ modelDigest }) => modelDigest)).size, ABLATIONS.length);
  const { experiments } = ledger({ comparedWith: 'Deep1M', rows: 600, ablations: results });
  for (const id of ['inrp', 'many-projections', 'position', 'light-mlp', 'inrp-weights', 'transformer']) {
    assert.is(experiments.find((claim) => claim.id === id)!.verdict, 'not decided at this budget', id);
  }
});

test('processes that share a folder each leave their part, and a last one finds all of it', async ({ folder }) => {
  const names = ['default', 'linear map'] as const;
  for (const name of names) {
    const { run, worked } = experiment(folder, true);
    await measureAblations(run, { names: [name], seeds: 2 });
    assert.equal(worked, [`training 2 of 2: ${name}, seed 2`]); // seed 1 stands there since the first test
  }
  const { run, worked } = experiment(folder, true);
  const all = await finishedAblations(run);
  assert.equal(worked, []);
  assert.is(all.length, ABLATIONS.length + 2);
  const rows = ablationTable(all);
  assert.match(rows.find(([name]) => name === 'linear map')![4]!, /^[-+]\d+\.\d\d ± \d/);
  assert.equal(rows.find(([name]) => name === 'default')!.slice(4, 6), ['', '2']);
});

test('a table and an ablation share the model of one seed', async ({ folder }) => {
  const before = readdirSync(join(folder, 'models')).length;
  const { run, worked } = experiment(folder, true, 2);
  await run.compressor('cnt', 4);
  await run.compressor('linear', 4);
  assert.equal(worked, []);
  assert.is(readdirSync(join(folder, 'models')).length, before);
});

test('without --resume nothing that is finished is taken', async ({ folder }) => {
  assert.equal(await finishedAblations(experiment(folder, false).run), []);
});

test.run();
