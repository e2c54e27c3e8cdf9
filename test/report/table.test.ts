import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { markdownTable, textTable } from '../../src/report/table.ts';

const table = [
  ['method', '1@1', 'note'],
  ['PCA', '9.5', 'a | b'],
  ['CNT', '59.4', ''],
];

test('textTable aligns figures to the right and words to the left', () => {
  assert.is(
    textTable(table),
    ['method   1@1  note', '------  ----  -----', 'PCA      9.5  a | b', 'CNT     59.4'].join('\n'),
  );
});

test('markdownTable escapes bars and marks figure columns', () => {
  assert.is(
    markdownTable(table),
    ['| method | 1@1 | note |', '|---|---:|---|', '| PCA | 9.5 | a \\| b |', '| CNT | 59.4 |  |'].join('\n'),
  );
});

test('a ragged or empty table is refused with both lengths', () => {
  assert.throws(() => textTable([['a', 'b'], ['c']]), /expected 2 cells in row 1, got 1/);
  assert.throws(() => markdownTable([]), /expected a header row/);
});

test.run();
