import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKernels, referenceKernels, simdSupported } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import { ParameterSet } from '../../../src/autodiff/parameters.ts';
import { Tape } from '../../../src/autodiff/tape.ts';
import { cnt } from '../../../src/compress/cnt/cnt.ts';
import {
  type CntConfig,
  cntConfig,
  keyDimension,
  requireCntConfig,
  skipAdditions,
} from '../../../src/compress/cnt/cnt-config.ts';
import { INRP_WEIGHTS, inrpLoss } from '../../../src/compress/cnt/inrp-loss.ts';
import { linearMap, startLinearMapAtPca } from '../../../src/compress/cnt/linear-map.ts';
import { startCntAtPca } from '../../../src/compress/cnt/pca-start.ts';
import { bytesNeeded } from '../../../src/tensor/bytes-needed.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { GRADIENT_BOUND, gradientError } from '../../support/gradient-check.ts';
import { assertSame } from '../../support/same.ts';

const SIZES = { dIn: 11, dOut: 5, projections: 3, stages: [2, 1, 1], heads: [2, 1, 3], keyDivisor: 2 };

/** A CNT with its loss over `rows` random vectors, parameters at their first values but every gain away from 0. */
function model(config: CntConfig, kernels: Kernels = referenceKernels({ precision: 'float64' }), rows = 8) {
  const parameters = new ParameterSet(kernels, { gradients: true });
  const tape = new Tape(kernels, { training: true });
  const x = tape.input([rows, config.dIn]);
  const out = cnt(tape, parameters, x, config);
  const loss = inrpLoss(tape, out, x, { boundary: 4, ...INRP_WEIGHTS });
  return { tape, parameters, x, out, loss };
}

function begin({ parameters, x }: ReturnType<typeof model>, seed = 1): void {
  parameters.initialize(seed);
  const random = new Random(seed, 'test');
  for (const { name, value } of parameters.trainable()) {
    if (name.endsWith('out_bn.weight')) for (let i = 0; i < value.length; i++) value[i] = random.normal();
  }
  for (let i = 0; i < x.value.length; i++) x.value[i] = random.normal();
}

test(`the whole CNT with INRP has a correct gradient, in both variants and with each switch turned (< ${GRADIENT_BOUND})`, () => {
  const paper = cntConfig('paper', SIZES);
  const released = cntConfig('released-code', SIZES);
  const configs: CntConfig[] = [
    paper,
    released,
    { ...paper, softmaxScale: 'dimension', mlpRatio: 3, positionBias: true },
    { ...paper, skip: 'every-stage-and-output', compressionToken: 'last' },
    { ...released, projectionBatchNorm: false, firstMlpActivation: true },
  ];
  for (const config of configs) {
    const built = model(config);
    begin(built);
    // 1e-7: among the thousands of activations of a whole network some lie within 1e-6 of a kink.
    const error = gradientError(built.tape, built.parameters, built.loss, 1, 1e-7); // at most 3e-10
    assert.ok(error < GRADIENT_BOUND, `${error} with ${JSON.stringify(config)}`);
  }
});

test('the softmax of Eq. 3 divides by the root of d_k, or by that of d where asked to; d_k = floor(d / keyDivisor)', () => {
  for (const [softmaxScale, divisor] of [
    ['key-dimension', Math.sqrt(3)],
    ['dimension', Math.sqrt(13)],
  ] as const) {
    const config = cntConfig('paper', { dIn: 20, dOut: 13, projections: 2, keyDivisor: 4, softmaxScale });
    assert.is(keyDimension(config), 3);
    const built = model(config);
    begin(built);
    built.tape.forward();
    const qkv = built.tape.labeled('stage0.block0.qkv').value; // (8, 3, 4 (3 + 3 + 13))
    const attention = built.tape.labeled('stage0.block0.attn').value; // (8, 4, 3, 3)
    const vector = (token: number, from: number) => [...qkv.subarray((3 * 5 + token) * 76 + 19 + from).subarray(0, 3)]; // row 5, head 1
    const powers = [0, 1, 2].map((key) => {
      const other = vector(key, 3);
      return Math.exp(vector(2, 0).reduce((sum, q, c) => sum + q * other[c]!, 0) / divisor); // query of token 2
    });
    const total = powers.reduce((sum, power) => sum + power, 0);
    for (const [key, power] of powers.entries()) {
      const found = attention[((5 * 4 + 1) * 3 + 2) * 3 + key]!;
      assert.ok(Math.abs(found - power / total) < 1e-13, `${softmaxScale}: ${found} instead of ${power / total}`);
    }
  }
});

test('the parameters of the paper: projections, A, B, and a block of 2 d² h + 2 d² e + 4 d² weights', () => {
  const [dIn, d, n, heads, t] = [64, 16, 4, 4, 5];
  const e = heads / 4;
  const norm = 2 * (d + heads * (2 * (d / 4) + d) + d + 2 * d + d); // gains and biases: cp, then qkv, out, bn1, bn2 of a block
  const block = 2 * d * d * heads + 2 * d * d * e + 4 * d * d;
  const paper = model(cntConfig('paper', { dIn, dOut: d, projections: n, stages: [1], heads: [heads] }));
  assert.is(paper.parameters.count, n * d * dIn + d * dIn + d * d + block + norm); // one stage: A is never added
  const two = model(cntConfig('paper', { dIn, dOut: d, projections: n }));
  assert.is(two.parameters.count, paper.parameters.count + d * dIn + block + norm - 2 * d);
  const released = model(cntConfig('released-code', { dIn, dOut: d, projections: n }));
  const fewer = 2 * (2 * d * d + 2 * d); // MLP ratio 1
  const more = n * d + 2 * n * d + 2 * heads * t * t; // bias and batch norm of the projections, position bias
  assert.is(released.parameters.count, two.parameters.count - fewer + more);
});

test('the 4x network of Deep1M in the released settings has about 0.34 million parameters', () => {
  const config = cntConfig('released-code', { dIn: 256, dOut: 64, projections: 12 });
  const count = model(config, referenceKernels(), 2).parameters.count;
  assert.ok(Math.abs(count / 0.34e6 - 1) < 0.05, `${count}`); // 337,056
});

test('first values: Eq. 2 for each projection, ±1 / sqrt(fan in) for linear maps, N(0, 1) for the position bias', () => {
  const config = cntConfig('released-code', { dIn: 64, dOut: 16, projections: 12 });
  const { parameters } = model(config);
  parameters.initialize(1);
  const weight = parameters.get('proj.weight').value; // (12 x 16, 64)
  const size = Math.fround(Math.sqrt(8 / 16)); // sqrt(s / dOut), s = sqrt(64)
  assert.ok(weight.every((value: number) => value === 0 || Math.abs(value) === size));
  const share = weight.filter((value: number) => value !== 0).length / weight.length;
  assert.ok(Math.abs(share - 1 / 8) < 0.01, `${share}`);
  const rows = (projection: number) => [...weight.subarray(projection * 16 * 64, (projection + 1) * 16 * 64)];
  assert.not.equal(rows(0), rows(1));
  assert.ok(Math.max(...parameters.get('A.weight').value.map(Math.abs)) <= 1 / 8);
  const position = [...parameters.get('attn.0.0.pos').value]; // 4 x 13 x 13
  const variance = position.reduce((sum, value) => sum + value * value, 0) / position.length;
  assert.ok(Math.abs(variance - 1) < 0.15, `${variance}`);
  assertSame([...parameters.get('attn.1.0.out_bn.weight').value], new Array(16).fill(0));
});

test('started at PCA, the network is PCA up to a rotation, in both variants and for any number of stages', () => {
  const rows = 8;
  const { dIn, dOut } = SIZES;
  for (const variant of ['paper', 'released-code'] as const) {
    for (const stages of [
      [1, 1],
      [1, 2, 1],
    ]) {
      const config = cntConfig(variant, { ...SIZES, stages, heads: stages });
      const built = model(config, referenceKernels({ precision: 'float64' }), rows);
      begin(built);
      const directions = createMatrix(dIn, dIn); // the coordinate axes, last first
      for (let i = 0; i < dIn; i++) directions.data[i * dIn + (dIn - 1 - i)] = 1;
      startCntAtPca(built.parameters, config, directions, new Random(1, 'rotation'));
      const a = built.parameters.get('A.weight').value; // (5, 11): each output has a share of each direction
      for (let i = 0; i < dOut * dIn; i++) assert.is(a[i] !== 0, i % dIn >= dIn - dOut, `A.weight ${i}`);
      built.tape.forward();
      const { x, out } = built;
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < i; j++) {
          let projected = 0;
          let found = 0;
          for (let c = dIn - dOut; c < dIn; c++) projected += (x.value[i * dIn + c]! - x.value[j * dIn + c]!) ** 2;
          for (let c = 0; c < dOut; c++) found += (out.value[i * dOut + c]! - out.value[j * dOut + c]!) ** 2;
          assert.ok(Math.abs(found / projected - 1) < 1e-12, `${variant}, ${skipAdditions(config)} additions`);
        }
      }
    }
  }
});

test('started at PCA, every parameter that can learn at once has a gradient', () => {
  const config = cntConfig('paper', SIZES);
  const built = model(config);
  built.parameters.initialize(1);
  begin(built);
  const directions = createMatrix(SIZES.dOut, SIZES.dIn);
  for (let i = 0; i < SIZES.dOut; i++) directions.data[i * SIZES.dIn + i] = 1;
  startCntAtPca(built.parameters, config, directions, new Random(1, 'rotation'));
  built.tape.forward();
  built.parameters.clearGradients();
  built.tape.backward(built.loss);
  for (const name of ['A.weight', 'B.weight', 'cp_bn.weight', 'mlp.2.0.bn2.weight', 'attn.2.0.out_bn.weight']) {
    assert.ok(
      built.parameters.get(name).gradient!.some((value: number) => value !== 0),
      name,
    );
  }
});

test('the linear control is x Wᵀ, has a correct gradient with INRP, and starts at PCA', () => {
  const kernels = referenceKernels({ precision: 'float64' });
  const parameters = new ParameterSet(kernels, { gradients: true });
  const tape = new Tape(kernels, { training: true });
  const x = tape.input([6, 4]);
  const out = linearMap(tape, parameters, x, { dOut: 2 });
  const loss = inrpLoss(tape, out, x, { boundary: 2, ...INRP_WEIGHTS });
  parameters.initialize(1);
  const random = new Random(1, 'rows');
  for (let i = 0; i < x.value.length; i++) x.value[i] = random.normal();
  const error = gradientError(tape, parameters, loss); // 1e-10
  assert.ok(error < GRADIENT_BOUND, `${error}`);
  startLinearMapAtPca(parameters, createMatrix(3, 4, Float32Array.from([0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0])));
  tape.forward();
  assertSame([...out.value.slice(0, 2)], [x.value[1], x.value[3]]);
});

test('reference and SIMD kernels give the same bits, values and gradients', () => {
  if (!simdSupported()) {
    console.log('skip: CNT on simd (this engine has no WebAssembly SIMD)');
    return;
  }
  for (const variant of ['paper', 'released-code'] as const) {
    const config = cntConfig(variant, { dIn: 30, dOut: 13, projections: 3, heads: [3, 2] });
    const bytes = bytesNeeded((kernels) => model(config, kernels, 21));
    const [reference, simd] = (['reference', 'simd'] as const).map((backend) => {
      const built = model(config, createKernels({ backend, bytes }), 21);
      begin(built);
      built.tape.forward();
      built.tape.backward(built.loss);
      return built;
    });
    assertSame([...simd!.out.value], [...reference!.out.value]);
    assert.is(simd!.loss.value[0], reference!.loss.value[0]);
    for (const { name, value, gradient } of reference!.parameters.all()) {
      assertSame([...simd!.parameters.get(name).value], [...value], name);
      assertSame([...(simd!.parameters.get(name).gradient ?? [])], [...(gradient ?? [])], name);
    }
  }
});

test('a configuration survives JSON, and each impossible field is named', () => {
  const config = cntConfig('paper', SIZES);
  const copy: object = JSON.parse(JSON.stringify(config));
  requireCntConfig(copy, 'model');
  assert.equal(copy, config);
  const wrong: [Partial<Record<keyof CntConfig, unknown>>, RegExp][] = [
    [{ dIn: 0 }, /^model: expected dIn to be a whole number from 1, got 0\.$/],
    [{ dOut: 2.5 }, /expected dOut to be a whole number from 1, got 2\.5/],
    [{ stages: [] }, /expected stages to be a list of whole numbers from 1, got \[\]/],
    [{ heads: [1] }, /expected heads for 3 stages, got 1\./],
    [{ keyDivisor: 6 }, /expected keyDivisor to be at most 5, got 6\./],
    [{ positionBias: 'yes' }, /expected positionBias to be true or false, got "yes"/],
    [{ skip: 'never' }, /expected skip to be between-stages or every-stage-and-output, got "never"/],
    [{ softmaxScale: undefined }, /expected softmaxScale to be key-dimension or dimension, got undefined/],
  ];
  for (const [change, message] of wrong) {
    assert.throws(() => requireCntConfig({ ...config, ...change }, 'model'), message);
  }
  assert.throws(() => requireCntConfig({ ...config, surprise: 1 }, 'model'), /expected no field surprise\./);
  assert.throws(
    () => cntConfig('draft' as 'paper', SIZES),
    /expected variant to be one of paper, released-code, got draft\./,
  );
});

test('cnt and its starts refuse what does not fit', () => {
  const config = cntConfig('paper', SIZES);
  const kernels = referenceKernels();
  const parameters = new ParameterSet(kernels, { gradients: true });
  const tape = new Tape(kernels, { training: true });
  assert.throws(
    () => cnt(tape, parameters, tape.input([8, 10]), config),
    /^cnt: x: expected shape \(8, 11\), got \(8, 10\)\.$/,
  );
  assert.throws(
    () => cnt(tape, parameters, tape.input([1, 11]), config),
    /expected at least 2 rows to train on, got 1\./,
  );
  const random = new Random(1, 'rotation');
  const few = createMatrix(4, 11);
  assert.throws(
    () => startCntAtPca(parameters, config, few, random),
    /expected at least 5 directions of 11 numbers, got 4 x 11\./,
  );
  const oneStage = cntConfig('paper', { ...SIZES, stages: [1], heads: [1] });
  assert.throws(() => startCntAtPca(parameters, oneStage, createMatrix(5, 11), random), /expected at least 2 stages/);
});

test.run();
