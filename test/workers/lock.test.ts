import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { releaseLock, takeLock } from '../../src/workers/lock.ts';

test('a lock held by another thread is waited for', async () => {
  const locks = new Int32Array(new SharedArrayBuffer(8));
  takeLock(locks, 1);
  assert.equal([...locks], [0, 1]);
  const release = `const { workerData } = require('node:worker_threads'); setTimeout(() => Atomics.store(workerData, 1, 0), 5);`;
  const worker = new Worker(release, { eval: true, workerData: locks });
  takeLock(locks, 1);
  assert.is(locks[1], 1);
  releaseLock(locks, 1);
  assert.equal([...locks], [0, 0]);
  await worker.terminate();
});

test('a lock that is never given back is an error in the end', () => {
  const locks = new Int32Array(new SharedArrayBuffer(8));
  takeLock(locks, 1);
  const { wait } = Atomics;
  let waits = 0;
  Atomics.wait = () => {
    waits++;
    return 'timed-out';
  };
  try {
    const message = /^takeLock: expected lock 1 to be given back, got one held for 10000 waits\.$/;
    assert.throws(() => takeLock(locks, 1), message);
  } finally {
    Atomics.wait = wait;
  }
  assert.is(waits, 10_000);
});

test.run();
