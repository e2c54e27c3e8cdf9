import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { trainCnt } from '../../../src/compress/cnt/training/train-cnt.ts';
import { generateManifold } from '../../../src/data/manifold.ts';
import { encodeSafetensors } from '../../../src/io/container/safetensors.ts';
import type { Archive } from '../../../src/tensor/named-arrays.ts';

const { base } = generateManifold({ rows: 200, queries: 0, dim: 16, seed: 1 });
const TINY = { factor: 2, batch: 16, samples: 640, evaluations: 1 } as const; // 40 steps, 11 an epoch

test('checkpoints come as often as asked for, by the clock that is given, each good to resume from', async () => {
  const checkpoints: Archive[] = [];
  const run = async (checkpointInterval: number | undefined): Promise<Uint8Array> => {
    let clock = 0;
    checkpoints.length = 0;
    const compressor = await trainCnt(base, {
      ...TINY,
      now: () => clock,
      checkpointInterval,
      onProgress: () => {
        clock += 10;
      },
      onCheckpoint: (archive) => void checkpoints.push(archive),
    });
    return encodeSafetensors(compressor.toNamedArrays());
  };
  const steps = () => checkpoints.map(({ parameters }) => parameters['step']);
  const straight = await run(undefined);
  assert.equal(steps(), [0], 'the evaluation before the first step');
  assert.equal(await run(95), straight);
  assert.equal(steps(), [0, 10, 20, 30, 40]);
  for (const resume of [checkpoints[1]!, checkpoints[4]!]) {
    const resumed = await trainCnt(base, { ...TINY, resume });
    assert.equal(encodeSafetensors(resumed.toNamedArrays()), straight);
  }
});

test.run();
