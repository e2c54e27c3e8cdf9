import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { simdSupported } from '../../../kernels/backend.ts';
import { CatalystCompressor } from '../../../src/compress/catalyst/catalyst-compressor.ts';
import { trainCatalyst } from '../../../src/compress/catalyst/train-catalyst.ts';
import { CntCompressor } from '../../../src/compress/cnt/cnt-compressor.ts';
import { trainVae } from '../../../src/compress/vae/train-vae.ts';
import { VaeCompressor } from '../../../src/compress/vae/vae-compressor.ts';
import { generateManifold } from '../../../src/data/manifold.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import type { NamedArray, NamedArrays } from '../../../src/tensor/named-arrays.ts';
import { assertSame } from '../../support/same.ts';

const { base } = generateManifold({ rows: 100, queries: 0, dim: 12, seed: 1 });
const SHORT = { dOut: 4, batch: 16, samples: 32, evaluations: 1, hidden: 8 };
const vae = (await trainVae(base, SHORT)).toNamedArrays();
const catalyst = (await trainCatalyst(base, SHORT)).toNamedArrays();

function changed(
  { arrays, metadata }: NamedArrays,
  array: [string, NamedArray | undefined] | undefined,
  texts: Record<string, string> = {},
): NamedArrays {
  const result = new Map(arrays);
  if (array?.[1]) result.set(array[0], array[1]);
  else if (array) result.delete(array[0]);
  return { arrays: result, metadata: { ...metadata, ...texts } };
}

test('a VAE keeps the parameters of its encoder and its mean, and no others', () => {
  assert.equal(
    [...vae.arrays.keys()],
    [
      'encoder.fc.weight',
      'encoder.bn.weight',
      'encoder.bn.bias',
      'encoder.bn.running_mean',
      'encoder.bn.running_var',
      'mean.weight',
      'mean.bias',
    ],
  );
});

test('encode gives a row the same bits wherever it stands, with every backend', () => {
  for (const model of [VaeCompressor.fromNamedArrays(vae), CatalystCompressor.fromNamedArrays(catalyst)]) {
    const all = model.encode(base, { backend: 'reference' });
    const one = model.encode(createMatrix(1, 12, base.data.slice(99 * 12)), { backend: 'reference' });
    assertSame(one.data, all.data.slice(99 * 4));
    if (simdSupported()) assertSame(model.encode(base, { backend: 'simd' }), all);
    else console.log('skip: no WebAssembly SIMD');
  }
});

test('encode of a VAE refuses other columns, under its own name', () => {
  const model = VaeCompressor.fromNamedArrays(vae);
  assert.throws(() => model.encode(createMatrix(1, 11)), /^VaeCompressor\.encode: expected 12 columns, got 11\.$/m);
});

test('fromNamedArrays of VAE and Catalyst say in one line what is missing or wrong', () => {
  const network = vae.metadata['network']!;
  const shape = { shape: [4], data: new Float32Array(4) };
  const wrong: [() => unknown, RegExp][] = [
    [() => VaeCompressor.fromNamedArrays(changed(vae, ['mean.bias', undefined])), /expected a tensor mean\.bias/],
    [() => VaeCompressor.fromNamedArrays(changed(vae, ['log_var.bias', shape])), /expected no tensor log_var\.bias/],
    [
      () => VaeCompressor.fromNamedArrays(changed(vae, ['mean.bias', { shape: [4], data: new Int32Array(4) }])),
      /^VAE model: expected mean\.bias in float32, got int32\.$/,
    ],
    [() => VaeCompressor.fromNamedArrays(catalyst), /^VAE model: expected a network of kind vae, got "catalyst"\.$/],
    [() => CatalystCompressor.fromNamedArrays(vae), /^Catalyst model: expected a network of kind catalyst, got "vae"/],
    [() => CntCompressor.fromNamedArrays(vae), /^CNT model: expected a network of kind cnt or linear, got "vae"\.$/],
    [
      () => VaeCompressor.fromNamedArrays(changed(vae, undefined, { method: 'cnt' })),
      /expected method vae for its network, got cnt/,
    ],
    [
      () => VaeCompressor.fromNamedArrays(changed(vae, undefined, { network: network.replace('"hidden":8', '"h":8') })),
      /^VAE model: expected whole numbers dIn and dOut and hidden from 1, got \{/,
    ],
    [
      () => VaeCompressor.fromNamedArrays(changed(vae, undefined, { network: network.replace('"dOut":', '"dOut":1') })),
      /^VAE model: expected dOut to be a whole number from 1 to 12, got 1\d\.$/,
    ],
    [
      () => VaeCompressor.fromNamedArrays(changed(vae, undefined, { network: network.replace(':8', ':9') })),
      /encoder\.fc\.weight: expected shape \(9, 12\), got \(8, 12\)/,
    ],
    [
      () => CatalystCompressor.fromNamedArrays(changed(catalyst, undefined, { standardization: '{"mean":0}' })),
      /^Catalyst model: expected a standardization with mean and std > 0/,
    ],
  ];
  for (const [load, message] of wrong) {
    assert.throws(
      load,
      (error: unknown) => error instanceof RangeError && message.test(error.message) && !error.message.includes('\n'),
      `${message}`,
    );
  }
});

test.run();
