import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { trainCatalyst } from '../../src/compress/catalyst/train-catalyst.ts';
import { trainCnt } from '../../src/compress/cnt/training/train-cnt.ts';
import type { Compressor } from '../../src/compress/compressor.ts';
import { loadCompressor } from '../../src/compress/load-compressor.ts';
import { trainPca } from '../../src/compress/projection/pca.ts';
import { SrpCompressor } from '../../src/compress/projection/sparse-projection.ts';
import { trainVae } from '../../src/compress/vae/train-vae.ts';
import { generateManifold } from '../../src/data/manifold.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/io/container/safetensors.ts';
import { assertSame } from '../support/same.ts';

const { base, query } = generateManifold({ rows: 80, queries: 5, dim: 16, seed: 1 });

test('every method comes back from safetensors with the same results', async () => {
  const length = { batch: 16, samples: 32, evaluations: 1 };
  const models: Compressor[] = [
    await trainCnt(base, length),
    await trainCnt(base, { ...length, network: 'linear' }),
    trainPca(base, { dOut: 4 }),
    SrpCompressor.create({ dIn: 16, dOut: 4, seed: 1 }),
    await trainVae(base, length),
    await trainCatalyst(base, length),
  ];
  assert.equal(
    models.map((model) => model.method),
    ['cnt', 'linear-inrp', 'pca', 'srp', 'vae', 'catalyst'],
  );
  for (const model of models) {
    const bytes = encodeSafetensors(model.toNamedArrays());
    const loaded = loadCompressor(decodeSafetensors(bytes));
    assert.is(loaded.method, model.method);
    assert.is(loaded.dIn, 16);
    assert.is(loaded.dOut, 4);
    assertSame(loaded.encode(query), model.encode(query));
    assert.equal(encodeSafetensors(loaded.toNamedArrays()), bytes);
  }
});

test('loadCompressor refuses an unknown method, and none', () => {
  const expected = 'loadCompressor: expected a model of method cnt, linear-inrp, pca, srp, vae, catalyst, got ';
  for (const [metadata, got] of [
    [{}, 'undefined'],
    [{ method: 'ae' }, 'ae'],
    [{ method: 'toString' }, 'toString'],
  ] as const) {
    assert.throws(
      () => loadCompressor({ arrays: new Map(), metadata }),
      (error: unknown) => error instanceof RangeError && error.message === `${expected}${got}.`,
    );
  }
});

test.run();
