import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Job } from '../../src/threads/job.ts';
import { inSharedMemory } from '../../src/threads/shared-memory.ts';
import type { Task } from '../../src/threads/task.ts';

/** Unknown to the workers: what they answer is an error. */
const squares: Task<Int32Array, Int32Array> = {
  name: 'squares',
  attach: (shared) => shared,
  steps: (numbers) => ({
    square(chunk) {
      numbers[chunk]! **= 2;
    },
    fail(chunk) {
      if (chunk === 3) throw new RangeError('squares: expected another chunk, got 3.');
    },
  }),
  counts: () => ({ distances: 0, multiplyAdds: 0 }),
};

const message = async (run: () => unknown): Promise<string> => {
  try {
    await run();
  } catch (error) {
    return `${(error as Error).name} ${(error as Error).message}`;
  }
  return '';
};

test('one thread does every chunk in order, here', async () => {
  const numbers = Int32Array.of(1, 2, 3, 4, 5);
  const job = Job.open(squares, numbers, () => new Int32Array(0), 1);
  const begun: number[] = [];
  await job.run('square', 5, (count) => {
    begun.push(count);
    return undefined;
  });
  assert.equal(numbers, Int32Array.of(1, 4, 9, 16, 25));
  assert.equal(begun, [1, 2, 3, 4, 5]);
  assert.is(await message(() => job.run('fail', 5)), 'RangeError squares: expected another chunk, got 3.');
  job.close();
});

test('what a worker cannot do reaches the caller as one line, and the job ends', async () => {
  const job = Job.open(squares, new Int32Array(9), () => inSharedMemory(new Int32Array(9)), 3);
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
  const failing = message(async () => {
    for (;;) await job.run('square', 2, pause);
  });
  assert.is(await failing, 'Error A worker thread: expected a task it knows, got squares.');
  job.close();
});

test('a number of threads that is none is refused', async () => {
  for (const threads of [0, -1, 1.5, Number.NaN]) {
    const open = () => Job.open(squares, new Int32Array(1), () => new Int32Array(1), threads);
    assert.is(await message(open), `RangeError threads: expected a whole number from 1, got ${threads}.`);
  }
});

test.run();
