import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cellTable, measuredCell, ratioCell, recallCell } from '../../../src/paper/tables/cell.ts';

test('a recall within one point agrees and needs no reason', () => {
  assert.equal(recallCell('r', 'c', 97.4, 96.4, 'why').verdict, 'agrees');
  assert.is(recallCell('r', 'c', 97.4, 96.4, 'why').reason, '');
  assert.equal(recallCell('r', 'c', 97.4, 96.2, 'why').verdict, 'differs');
  assert.is(recallCell('r', 'c', 97.4, 96.2, 'why').reason, 'why');
});

test('a cost ratio within 0.1 agrees; a figure without a counterpart is a control', () => {
  assert.equal(ratioCell('r', 'c', 0.334, 0.43, 'why').verdict, 'agrees');
  assert.equal(ratioCell('r', 'c', 0.334, 0.5, 'why').verdict, 'differs');
  assert.equal(ratioCell('r', 'c', undefined, 0.5, 'why').verdict, 'control');
  assert.equal(measuredCell('r', 'c', 733, 60, 0, 'other machine').verdict, 'not comparable');
});

test('cellTable prints paper, ours, difference, verdict and reason', () => {
  assert.equal(cellTable([recallCell('CNT 4x', '1@1', 80.9, 78.25, 'fewer rows')])[1], [
    'CNT 4x',
    '1@1',
    '80.9',
    '78.3',
    '-2.7',
    'differs',
    'fewer rows',
  ]);
});

test.run();
