import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { requireThreads } from '../../../kernels/threads/require-threads.ts';

test('an engine without shared memory has one thread, and refuses more in one line', () => {
  const present = globalThis.SharedArrayBuffer;
  requireThreads(2);
  try {
    Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
    requireThreads(1);
    assert.throws(
      () => requireThreads(2),
      /^threads: expected an engine with threads .* for 2 of them, got one without/,
    );
  } finally {
    globalThis.SharedArrayBuffer = present;
  }
});

test('how many is a whole number, up to the most', () => {
  requireThreads(3, 3);
  for (const threads of [0, -1, 1.5, Number.NaN]) {
    assert.throws(
      () => requireThreads(threads),
      new RegExp(`^threads: expected a whole number from 1, got ${threads}`),
    );
  }
  assert.throws(() => requireThreads(4, 3), /^threads: expected a whole number from 1 to 3, got 4\.$/);
});

test.run();
