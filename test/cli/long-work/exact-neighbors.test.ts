import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exactNeighbors } from '../../../src/cli/long-work/exact-neighbors.ts';
import type { Session } from '../../../src/cli/session/command.ts';
import { InterruptedError } from '../../../src/cli/session/failures.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import { nearest } from '../../../src/tensor/nearest/nearest.ts';
import { Random } from '../../../src/tensor/random/random.ts';

function integers(rows: number, name: string): Matrix {
  const random = new Random(1, name);
  return createMatrix(
    rows,
    3,
    Float32Array.from({ length: rows * 3 }, () => random.below(9)),
  );
}

function session(signal: AbortSignal, seen: [number, number][] = []): Session {
  return {
    signal,
    backend: 'auto',
    threads: 1,
    gpuFor: async () => undefined,
    ranOn: 'simd',
    write: async () => true,
    memory: { limit: undefined, available: undefined },
    note: () => {},
    progress: () => ({ update: (done, total) => void seen.push([done, total]), end: () => {} }),
    now: () => 0,
  };
}

test('a search with pauses gives what one without gives, ties and counts included', async () => {
  const base = integers(2500, 'base');
  const queries = integers(20, 'queries');
  const seen: [number, number][] = [];
  const found = await exactNeighbors(base, queries, 30, session(new AbortController().signal, seen));
  const whole = nearest(base, queries, 30);
  assert.equal(found.ids, whole.ids);
  assert.equal(found.counts, whole.counts);
  assert.equal(seen, [
    [20 * 1024, 20 * 2500],
    [20 * 2048, 20 * 2500],
    [20 * 2500, 20 * 2500],
  ]);
});

test('more neighbors than a block has rows', async () => {
  const base = integers(2100, 'base');
  const queries = integers(2, 'queries');
  const found = await exactNeighbors(base, queries, 2050, session(new AbortController().signal));
  assert.equal(found.ids, nearest(base, queries, 2050).ids);
});

test('an interruption is noticed between two blocks', async () => {
  const controller = new AbortController();
  controller.abort(new InterruptedError());
  const attempt = exactNeighbors(integers(5, 'base'), integers(1, 'queries'), 1, session(controller.signal));
  const error = await attempt.catch((reason) => reason);
  assert.instance(error, InterruptedError);
});

test.run();
