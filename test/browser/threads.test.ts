import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chromium, runInChromium } from '../support/chromium.ts';

type Compared = Readonly<Record<'page' | 'worker', Readonly<Record<string, boolean>>>>;

interface Refused {
  readonly kernels: string;
  readonly index: string;
  readonly alone: string;
}

const program = chromium();
if (!program) console.log('skip: threads in a browser (no Chromium is installed)');
else {
  const [compared, refused] = [
    (await runInChromium(program, 'test/browser/threads.ts', true)) as Compared | undefined,
    (await runInChromium(program, 'test/browser/threads.ts')) as Refused | undefined,
  ];
  for (const caller of compared ? (['page', 'worker'] as const) : []) {
    test(`in Chromium, called by a ${caller}, two threads start, take part, and give the bits of one`, () => {
      const checks = Object.entries(compared![caller]);
      assert.is(checks.length, 8);
      for (const [what, holds] of checks) assert.ok(holds, what);
    });
  }
  if (refused) {
    test('in a page that is not cross-origin isolated, two threads are refused in one line, and one computes', () => {
      assert.is(
        refused.kernels,
        'createKernels: expected shared memory and workers for 2 threads, got an engine without them (a page must be cross-origin isolated).',
      );
      assert.is(
        refused.index,
        'threads: expected an engine with threads that share memory for 2 of them, got one without; a page must be cross-origin isolated.',
      );
      assert.is(refused.alone, 'nothing');
    });
  }
}
test.run();
