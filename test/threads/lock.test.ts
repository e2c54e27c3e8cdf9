import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { releaseLock, takeLock } from '../../src/threads/lock.ts';

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

test.run();
