import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../../kernels/backend.ts';
import { ParameterSet } from '../../../src/autodiff/parameters.ts';
import { Tape } from '../../../src/autodiff/tape.ts';
import { cnt } from '../../../src/compress/cnt/cnt.ts';
import { inrpLoss } from '../../../src/compress/cnt/inrp-loss.ts';
import { linearMap, startLinearMapAtPca } from '../../../src/compress/cnt/linear-map.ts';
import { startCntAtPca } from '../../../src/compress/cnt/pca-start.ts';
import { type CntChoices, cntSettings } from '../../../src/compress/cnt/training/cnt-settings.ts';
import { trainCnt } from '../../../src/compress/cnt/training/train-cnt.ts';
import { trainPca } from '../../../src/compress/projection/pca.ts';
import type { HistoryPoint } from '../../../src/compress/training/history.ts';
import { epochOrder, splitRows } from '../../../src/compress/training/split.ts';
import { generateManifold } from '../../../src/data/manifold.ts';
import { encodeSafetensors } from '../../../src/io/container/safetensors.ts';
import type { Archive } from '../../../src/tensor/named-arrays.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { relativeDeviation } from '../../support/close.ts';

const { base } = generateManifold({ rows: 400, queries: 0, dim: 16, seed: 1 }); // 20 held out
const SHORT = { factor: 2, batch: 8, samples: 800, evaluations: 4, projections: 2 } as const; // 100 steps, 47 an epoch
/** Spoils the start at PCA, and never comes back to it. */
const SPOILING = { factor: 2, batch: 8, samples: 400, evaluations: 5, network: 'linear', learningRate: 0.5 } as const;

type Rows = readonly (readonly number[])[];

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));
}

/** Eq. 4 and 5 as printed, in float64. */
function naiveLoss(f: Rows, x: Rows, boundary: number, alpha: number, beta: number): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < x.length; j++) {
      const d = distance(x[i]!, x[j]!);
      sum += Math.min(alpha, Math.max(beta, -Math.log(d / boundary))) * Math.abs(distance(f[i]!, f[j]!) - d);
    }
  }
  return sum / x.length ** 2;
}

/** The `count` nearest of `rows` by sorting them all. */
function nearestOf(query: readonly number[], rows: Rows, count: number): number[] {
  const far = rows.map((row) => distance(query, row));
  return [...far.keys()].sort((i, j) => far[i]! - far[j]!).slice(0, count);
}

/** The training of `trainCnt`, written out as one plain loop. */
function replay(choices: CntChoices) {
  const settings = cntSettings(base, choices);
  const { batch, steps, stepsPerEpoch, boundary, alpha, beta, weightDecay, warmUp, seed, network } = settings;
  const { mean, std } = settings.standardization;
  const kernels = referenceKernels();
  const parameters = new ParameterSet(kernels, { gradients: true });
  const compress = (tape: Tape, x: ReturnType<Tape['input']>) => {
    if (network.kind === 'linear') return linearMap(tape, parameters, x, network.config);
    if (network.kind !== 'cnt') throw new Error('expected a network that INRP trains');
    return cnt(tape, parameters, x, network.config);
  };
  const tape = new Tape(kernels, { training: true });
  const x = tape.input([batch, base.cols]);
  const loss = inrpLoss(tape, compress(tape, x), x, { boundary, alpha, beta });
  const inference = new Tape(kernels, { training: false });
  const query = inference.input([base.rows, base.cols]);
  const out = compress(inference, query);

  parameters.initialize(seed);
  if (settings.start === 'pca-rotated') {
    const { directions } = trainPca(base, { dOut: network.config.dOut });
    if (network.kind === 'cnt') startCntAtPca(parameters, network.config, directions, new Random(seed, 'rotation'));
    else startLinearMapAtPca(parameters, directions);
  }
  const scaled = Float32Array.from(base.data, (value) => (value - mean) / std);
  const rowsOf = (data: ArrayLike<number>, cols: number, ids: Iterable<number>): Rows =>
    Array.from(ids, (id) => Array.from({ length: cols }, (_, c) => data[id * cols + c]!));
  const { heldOut, training } = splitRows(base.rows, seed);

  const evaluate = () => {
    query.value.set(scaled);
    inference.forward();
    const dOut = network.config.dOut;
    const batches = Math.floor(heldOut.length / batch);
    let [heldOutLoss, heldOutError, nearest, tenNearest] = [0, 0, 0, 0];
    for (let b = 0; b < batches; b++) {
      const ids = heldOut.subarray(b * batch, (b + 1) * batch);
      const [f, originals] = [rowsOf(out.value, dOut, ids), rowsOf(scaled, base.cols, ids)];
      heldOutLoss += naiveLoss(f, originals, boundary, alpha, beta) / batches;
      heldOutError += naiveLoss(f, originals, boundary, 1, 1) / batches;
    }
    const [compressed, originals] = [rowsOf(out.value, dOut, training), rowsOf(base.data, base.cols, training)];
    for (const id of heldOut) {
      const found = nearestOf(rowsOf(out.value, dOut, [id])[0]!, compressed, 10);
      const truth = nearestOf(rowsOf(base.data, base.cols, [id])[0]!, originals, 10);
      nearest += Number(found[0] === truth[0]) / heldOut.length;
      tenNearest += found.filter((one) => truth.includes(one)).length / 10 / heldOut.length;
    }
    return { heldOutLoss, heldOutError, recall: { nearest, tenNearest } };
  };

  const moments = parameters
    .trainable()
    .map(({ value }) => [kernels.floats(value.length), kernels.floats(value.length)]);
  const history: Omit<HistoryPoint, 'samples'>[] = [{ step: 0, ...evaluate() }];
  let losses: number[] = [];
  let best = new Map(parameters.all().map(({ name, value }) => [name, value.slice()]));
  for (let step = 0; step < steps; step++) {
    const order = epochOrder(training, seed, Math.floor(step / stepsPerEpoch));
    for (let r = 0; r < batch; r++) {
      const id = order[(step % stepsPerEpoch) * batch + r]!;
      x.value.set(scaled.subarray(id * base.cols, (id + 1) * base.cols), r * base.cols);
    }
    tape.forward();
    losses.push(loss.value[0]!);
    parameters.clearGradients();
    tape.backward(loss);
    const done = settings.decay === 'step' ? step : Math.floor(step / stepsPerEpoch) * stepsPerEpoch;
    const learningRate =
      settings.learningRate * Math.min(1, (done + 1) / (Math.ceil(warmUp * steps) || 1)) * (1 - done / steps) ** 0.9;
    const corrections = { correction1: 1 - 0.9 ** (step + 1), correction2: 1 - 0.999 ** (step + 1) };
    const rates = { learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay, ...corrections };
    for (const [i, { value, gradient }] of parameters.trainable().entries()) {
      kernels.adamw(value, gradient, moments[i]![0]!, moments[i]![1]!, value.length, rates);
    }
    if (((step + 1) * settings.evaluations) % steps !== 0) continue;
    const evaluation = evaluate();
    if (history.every(({ heldOutLoss }) => evaluation.heldOutLoss < heldOutLoss)) {
      best = new Map(parameters.all().map(({ name, value }) => [name, value.slice()]));
    }
    history.push({ step: step + 1, loss: losses.reduce((sum, one) => sum + one, 0) / losses.length, ...evaluation });
    losses = [];
  }
  return { history, best };
}

const CASES: Record<string, CntChoices> = {
  'the default recipe': SHORT,
  'the released code from a random start, its rate falling by epochs': {
    ...SHORT,
    variant: 'released-code',
    start: 'random',
    decay: 'epoch',
    warmUp: 0,
    weightDecay: 0.3,
  },
  'the linear control': { ...SHORT, network: 'linear', projections: undefined },
  'a rate that spoils the start': SPOILING,
};
for (const [name, choices] of Object.entries(CASES)) {
  test(`trainCnt makes the steps and evaluations of a plain loop, and keeps the best of them: ${name} (within 1e-6)`, async () => {
    const model = (await trainCnt(base, choices)).toNamedArrays();
    const expected = replay(choices);
    for (const [parameter, { data }] of model.arrays) {
      const deviation = relativeDeviation(data, expected.best.get(parameter)!); // 0
      assert.ok(deviation < 1e-6, `${parameter}: ${deviation}`);
    }
    const history: HistoryPoint[] = JSON.parse(model.metadata['history']!);
    assert.is(history.length, expected.history.length);
    for (const [i, point] of expected.history.entries()) {
      const found = history[i]!;
      assert.is(found.step, point.step);
      assert.is(found.samples, point.step * choices.batch!);
      assert.is(found.loss === undefined, i === 0);
      if (i > 0) assert.ok(Math.abs(found.loss! / point.loss! - 1) < 1e-6, `${point.step}: ${found.loss}`);
      assert.ok(Math.abs(found.heldOutLoss / point.heldOutLoss - 1) < 1e-6, `${point.step}: ${found.heldOutLoss}`);
      assert.ok(Math.abs(found.heldOutError / point.heldOutError - 1) < 1e-6, `${point.step}: ${found.heldOutError}`);
      for (const which of ['nearest', 'tenNearest'] as const) {
        assert.ok(Math.abs(found.recall[which] - point.recall[which]) < 1e-9, `${point.step}: ${which}`);
      }
    }
  });
}

test('trainCnt and its linear control start at PCA: the held-out loss of both is that of the PCA compressor', async () => {
  const firstLoss = async (choices: CntChoices): Promise<number> => {
    const { metadata } = (await trainCnt(base, { ...choices, samples: 8, evaluations: 1 })).toNamedArrays();
    return (JSON.parse(metadata['history']!) as HistoryPoint[])[0]!.heldOutLoss;
  };
  const [network, linear] = [
    await firstLoss(SHORT),
    await firstLoss({ ...SHORT, network: 'linear', projections: undefined }),
  ];
  const { heldOut } = splitRows(base.rows, 1);
  const { boundary, standardization } = cntSettings(base, SHORT);
  const encoded = trainPca(base, { dOut: 8 }).encode(base);
  const rows = (data: Float32Array, cols: number, from: number): Rows =>
    Array.from(heldOut.subarray(from, from + 8), (id) =>
      Array.from(data.subarray(id * cols, (id + 1) * cols), (value) => value / standardization.std),
    );
  const loss = [0, 8].map((from) =>
    naiveLoss(rows(encoded.data, 8, from), rows(base.data, 16, from), boundary, 2, 0.01),
  );
  const expected = (loss[0]! + loss[1]!) / 2;
  assert.ok(Math.abs(network / expected - 1) < 1e-5, `${network} and ${expected}`);
  assert.ok(Math.abs(linear / expected - 1) < 1e-5, `${linear} and ${expected}`);
});

test('a training whose best parameters lie before the checkpoint keeps them when resumed', async () => {
  const digest = (model: Awaited<ReturnType<typeof trainCnt>>) =>
    createHash('sha256').update(encodeSafetensors(model.toNamedArrays())).digest('hex');
  const straight = await trainCnt(base, SPOILING);
  const checkpoints: Archive[] = [];
  await trainCnt(base, { ...SPOILING, onCheckpoint: (archive) => void checkpoints.push(archive) });
  const { bestStep, step } = checkpoints.at(-1)!.parameters;
  assert.ok((bestStep as number) < (step as number), `best step ${bestStep} of ${step}`);
  assert.is(digest(await trainCnt(base, { ...SPOILING, resume: checkpoints.at(-1)! })), digest(straight));
});

test('trainCnt stopped during the last evaluation, after the last step, ends as if it had not been', async () => {
  const choices = { ...SHORT, samples: 80, evaluations: 2 };
  const straight = (await trainCnt(base, choices)).toNamedArrays();
  const stop = new AbortController();
  let checkpoint: Archive | undefined;
  let message = '';
  await trainCnt(base, {
    ...choices,
    signal: stop.signal,
    onProgress: ({ step }) => (step === 10 ? stop.abort() : undefined),
    onCheckpoint: (archive) => {
      checkpoint = archive;
    },
  }).catch((error: Error) => {
    message = error.message;
  });
  assert.is(message, 'trainCnt: stopped after 10 of 10 steps.');
  const resumed = await trainCnt(base, { ...choices, resume: checkpoint! });
  assert.equal(resumed.toNamedArrays().metadata, straight.metadata);
  for (const [name, { data }] of resumed.toNamedArrays().arrays) {
    assert.is(relativeDeviation(data, straight.arrays.get(name)!.data), 0, name);
  }
});

test.run();
