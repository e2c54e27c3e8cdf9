import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildHnsw } from '../../src/graph/hnsw/build.ts';
import { VectorSet } from '../../src/tensor/vectors/vector-set.ts';
import { letFirstWorkerDie } from '../support/mortal-workers.ts';
import { normalMatrix } from '../support/normals.ts';

const points = normalMatrix(3000, 16, 'death');

async function build(threads: number): Promise<Int32Array> {
  const source = new VectorSet(points, { attachable: threads - 1 });
  const { graph } = await buildHnsw(source, { M: 8, efConstruction: 40, profile: 'batch', threads });
  return graph.base.links;
}

/** Until a worker is there in time to take part. */
async function failure(threads: number): Promise<string> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      await build(threads);
    } catch (error) {
      return (error as Error).message;
    }
  }
  return 'nothing';
}

const CASES = [
  { how: 'heap', threads: 2, reason: 'Worker terminated due to reaching memory limit: JS heap out of memory' },
  // One worker more than there are by now.
  { how: 'exit', threads: 3, reason: 'an exit with code 3' },
] as const;

/** A caller that waits for ever ends here. */
setTimeout(() => {
  console.log('expected an error, got nothing for 60 s');
  process.exit(1);
}, 60_000).unref();

for (const { how, threads, reason } of CASES) {
  test(`a worker that dies in the middle of a chunk (${how}) is one clear line, and the next crew has another`, async () => {
    const alone = await build(1);
    letFirstWorkerDie(how);
    assert.is(await failure(threads), `A worker thread: expected to run until the end, got ${reason}.`);
    assert.equal(await build(threads), alone);
  });
}

test.run();
