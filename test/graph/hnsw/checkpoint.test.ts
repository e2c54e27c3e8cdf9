import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Counts } from '../../../kernels/operands.ts';
import { threadsSupported } from '../../../kernels/threads/start-worker.ts';
import { graphArrays } from '../../../src/graph/graph-arrays.ts';
import { buildHnsw, type HnswOptions } from '../../../src/graph/hnsw/build.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import type { Archive } from '../../../src/tensor/named-arrays.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { VectorSet } from '../../../src/tensor/vectors/vector-set.ts';
import { assertSame } from '../../support/same.ts';

const [ROWS, DIM] = [1300, 8];
const random = new Random(1, 'hnsw-checkpoint');
const points = createMatrix(
  ROWS,
  DIM,
  Float32Array.from({ length: ROWS * DIM }, () => random.normal()),
);

/** Says that it has worked more than it has, so that building often looks up. */
class TiringSet extends VectorSet {
  override get counts(): Readonly<Counts> {
    const { distances, multiplyAdds } = super.counts;
    return { distances, multiplyAdds: 2000 * multiplyAdds };
  }
}

const sourceFor = (threads: number) => new TiringSet(points, { attachable: threads - 1 });

/** Builds until `stores` checkpoints are written; `undefined` where it was interrupted then. */
async function build(options: Omit<HnswOptions, 'checkpoints'>, last: Archive | undefined, stores: number) {
  const controller = new AbortController();
  const stored: Archive[] = [];
  const checkpoints = {
    input: () => 'points',
    last,
    due: () => true,
    store: async (checkpoint: Archive) => {
      stored.push(structuredClone(checkpoint));
      if (stored.length === stores) controller.abort(new Error('enough'));
    },
  };
  const building = buildHnsw(sourceFor(options.threads ?? 1), { ...options, checkpoints, signal: controller.signal });
  const built = await building.catch((error: Error) => {
    assert.is(error.message, 'enough');
    return undefined;
  });
  return { built, stored };
}

const PROFILES = [
  { profile: 'canonical', threads: 1 },
  { profile: 'faiss', threads: 1 },
  { profile: 'batch', threads: 1 },
  ...(threadsSupported() ? ([{ profile: 'batch', threads: 2 }] as const) : []),
] as const;
if (!threadsSupported()) console.log('skip: this engine has no threads');

for (const { profile, threads } of PROFILES) {
  const options = { M: 4, efConstruction: 16, profile, threads, seed: 3 };

  test(`${profile}, ${threads} threads: interrupted again and again, the graph and its work are those of one building`, async () => {
    const whole = await buildHnsw(sourceFor(threads), options);
    let last: Archive | undefined;
    let interruptions = 0;
    for (let stores = 1; ; stores += 3) {
      const { built, stored } = await build(options, last, stores);
      last = stored.at(-1) ?? last;
      if (built === undefined) {
        interruptions++;
        continue;
      }
      assertSame(graphArrays(built.graph), graphArrays(whole.graph));
      assert.is(built.counts.distances, whole.counts.distances);
      if (threads === 1) assert.equal(built.counts, whole.counts); // other threads do not tire
      break;
    }
    assert.ok(interruptions >= 2, String(interruptions));
  });
}

test('a checkpoint of another graph, and a damaged one, are refused in one line', async () => {
  const options = { M: 4, efConstruction: 16, seed: 3 } as const;
  const { stored } = await build(options, undefined, 2);
  const last = stored[1]!;
  const says = async (checkpoint: Archive, more: Partial<HnswOptions> = {}, input = 'points'): Promise<string> => {
    const checkpoints = { input: () => input, last: checkpoint, due: () => false, store: async () => {} };
    const building = buildHnsw(sourceFor(1), { ...options, ...more, checkpoints });
    return building.then(
      () => 'accepted',
      (error: Error) => error.message,
    );
  };
  assert.is(await says(last), 'accepted');
  const other = /^HNSW checkpoint: expected one of a graph with (\w+) .+; resume with the same data and options\.$/;
  assert.is(other.exec(await says(last, { M: 5 }))?.[1], 'M');
  assert.is(other.exec(await says(last, { efConstruction: 17 }))?.[1], 'ef');
  assert.is(other.exec(await says(last, { seed: 4 }))?.[1], 'seed');
  assert.is(other.exec(await says(last, { profile: 'faiss' }))?.[1], 'profile');
  assert.is(other.exec(await says(last, { keepPrunedConnections: true }))?.[1], 'keepPruned');
  assert.is(other.exec(await says(last, {}, 'other points'))?.[1], 'input');
  const oldBatches = { ...last, parameters: { ...last.parameters, profile: 'batch' } }; // their points did not see each other
  assert.is(other.exec(await says(oldBatches, { profile: 'batch' }))?.[1], 'largestBatch');

  const changed = (name: string, change: (data: Int32Array) => void): Archive => {
    const copy = structuredClone(last);
    change(copy.arrays.get(name)!.data as Int32Array);
    return copy;
  };
  const with_ = (parameters: object): Archive => ({ ...last, parameters: { ...last.parameters, ...parameters } });
  assert.match(await says(changed('base/links', (links) => links.fill(ROWS, 0, 1))), /ids from 0 to 1299, then -1/);
  assert.match(await says(changed('base/links', (links) => links.fill(-1, 0, 1))), /ids from 0 to 1299, then -1/);
  assert.match(await says(changed('base/settled', (settled) => settled.fill(99, 0, 1))), /chosen together, got 99/);
  assert.match(await says(with_({ done: ROWS + 1 })), /"done" to be an integer from 0 to 1300/);
  assert.match(await says(with_({ maxLevel: 9 })), /"entry" to be on level 9/);
  assert.match(await says({ ...last, kind: 'hnsw' }), /an archive of kind hnsw-checkpoint, got hnsw/);
  const arrays = new Map([...last.arrays].filter(([name]) => name !== 'upper/lengths'));
  assert.match(await says({ ...last, arrays }), /"upper\/lengths" of float32 .+, got none/);
});

test.run();
