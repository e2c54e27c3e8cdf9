import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fencedBlocks, runProgram } from './code-blocks.ts';

const TOUR = 'docs/tour-inrp.md';

test('the blocks of the tour, one after the other, print what stands below them', async () => {
  const blocks = fencedBlocks(TOUR, 'ts');
  assert.ok(blocks.length >= 7, `${blocks.length} blocks`);
  assert.is(await runProgram(blocks.join('')), fencedBlocks(TOUR, 'text').join(''));
});

test.run();
