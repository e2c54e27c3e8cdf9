import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fencedBlocks, runProgram } from './code-blocks.ts';

test('the example of the README prints what stands below it', async () => {
  const blocks = fencedBlocks('README.md', 'ts');
  assert.is(blocks.length, 1);
  assert.is(await runProgram(blocks.join('')), fencedBlocks('README.md', 'text').join(''));
});

test.run();
