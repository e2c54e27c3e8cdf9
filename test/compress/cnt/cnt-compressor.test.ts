import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels, simdSupported } from '../../../kernels/backend.ts';
import { ParameterSet } from '../../../src/autodiff/parameters.ts';
import { CntCompressor } from '../../../src/compress/cnt/cnt-compressor.ts';
import { cntConfig } from '../../../src/compress/cnt/cnt-config.ts';
import { encodedWith, type InrpNetwork } from '../../../src/compress/cnt/inrp-network.ts';
import { Encoder } from '../../../src/compress/network/encoder.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import type { NamedArray, NamedArrays } from '../../../src/tensor/named-arrays.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { assertSame } from '../../support/same.ts';

const CNT: InrpNetwork = { kind: 'cnt', config: cntConfig('paper', { dIn: 12, dOut: 4, projections: 3 }) };
const LINEAR: InrpNetwork = { kind: 'linear', config: { dIn: 12, dOut: 4 } };
const STANDARDIZATION = { mean: 0.25, std: 1.5 };

function untrained(network: InrpNetwork): CntCompressor {
  const kernels = referenceKernels();
  const encoded = encodedWith({ network, standardization: STANDARDIZATION });
  const encoder = new Encoder(kernels, new ParameterSet(kernels, { gradients: false }), encoded);
  encoder.parameters.initialize(1);
  const parameters = new Map<string, NamedArray>();
  for (const { name, shape, value } of encoder.parameters.all())
    parameters.set(name, { shape, data: Float32Array.from(value) });
  return new CntCompressor({ network, standardization: STANDARDIZATION, parameters, record: { history: '[]' } });
}

function noise(rows: number): Matrix {
  const random = new Random(1, 'noise');
  return createMatrix(
    rows,
    12,
    Float32Array.from({ length: rows * 12 }, () => random.normal()),
  );
}

test('encode gives a row the same bits wherever it stands: alone, among few, in a full chunk, in the last one', () => {
  const x = noise(600);
  const model = untrained(CNT);
  const all = model.encode(x, { backend: 'reference' });
  for (const row of [0, 255, 256, 511, 512, 590]) {
    for (const count of [1, 8, 9]) {
      const few = createMatrix(count, 12, x.data.slice(row * 12, (row + count) * 12));
      const encoded = model.encode(few, { backend: 'reference' });
      assertSame(encoded.data, all.data.slice(row * 4, (row + count) * 4), `${count} rows from ${row}`);
    }
  }
});

test('encode returns the same bits with every backend', () => {
  if (!simdSupported()) {
    console.log('skip: no WebAssembly SIMD');
    return;
  }
  const x = noise(300);
  const model = untrained(CNT);
  assertSame(model.encode(x, { backend: 'simd' }), model.encode(x, { backend: 'reference' }));
});

test('encode of the linear control is W (x - mean) / std', () => {
  const model = untrained(LINEAR);
  const x = noise(3);
  const weight = model.toNamedArrays().arrays.get('W.weight')!.data;
  const encoded = model.encode(x, { backend: 'reference' });
  for (let r = 0; r < 3; r++) {
    for (let i = 0; i < 4; i++) {
      let sum = 0;
      for (let c = 0; c < 12; c++) sum += Number(weight[i * 12 + c]) * ((x.data[r * 12 + c]! - 0.25) / 1.5);
      assert.ok(Math.abs(sum - encoded.data[r * 4 + i]!) < 1e-6);
    }
  }
});

test('encode reports progress in rows', () => {
  const seen: [number, number][] = [];
  untrained(LINEAR).encode(noise(300), { backend: 'reference', onProgress: (...now) => seen.push(now) });
  assert.equal(seen, [
    [256, 300],
    [300, 300],
  ]);
});

test('encode refuses other columns and values that are not finite', () => {
  const model = untrained(CNT);
  assert.throws(() => model.encode(createMatrix(1, 11)), /^CntCompressor\.encode: expected 12 columns, got 11\.$/m);
  const x = noise(2);
  x.data[13] = Number.NaN;
  assert.throws(
    () => model.encode(x),
    /^CntCompressor\.encode: expected finite values, got NaN at row 1, column 1\.$/m,
  );
});

test('encode refuses to return what is not finite: numbers too large, a running variance below 0', () => {
  const model = untrained(CNT);
  const x = noise(2);
  x.data.fill(3e38, 12);
  const message = /^CntCompressor\.encode: expected values from -2\^48 to 2\^48 .* at row 1, column 0; /;
  assert.throws(() => model.encode(x), message);
  const saved = model.toNamedArrays();
  const arrays = new Map(saved.arrays).set('cp_bn.running_var', { shape: [4], data: new Float32Array(4).fill(-1) });
  assert.throws(() => CntCompressor.fromNamedArrays({ ...saved, arrays }).encode(noise(1)), /result: expected finite/);
});

test('a model whose sizes are far beyond its tensors is refused before memory is taken for it', () => {
  const saved = untrained(CNT).toNamedArrays();
  for (const [from, to, message] of [
    ['"dIn":12', '"dIn":1000000000000', /cp\.weight: expected shape \(4, 1000000000000\), got \(4, 12\)\.$/],
    [
      '"projections":3',
      '"projections":1000000000000',
      /proj\.weight: expected shape \(4000000000000, 12\), got \(12, 12\)\.$/,
    ],
    ['"mlpRatio":2', '"mlpRatio":1000000000000', /fc1\.weight: expected shape \(4000000000000, 4\), got \(8, 4\)\.$/],
    [
      '"stages":[1,1]',
      '"stages":[1,1000000000000]',
      /^CNT model: expected tensors for 1000000000001 transformer blocks, got \d+ tensors\.$/,
    ],
  ] as const) {
    const network = saved.metadata['network']!.replace(from, to);
    assert.throws(() => CntCompressor.fromNamedArrays({ ...saved, metadata: { ...saved.metadata, network } }), message);
  }
});

test('a model of no rows is encoded as no rows', () => {
  assertSame(untrained(CNT).encode(createMatrix(0, 12)), createMatrix(0, 4));
});

test('toNamedArrays and back gives the same arrays, metadata and results', () => {
  for (const network of [CNT, LINEAR]) {
    const model = untrained(network);
    const saved = model.toNamedArrays();
    const loaded = CntCompressor.fromNamedArrays(saved);
    assertSame(loaded.toNamedArrays(), saved);
    assertSame(loaded.encode(noise(5)), model.encode(noise(5)));
  }
});

test('fromNamedArrays says in one line what is missing or wrong', () => {
  const saved = untrained(CNT).toNamedArrays();
  const change = (arrays: [string, NamedArray | undefined][], metadata: Record<string, string | undefined> = {}) => {
    const changed = new Map(saved.arrays);
    for (const [name, array] of arrays) array ? changed.set(name, array) : changed.delete(name);
    const texts = Object.entries({ ...saved.metadata, ...metadata }).filter(([, text]) => text !== undefined);
    return { arrays: changed, metadata: Object.fromEntries(texts) } as NamedArrays;
  };
  const linear = JSON.stringify(LINEAR);
  const wrong: [NamedArrays, RegExp][] = [
    [change([['A.weight', undefined]]), /expected a tensor A\.weight, got none/],
    [change([['extra', { shape: [1], data: new Float32Array(1) }]]), /expected no tensor extra/],
    [
      change([['A.weight', { shape: [12, 4], data: new Float32Array(48) }]]),
      /A\.weight: expected shape \(4, 12\), got \(12, 4\)/,
    ],
    [
      change([['A.weight', { shape: [4, 12], data: new Float32Array(48).fill(Number.NaN) }]]),
      /A\.weight: expected finite values, got NaN/,
    ],
    [
      change([['A.weight', { shape: [4, 12], data: new Float64Array(48) }]]),
      /expected A\.weight in float32, got float64/,
    ],
    [change([], { network: undefined }), /expected metadata network, got none/],
    [change([], { network: '{' }), /expected metadata network to be JSON, got \{/],
    [change([], { network: '{"kind":"rnn","config":{}}' }), /expected a network of kind cnt or linear, got "rnn"/],
    [change([], { network: linear }), /expected method linear-inrp for its network, got cnt/],
    [change([], { network: saved.metadata['network']!.replace('"dOut":4', '"dOut":0') }), /expected dOut to be/],
    [change([], { standardization: '{"mean":0,"std":0}' }), /expected a standardization with mean and std > 0/],
    [change([], { standardization: 'null' }), /expected a standardization with mean and std > 0/],
  ];
  for (const [arrays, message] of wrong) {
    assert.throws(
      () => CntCompressor.fromNamedArrays(arrays),
      (error: unknown) => error instanceof RangeError && message.test(error.message) && !error.message.includes('\n'),
      `${message}`,
    );
  }
});

test.run();
