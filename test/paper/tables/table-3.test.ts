import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Cell } from '../../../src/paper/tables/cell.ts';
import { measureTable3, type Table3Result, table3Cells, table3Counts } from '../../../src/paper/tables/table-3.ts';
import { experimentOn } from '../experiment/experiment-on.ts';

const recalls = { recall1at1: 99, recall1at10: 100, recall100at100: 95, resultDigest: '' };
const full: Table3Result = {
  method: 'none',
  factor: 1,
  range: 'none',
  indexingSeconds: 40,
  indexingDistances: 2e6,
  indexingMultiplyAdds: 8e9,
  compressingSeconds: 0,
  overVectors: recalls,
  modelDigest: '',
  graphDigest: '',
};
const scalar: Table3Result = {
  ...full,
  range: 'dimension',
  indexingSeconds: 20,
  overCodes: { ...recalls, recall1at1: 98.5 },
};
const uniform: Table3Result = { ...scalar, range: 'uniform' };
const both: Table3Result = { ...scalar, method: 'cnt', factor: 4, indexingSeconds: 10, indexingMultiplyAdds: 2e9 };

test('the cells of Table 3: both readings beside the printed row, codes of one range as a control', () => {
  const cells = table3Cells(experimentOn({}), [full, scalar, uniform, both]);
  const find = (row: string, column: string): Cell => cells.find((cell) => cell.row === row && cell.column === column)!;
  const pair = (row: string, column: string) => [find(row, column).paper, find(row, column).ours];
  assert.equal(pair('full vectors', 'indexing s'), [300, 40]);
  assert.equal(pair('full vectors + SQ8', '1@1'), [99.7, 99]);
  assert.equal(pair('full vectors + SQ8', '1@1 on codes'), [99.7, 98.5]);
  assert.equal(pair('full vectors + SQ8', 'indexing / full'), [148 / 300, 0.5]);
  assert.equal(pair('CNT 4x + SQ8', '100@100'), [95.55, 95]);
  assert.equal(pair('CNT 4x + SQ8', 'indexing / full'), [74 / 300, 0.25]);
  assert.is(find('full vectors + SQ8 uniform', '1@1').verdict, 'control');
  assert.is(find('full vectors', '1@1 on codes'), undefined);
  assert.is(cells.length, 4 + 3 * 8);
  assert.equal(table3Counts([full, both]).slice(1), [
    ['full vectors', '2.0 M', '8.0 G', '1.000'],
    ['CNT 4x + SQ8', '2.0 M', '2.0 G', '0.250'],
  ]);
});

test('graphs on bytes find what graphs on vectors find, over vectors; over codes a little less', async () => {
  const rows = await measureTable3(experimentOn({}));
  assert.equal(
    rows.map(({ method, range }) => `${method} ${range}`),
    ['none none', 'none dimension', 'none uniform', 'cnt none', 'cnt dimension', 'cnt uniform'],
  );
  for (const { method, range, factor, overVectors, overCodes, ...row } of rows) {
    // 600 points, M = 48, ef = 200: a graph on anything near finds all of the nearest 100.
    if (method === 'none') assert.ok(overVectors.recall100at100 > 99.5, `${range}: ${overVectors.recall100at100}`);
    assert.is(overCodes === undefined, range === 'none');
    if (overCodes && method === 'none') assert.ok(overCodes.recall100at100 > 95, `${overCodes.recall100at100}`); // 98.6
    assert.is(row.indexingMultiplyAdds, (16 / factor) * row.indexingDistances);
  }
});

test.run();
