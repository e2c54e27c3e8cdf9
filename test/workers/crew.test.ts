import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withCrew } from '../../src/workers/crew.ts';
import { inSharedMemory } from '../../src/workers/shared-memory.ts';
import type { Task } from '../../src/workers/task.ts';

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

const nothing = () => new Int32Array(0);

test('one thread does every chunk in order, here', async () => {
  const numbers = Int32Array.of(1, 2, 3, 4, 5);
  const begun: number[] = [];
  await withCrew(squares, numbers, nothing, 1, (crew) =>
    crew.run('square', 5, (count) => {
      begun.push(count);
      return undefined;
    }),
  );
  assert.equal(numbers, Int32Array.of(1, 4, 9, 16, 25));
  assert.equal(begun, [1, 2, 3, 4, 5]);
  const failing = message(() => withCrew(squares, numbers, nothing, 1, (crew) => crew.run('fail', 5)));
  assert.is(await failing, 'RangeError squares: expected another chunk, got 3.');
});

test('what a worker cannot do reaches the caller as one line; crews of several threads wait for each other', async () => {
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
  let open = 0;
  const failing = () =>
    message(() =>
      withCrew(
        squares,
        new Int32Array(9),
        () => inSharedMemory(new Int32Array(9)),
        3,
        async (crew) => {
          assert.is(++open, 1);
          try {
            for (;;) await crew.run('square', 2, pause);
          } finally {
            open--;
          }
        },
      ),
    );
  for (const answer of await Promise.all([failing(), failing(), failing()])) {
    assert.is(answer, 'Error A worker thread: expected a task it knows, got squares.');
  }
});

test('a number of threads that is none is refused', async () => {
  for (const threads of [0, -1, 1.5, Number.NaN]) {
    const open = () => withCrew(squares, new Int32Array(1), nothing, threads, async () => {});
    assert.is(await message(open), `RangeError threads: expected a whole number from 1, got ${threads}.`);
  }
});

test.run();
