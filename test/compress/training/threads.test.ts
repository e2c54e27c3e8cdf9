import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels } from '../../../kernels/backend.ts';
import { awaitThreads } from '../../../kernels/threads/pool.ts';
import { trainCatalyst } from '../../../src/compress/catalyst/train-catalyst.ts';
import { trainCnt } from '../../../src/compress/cnt/training/train-cnt.ts';
import type { Compressor } from '../../../src/compress/compressor.ts';
import { trainPca } from '../../../src/compress/projection/pca.ts';
import { trainVae } from '../../../src/compress/vae/train-vae.ts';
import { generateManifold } from '../../../src/data/manifold.ts';
import { encodeSafetensors } from '../../../src/io/container/safetensors.ts';

/** Odd sizes, large enough for most calls of a step to be split. */
const { base } = generateManifold({ rows: 451, queries: 0, dim: 132, seed: 1 });
const SHORT = { factor: 4, batch: 149, samples: 3 * 149, evaluations: 1, backend: 'simd' } as const;

test.before(() => {
  createKernels({ bytes: 64, threads: 5 });
  assert.is(awaitThreads(30_000), 5);
});

/** Of the model, and of what it makes of the base. */
function digest(model: Compressor, threads: number): string {
  const { data } = model.encode(base, { backend: 'simd', threads });
  const hash = createHash('sha256').update(encodeSafetensors(model.toNamedArrays()));
  return hash.update(new Uint8Array(data.buffer)).digest('hex');
}

const METHODS: Readonly<Record<string, (threads: number) => Compressor | Promise<Compressor>>> = {
  cnt: (threads) => trainCnt(base, { ...SHORT, threads }),
  linear: (threads) => trainCnt(base, { ...SHORT, network: 'linear', threads }),
  vae: (threads) => trainVae(base, { ...SHORT, threads }),
  catalyst: (threads) => trainCatalyst(base, { ...SHORT, batch: 64, samples: 128, threads }),
  pca: (threads) => trainPca(base, { dOut: 33, backend: 'simd', threads }),
};

for (const [method, train] of Object.entries(METHODS)) {
  test(`${method}: 1, 2 and 5 threads train the same model, which compresses the same`, async () => {
    const one = digest(await train(1), 1);
    for (const threads of [2, 5]) assert.is(digest(await train(threads), threads), one, `${threads} threads`);
  });
}

test.run();
