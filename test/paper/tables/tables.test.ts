import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { neighborGraphFor } from '../../../src/paper/printed/settings.ts';
import { type Cell, recallCell } from '../../../src/paper/tables/cell.ts';
import { measureTable1, type Table1Result, table1Cells, table1Counts } from '../../../src/paper/tables/table-1.ts';
import { measureTable4, table4Cells } from '../../../src/paper/tables/table-4.ts';
import type { Ids } from '../../../src/tensor/nearest/neighbors.ts';
import { context, experimentOn } from '../experiment/experiment-on.ts';

const full: Table1Result = {
  method: 'none',
  factor: 1,
  indexingSeconds: 40,
  indexingDistances: 2e6,
  indexingMultiplyAdds: 8e9,
  compressingSeconds: 0,
  queriesPerSecond: [500, 400, 600],
  distancesPerQuery: 1234.5,
  hopsPerQuery: 100.2,
  recall1at1: 99,
  recall1at10: 100,
  recall100at100: 95,
  reachableFraction: 1,
  meanDegree: 40.125,
  sweep: [],
  modelDigest: '',
  graphDigest: '',
  resultDigest: '',
};
const cnt: Table1Result = {
  ...full,
  method: 'cnt',
  factor: 4,
  indexingSeconds: 10,
  indexingMultiplyAdds: 2e9,
  compressingSeconds: 1.25,
  recall1at1: 97,
  recall1at10: 99.5,
  recall100at100: 96.25,
  reachableFraction: 0.995,
};

test('the cells of Table 1: each figure beside its own, shares and gains by the full vectors', () => {
  const cells = table1Cells(experimentOn({}), [full, cnt]);
  const find = (row: string, column: string): Cell => cells.find((cell) => cell.row === row && cell.column === column)!;
  const pair = (row: string, column: string) => [find(row, column).paper, find(row, column).ours];
  assert.equal(pair('full vectors', 'indexing s'), [300, 40]);
  assert.equal(pair('full vectors', 'search q/s'), [861, 500]);
  assert.equal(pair('CNT 4x', '1@1'), [99.8, 97]);
  assert.equal(pair('CNT 4x', '1@10'), [100, 99.5]);
  assert.equal(pair('CNT 4x', '100@100'), [95.6, 96.25]);
  assert.equal(pair('CNT 4x', 'indexing / full'), [100 / 300, 10 / 40]);
  assert.equal(pair('CNT 4x', '100@100 - full'), [95.6 - 95.23, 1.25]);
  assert.equal(pair('CNT 4x', 'compressing s'), [4.64, 1.25]);
  assert.equal(
    ['1@1', '1@10', '100@100 - full', 'indexing / full'].map((column) => find('CNT 4x', column).verdict),
    ['differs', 'agrees', 'agrees', 'agrees'],
  );
  assert.is(find('CNT 4x', '1@1').reason, 'fewer rows');
  assert.is(cells.length, 5 + 8);
  assert.equal(table1Counts([full, cnt]).slice(1), [
    ['full vectors', '2.0 M', '8.0 G', '1.000', '1235', '100', '100.00 %', '40.13'],
    ['CNT 4x', '2.0 M', '2.0 G', '0.250', '1235', '100', '99.50 %', '40.13'],
  ]);
});

test('the cells of NSG bear its name, stand beside its own figures, and say how the k-NN graph was scaled', () => {
  const parameters = { method: 'nn-descent', K: 100, L: 150, iter: 10, S: 12, R: 100 } as const;
  const nsg = (row: Table1Result) => ({ ...row, neighborGraph: { parameters, multiplyAdds: 1e9 } });
  const cells = table1Cells(experimentOn({}), [nsg(full), nsg(cnt)], 'NSG');
  const find = (row: string, column: string): Cell => cells.find((cell) => cell.row === row && cell.column === column)!;
  const pair = (row: string, column: string) => [find(row, column).paper, find(row, column).ours];
  assert.equal(pair('full vectors', 'NSG indexing s'), [505, 40]);
  assert.equal(pair('CNT 4x', 'NSG search q/s'), [842, 500]);
  assert.equal(pair('CNT 4x', 'NSG 1@1'), [99.6, 97]);
  assert.equal(pair('CNT 4x', 'NSG indexing / full'), [209 / 505, 10 / 40]);
  assert.equal(pair('CNT 4x', 'NSG 100@100 - full'), [94.92 - 94.53, 1.25]);
  assert.is(find('CNT 4x', 'NSG 1@1').reason, 'fewer rows; k-NN graph of GK 100, not 200');
  assert.is(cells.length, 5 + 7);
  const [head, first] = table1Counts([nsg(full), nsg(cnt)]);
  assert.equal([head![4], first![4]], ['k-NN graph', '1.0 G']);
});

test('the k-NN graph is that of the paper from 50 rows a neighbor on, and smaller below', () => {
  const { K, L } = { K: 400, L: 450 };
  assert.equal(neighborGraphFor('GIST1M', 1_000_000), { method: 'nn-descent', K, L, iter: 12, S: 15, R: 100 });
  assert.equal(neighborGraphFor('GIST1M', 10_000), { method: 'nn-descent', K: 200, L: 250, iter: 12, S: 15, R: 100 });
  assert.equal(neighborGraphFor('Deep1M', 10_000), { method: 'nn-descent', K: 200, L: 250, iter: 10, S: 12, R: 100 });
  assert.equal(neighborGraphFor('Deep1M', 600), { method: 'nn-descent', K: 20, L: 70, iter: 10, S: 12, R: 100 });
});

test('NSG of Table 1 counts its k-NN graph, and reaches every point', async () => {
  const [row] = await measureTable1(experimentOn({}), [], 1, 'NSG');
  assert.is(row!.reachableFraction, 1);
  assert.is(row!.indexingMultiplyAdds, 16 * row!.indexingDistances);
  const first = row!.neighborGraph!.multiplyAdds;
  assert.ok(first > 0 && first < row!.indexingMultiplyAdds);
  assert.ok(row!.recall100at100 > 95, `100@100 ${row!.recall100at100}`);
});

test('a difference that prints as the tolerance is within it, one digit more is not', () => {
  const verdict = (ours: number, digits: number) => recallCell('r', 'c', 95, ours, '', digits).verdict;
  assert.equal([verdict(94, 1), verdict(93.96, 1), verdict(93.94, 1)], ['agrees', 'agrees', 'differs']);
  assert.equal([verdict(96.004, 2), verdict(96.006, 2)], ['agrees', 'differs']);
});

test('an interruption is noticed between two repetitions of a search', async () => {
  const controller = new AbortController();
  const end = (): void => void setTimeout(() => controller.abort(new Error('enough')), 0); // once the graph is built
  const interrupted = { ...context, signal: controller.signal, progress: () => ({ update() {}, end }) };
  const attempt = measureTable1(experimentOn({}, interrupted), [], 300);
  const error = await attempt.catch((reason) => reason);
  assert.is(error.message, 'enough');
});

test('the recalls of Tables 1 and 4 are those of their rank, of truths whose first id stands at a known place', async () => {
  // Turned by p places, the true list begins with the id that is found at place p.
  const honest = experimentOn({});
  const turned = (places: readonly number[]): Ids => {
    const truth = honest.data.truth.data.slice();
    for (let q = 0; q < 40; q++) {
      const list = honest.data.truth.data.subarray(q * 100, q * 100 + 100);
      for (let i = 0; i < 100; i++) truth[q * 100 + i] = list[(i + places[q % places.length]!) % 100]!;
    }
    return { ...honest.data.truth, data: truth };
  };
  // A quarter of the queries each: found first, fifth, tenth, eleventh.
  const experiment = experimentOn({ truth: turned([0, 4, 9, 10]) });
  const [row] = await measureTable1(experiment, [], 1);
  // 600 points, M = 48, ef = 200: the graph finds all of the nearest 100.
  assert.equal([row!.recall1at1, row!.recall1at10, row!.recall100at100], [25, 75, 100]);

  const results = await measureTable4(experiment);
  assert.equal(
    results.map(({ method }) => method),
    ['srp', 'pca', 'vae', 'linear', 'cnt'],
  );
  for (const { bruteForce, hnsw } of results) {
    assert.ok(bruteForce[0] <= bruteForce[1] && bruteForce[1] <= bruteForce[2] && bruteForce[0] < bruteForce[2]);
    assert.equal(hnsw, bruteForce);
  }
  const cells = table4Cells(experiment, results);
  const pca = cells.filter(({ row }) => row === 'PCA');
  assert.equal(
    pca.map(({ column, paper }) => [column, paper]),
    [
      ['brute force 1@1', 61.2],
      ['brute force 1@5', 90.8],
      ['brute force 1@10', 95.3],
      ['HNSW 1@1', 61.1],
      ['HNSW 1@5', 90.7],
      ['HNSW 1@10', 95.3],
    ],
  );
  assert.match(cells.find(({ row }) => row === 'CNT')!.reason, /^fewer rows; 1,024 training samples$/);
  assert.match(
    cells.find(({ row }) => row === 'VAE')!.reason,
    /^fewer rows; 1,024 training samples; divergence weighted 0\.01$/,
  );
});

test.run();
