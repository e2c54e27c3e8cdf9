import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AblationName } from '../../../src/paper/ablations/ablations.ts';
import type { Measured } from '../../../src/paper/claims/claim.ts';
import {
  EXPERIMENT_CLAIMS,
  ledger,
  ledgerBlocks,
  ledgerTable,
  PRINTED_CLAIMS,
} from '../../../src/paper/claims/ledger.ts';
import { htmlPage } from '../../../src/report/html-page.ts';
import { markdownTable } from '../../../src/report/table.ts';
import { assertSame } from '../../support/same.ts';

const NOTHING: Measured = { comparedWith: 'Deep1M', rows: 20_000 };

/** Two graphs at each factor; `gain` is what a point of compression changes in 100@100. */
function graphs(
  seconds4: number,
  gain: number,
  multiplyAdds4: number,
  meanDegree4: number,
): NonNullable<Measured['table1']> {
  const full = {
    indexingSeconds: 100,
    indexingMultiplyAdds: 1000,
    distancesPerQuery: 900,
    recall1at1: 99,
    recall100at100: 95,
  };
  return [
    { method: 'none', factor: 1, ...full, meanDegree: 30 },
    {
      method: 'cnt',
      factor: 4,
      ...full,
      indexingSeconds: seconds4,
      indexingMultiplyAdds: multiplyAdds4,
      recall100at100: 95 + gain,
      meanDegree: meanDegree4,
    },
  ];
}

function codes(pq: number, lc: number, catalyst: number, pca: number, speed: number): NonNullable<Measured['table2']> {
  const row = (method: 'none' | 'cnt' | 'pca' | 'catalyst', codec: 'PQ' | 'L&C', gain: number) =>
    ({
      method,
      codec,
      bytes: 16,
      queriesPerSecond: [method === 'none' ? 100 : speed, 90, 120],
      recall1at1: 20 + gain,
      recall1at5: 40 + gain,
    }) as const;
  return [
    row('none', 'PQ', 0),
    row('cnt', 'PQ', pq),
    row('catalyst', 'PQ', catalyst),
    row('pca', 'PQ', pca),
    row('none', 'L&C', 0),
    row('cnt', 'L&C', lc),
  ];
}

function scalar(sq8: number, cnt: number, both: number): NonNullable<Measured['table3']> {
  return [
    { method: 'none', range: 'none', indexingSeconds: 100 },
    { method: 'none', range: 'dimension', indexingSeconds: sq8 },
    { method: 'none', range: 'uniform', indexingSeconds: 55 },
    { method: 'cnt', range: 'none', indexingSeconds: cnt },
    { method: 'cnt', range: 'dimension', indexingSeconds: both },
  ];
}

function compression(
  figures: Record<'srp' | 'pca' | 'vae' | 'linear' | 'cnt', number>,
): NonNullable<Measured['table4']> {
  return Object.entries(figures).map(
    ([method, at1]) => ({ method: method as 'srp', bruteForce: [at1, 90, 95], hnsw: [at1, 90, 95] }) as const,
  );
}

/** Two seeds, the second a little higher; `others` are the weights that stand beside the default's. */
function ablations(ours: number, heavier: number, others: number): NonNullable<Measured['ablations']> {
  const weaker = ['plain distance loss', '1 projection', 'position bias', 'linear map'] as const;
  const weights = ['alpha 1', 'alpha 4', 'beta 0', 'beta 0.1'] as const;
  return [1, 2].flatMap((seed) => {
    const row = (name: AblationName, recall10at10: number, parameters: number) => {
      return { name, seed, recall1at1: 58, recall10at10: recall10at10 + 0.02 * seed, parameters };
    };
    return [
      row('default', ours, 1000),
      row('MLP ratio 4', heavier, 2000),
      ...weaker.map((name) => row(name, 69, 900)),
      ...weights.map((name) => row(name, others, 1000)),
    ];
  });
}

const AGREEING: Measured = {
  comparedWith: 'Deep1M',
  rows: 1_000_000,
  table1: graphs(33, 0.2, 250, 31),
  table1Nsg: graphs(45, 0.2, 250, 31),
  table2: codes(16, 1, 3, 12, 104),
  table3: scalar(50, 33, 25),
  table4: compression({ srp: 17, pca: 54, vae: 44, linear: 56, cnt: 58.5 }),
  ablations: ablations(70, 70.1, 69.9),
};
const CONTRARY: Measured = {
  comparedWith: 'Deep1M',
  rows: 1_000_000,
  table1: graphs(60, -0.5, 400, 29).map((row) => ({ ...row, distancesPerQuery: 1500 })),
  table1Nsg: graphs(80, -0.5, 400, 29),
  table2: codes(2, -3, 5, 4, 96).map((row) =>
    row.codec === 'L&C' && row.method === 'cnt' ? { ...row, recall1at1: 25, recall1at5: 39 } : row,
  ),
  table3: scalar(120, 130, 125),
  table4: compression({ srp: 50, pca: 54, vae: 44, linear: 53.8, cnt: 54.2 }),
  ablations: ablations(69, 70, 70),
};

test('without figures no experiment is judged: it was not measured, or cannot be', () => {
  for (const { id, verdict } of ledger(NOTHING).experiments) {
    if (id === 'scalar-instructions') continue; // decided by counting alone
    assert.ok(verdict === 'not measured in this run' || verdict === 'not testable here', `${id}: ${verdict}`);
  }
});

test('every claim that an experiment decides is confirmed by figures that agree and not by figures that contradict', () => {
  const confirmed = ledger(AGREEING).experiments;
  const refuted = new Map(ledger(CONTRARY).experiments.map((claim) => [claim.id, claim]));
  let decided = 0;
  for (const { id, verdict, figures } of confirmed) {
    if (verdict === 'not testable here' || id === 'scalar-instructions') continue;
    assert.is(verdict, 'confirmed', `${id}: ${figures}`);
    assert.is(refuted.get(id)!.verdict, 'not confirmed', `${id}: ${refuted.get(id)!.figures}`);
    decided++;
  }
  assert.is(decided, 26);
});

test('the figures that decided are in the text', () => {
  const found = new Map(ledger(AGREEING).experiments.map(({ id, figures }) => [id, figures]));
  assert.is(found.get('hnsw-recall'), 'full 95.00; CNT 4x +0.20 points');
  assert.is(found.get('catalyst'), '16 bytes: Catalyst +3.0, CNT +16.0');
  assert.match(found.get('highest-accuracy')!, 'CNT 58.5; SRP 17.0 (+41.5), PCA 54.0 (+4.5), VAE 44.0 (+14.5)');
  assert.match(found.get('position')!, 'default: 10@10 70.03, 1@1 58.0, 1,000 parameters; position bias: 10@10 69.03');
});

test('every verdict and every text is that of the fixture', () => {
  const fixture = fileURLToPath(new URL('../../fixtures/ledger.txt', import.meta.url));
  const lines = Object.entries({ NOTHING, AGREEING, CONTRARY }).flatMap(([name, measured]) => {
    const { experiments, printed } = ledger(measured);
    return [...experiments, ...printed].map(({ id, test, verdict, figures }) =>
      name === 'NOTHING' ? `${id} | ${test}` : `${name} | ${id} | ${verdict} | ${figures}`,
    );
  });
  assertSame(lines, readFileSync(fixture, 'utf8').trimEnd().split('\n'));
});

test('a graph whose links were not counted judges nothing of them', () => {
  const [full, four] = AGREEING.table1!;
  const verdictOf = (table1: NonNullable<Measured['table1']>) =>
    ledger({ ...AGREEING, table1 }).experiments.find(({ id }) => id === 'extra-links')!.verdict;
  for (const table1 of [
    [{ ...full!, meanDegree: undefined }, four!],
    [full!, { ...four!, meanDegree: undefined }],
  ]) {
    assert.is(verdictOf(table1 as NonNullable<Measured['table1']>), 'not measured in this run');
  }
});

test('a claim about a million rows is not judged on fewer', () => {
  const { experiments } = ledger({ ...AGREEING, rows: 20_000 });
  assert.is(experiments.find(({ id }) => id === 'visited')!.verdict, 'not testable here');
});

test('seconds too few are not judged', () => {
  const brief = AGREEING.table1!.map((row) => ({ ...row, indexingSeconds: row.indexingSeconds / 100 }));
  const briefer = AGREEING.table3!.map((row) => ({ ...row, indexingSeconds: row.indexingSeconds / 100 }));
  const { experiments } = ledger({ ...AGREEING, table1: brief, table3: briefer });
  for (const id of ['hnsw-speed', 'indexing-saved', 'scalar-speed', 'scalar-both']) {
    const { verdict, figures } = experiments.find((claim) => claim.id === id)!;
    assert.is(verdict, 'not testable here', id);
    assert.match(figures, '1.0 s of building are too few to judge');
  }
});

test('one training of CNT and of the linear map decides nothing', () => {
  const { ablations: _, ...once } = AGREEING;
  const { verdict, figures } = ledger(once).experiments.find(({ id }) => id === 'transformer')!;
  assert.is(verdict, 'not decided at this budget');
  assert.match(figures, 'CNT 58.5; linear 56.0 (+2.5); one training each');
});

test('where the graph on full vectors finds all, no gain of recall is judged', () => {
  const all = AGREEING.table1!.map((row) => ({ ...row, recall100at100: 99.95 }));
  const { experiments } = ledger({ ...AGREEING, table1: all, table1Nsg: all });
  for (const id of ['hnsw-recall', 'nsg-recall', 'extra-links']) {
    const { verdict, figures } = experiments.find((claim) => claim.id === id)!;
    assert.is(verdict, 'not testable here', id);
    assert.match(figures, 'finds all here');
  }
});

test('a ratio of seconds is judged by the rows that are there: none without full vectors', () => {
  const { experiments } = ledger({ ...NOTHING, table1: AGREEING.table1!.slice(1) });
  for (const id of ['hnsw-speed', 'hnsw-recall', 'linear-cost', 'visited', 'indexing-saved']) {
    assert.is(experiments.find((claim) => claim.id === id)!.verdict, 'not measured in this run', id);
  }
});

test('what the paper prints in two places is compared figure by figure', () => {
  const found = new Map(ledger(AGREEING).printed.map((claim) => [claim.id, claim]));
  const expected = {
    'printed-11.7': ['not confirmed', 'the table gives +15.7; ours at 16 bytes: +16.0'],
    'printed-95.60': [
      'not confirmed',
      'the row of GIST1M has 95.27 (1@1 +0.60, 100@100 +0.88); 95.60 and +0.37 are those of Deep1M',
    ],
    'printed-lc': [
      'not confirmed',
      'printed: GIST1M 60 bytes -0.7, GIST1M 30 bytes +0.3, Deep1M 32 bytes +0.8, Deep1M 16 bytes +0.4',
    ],
    'printed-0.9': ['not confirmed', 'the two rows differ by 0.8'],
    'printed-pq': [
      'not confirmed',
      'printed: GIST1M 60 bytes +16.5, GIST1M 30 bytes +5.7, Deep1M 32 bytes +21.0, Deep1M 16 bytes +15.7',
    ],
    'printed-table-4': ['confirmed', '80.1 - 70.1 = 10.0, 80.1 - 49.2 = 30.9'],
  };
  for (const [id, [verdict, figures]] of Object.entries(expected)) {
    assert.equal([found.get(id)!.verdict, found.get(id)!.figures], [verdict, figures]);
  }
  assert.match(found.get('printed-bound')!.figures, 'as printed 0.066, with 4 ln m 0.630');
  assert.is(found.get('printed-bound')!.verdict, 'not confirmed');
  assert.match(found.get('printed-saved')!.figures, 'HNSW GIST1M 2x 38 %');
  assert.is(found.get('printed-two-searches')!.verdict, 'confirmed');
});

test('claims have ids of their own; the ledger fits a page and a table', () => {
  const ids = [...EXPERIMENT_CLAIMS, ...PRINTED_CLAIMS].map(({ id }) => id);
  assert.is(new Set(ids).size, ids.length);
  const made = ledger(AGREEING);
  const html = htmlPage({ title: 't', lead: [], sections: [{ title: 'Claims', blocks: ledgerBlocks(made) }] });
  for (const id of ids) assert.match(html, `id="claim-${id}"`);
  assert.is(markdownTable(ledgerTable(made)).split('\n').length, ids.length + 2);
});

test('every quote stands in the paper, part by part', () => {
  const path = fileURLToPath(new URL('../../../../shared/paper.md', import.meta.url));
  if (!existsSync(path)) return console.log('skip: the paper is not beside the repository');
  const plain = (text: string) =>
    text
      .replace(/\\epsilon/g, 'ε')
      .toLowerCase()
      .replace(/[^a-z0-9ε]/g, '');
  const paper = plain(readFileSync(path, 'utf8'));
  for (const { id, quote } of [...EXPERIMENT_CLAIMS, ...PRINTED_CLAIMS]) {
    for (const part of quote.split('…')) assert.ok(paper.includes(plain(part)), `${id}: ${part}`);
  }
});

test.run();
