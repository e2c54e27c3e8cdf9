import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chromium, runInChromium } from '../support/chromium.ts';

interface Report {
  readonly refused: Readonly<Record<'kernels' | 'index' | 'alone', string>>;
  readonly page: Readonly<Record<string, boolean>>;
  readonly worker: Readonly<Record<string, boolean>>;
}

const program = chromium();
if (!program) console.log('skip: threads in a browser (no Chromium is installed)');
const report = (program === undefined ? undefined : await runInChromium(program, 'test/browser/threads.ts')) as
  | Report
  | undefined;
const inChromium = report ? test : test.skip;

for (const caller of ['page', 'worker'] as const) {
  inChromium(`in Chromium, called by a ${caller}, two threads start, take part, and give the bits of one`, () => {
    const checks = Object.entries(report![caller]);
    assert.is(checks.length, 8);
    for (const [what, holds] of checks) assert.ok(holds, what);
  });
}

inChromium('in a page that is not cross-origin isolated, two threads are refused in one line, and one computes', () => {
  assert.equal(report!.refused, {
    kernels:
      'threads: expected an engine with threads that share memory for 2 of them, got one without; a page must be cross-origin isolated.',
    index:
      'threads: expected an engine with threads that share memory for 2 of them, got one without; a page must be cross-origin isolated.',
    alone: 'nothing',
  });
});

test.run();
