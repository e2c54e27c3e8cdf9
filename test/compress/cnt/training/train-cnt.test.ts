import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type BackendChoice, simdSupported } from '../../../../kernels/backend.ts';
import { type CntTrainingOptions, trainCnt } from '../../../../src/compress/cnt/training/train-cnt.ts';
import type { HistoryPoint } from '../../../../src/compress/training/history.ts';
import { generateManifold } from '../../../../src/data/manifold.ts';
import { decodeArchive, encodeArchive } from '../../../../src/io/container/archive.ts';
import { encodeSafetensors } from '../../../../src/io/container/safetensors.ts';
import { createMatrix } from '../../../../src/tensor/matrix.ts';
import type { Archive } from '../../../../src/tensor/named-arrays.ts';

const { base } = generateManifold({ rows: 200, queries: 0, dim: 16, seed: 1 });
const TINY = { factor: 2, batch: 16, samples: 640, evaluations: 4 } as const; // 40 steps, 11 an epoch
const FAST: BackendChoice = simdSupported() ? 'simd' : 'reference';

/** SHA-256 of the saved model: a short text, since a failing comparison of whole files takes minutes to print. */
async function trainedBytes(options: CntTrainingOptions): Promise<string> {
  const model = await trainCnt(base, { backend: FAST, ...TINY, ...options });
  return createHash('sha256').update(encodeSafetensors(model.toNamedArrays())).digest('hex');
}

/** Trains until `step`, and returns the checkpoint that was written on the way out. */
async function stoppedAt(step: number, options: CntTrainingOptions = {}): Promise<Archive> {
  const stop = new AbortController();
  let checkpoint: Archive | undefined;
  const training = trainCnt(base, {
    backend: FAST,
    ...TINY,
    ...options,
    signal: stop.signal,
    onProgress: (report) => {
      if (report.step === step) stop.abort();
    },
    onCheckpoint: (archive) => {
      checkpoint = archive;
    },
  });
  await assertRejects(training, 'AbortError', new RegExp(`^trainCnt: stopped after ${step} of 40 steps\\.$`));
  return checkpoint!;
}

async function assertRejects(promise: Promise<unknown>, name: string, message: RegExp): Promise<void> {
  let found: unknown;
  try {
    await promise;
  } catch (error) {
    found = error;
  }
  assert.ok(found instanceof Error, 'expected an error');
  assert.is((found as Error).name, name);
  assert.match((found as Error).message, message);
}

test('trainCnt lowers the held-out loss and records the curve of recall against samples', async () => {
  const model = await trainCnt(base, { backend: FAST, ...TINY });
  const history: HistoryPoint[] = JSON.parse(model.toNamedArrays().metadata['history']!);
  assert.equal(
    history.map((point) => [point.step, point.samples]),
    [0, 10, 20, 30, 40].map((step) => [step, step * 16]),
  );
  assert.ok(history[4]!.heldOutLoss < 0.9 * history[0]!.heldOutLoss, JSON.stringify(history)); // a factor of 0.6
  for (const { heldOutError, recall } of history) {
    assert.ok(heldOutError > 0);
    assert.ok(recall.nearest >= 0 && recall.nearest <= 1 && recall.tenNearest > 0 && recall.tenNearest <= 1);
  }
  assert.is(history[0]!.loss, undefined);
  assert.ok(history[1]!.loss! > history[4]!.loss!);
});

test('trainCnt returns the same bytes when run twice, and with every backend', async () => {
  const once = await trainedBytes({});
  assert.equal(await trainedBytes({}), once);
  assert.equal(await trainedBytes({ backend: 'reference' }), once);
  assert.not.equal(await trainedBytes({ seed: 2 }), once);
});

test('trainCnt returns the same bytes with every backend for the released code, at random', async () => {
  const choices = { variant: 'released-code', start: 'random', samples: 160 } as const;
  assert.equal(await trainedBytes({ ...choices, backend: 'reference' }), await trainedBytes(choices));
});

test('trainCnt stopped at step 20 or 25, saved, loaded and resumed equals 40 steps in one go, bit for bit', async () => {
  const straight = await trainedBytes({});
  for (const step of [20, 25]) {
    const bytes = encodeArchive(await stoppedAt(step));
    assert.equal(await trainedBytes({ resume: decodeArchive(bytes) }), straight);
  }
});

test('trainCnt resumes from the checkpoint of an evaluation, and from one made before the first step', async () => {
  const checkpoints: Archive[] = [];
  const straight = await trainedBytes({ onCheckpoint: (archive) => void checkpoints.push(archive) });
  assert.equal(
    checkpoints.map(({ parameters }) => parameters['step']),
    [0, 10, 20, 30],
  );
  assert.equal(await trainedBytes({ resume: checkpoints[3]! }), straight);

  let first: Archive | undefined;
  const training = trainedBytes({
    signal: AbortSignal.abort(),
    onCheckpoint: (archive) => {
      first = archive;
    },
  });
  await assertRejects(training, 'AbortError', /^trainCnt: stopped after 0 of 40 steps\.$/);
  assert.equal(await trainedBytes({ resume: first! }), straight);
});

test('trainCnt refuses a checkpoint of other choices, another base or another kind', async () => {
  const resume = await stoppedAt(3);
  const expected = (what: string) =>
    new RegExp(`^CNT checkpoint: expected one of a training with ${what}; resume with`);
  await assertRejects(trainedBytes({ resume, batch: 32 }), 'RangeError', expected('settings.steps 20, got 40'));
  await assertRejects(
    trainedBytes({ resume, learningRate: 0.25 }),
    'RangeError',
    expected('settings.learningRate 0.25, got 0.003'),
  );
  const other = createMatrix(base.rows, base.cols, base.data.slice());
  other.data[77]! += 1;
  await assertRejects(trainCnt(other, { ...TINY, resume }), 'RangeError', expected('base.fingerprint \\d+, got \\d+'));
  await assertRejects(
    trainedBytes({ resume: { ...resume, kind: 'hnsw' } }),
    'RangeError',
    /^CNT checkpoint: expected an archive of kind cnt-checkpoint, got hnsw\.$/,
  );
  const { ['lossSum']: _, ...parameters } = resume.parameters;
  await assertRejects(
    trainedBytes({ resume: { ...resume, parameters } }),
    'RangeError',
    /^CNT checkpoint: expected "lossSum"/,
  );
  const { ['bestStep']: __, ...withoutBest } = resume.parameters;
  await assertRejects(
    trainedBytes({ resume: { ...resume, parameters: withoutBest } }),
    'RangeError',
    /^CNT checkpoint: expected "bestStep" to be an integer from 0 to 3, got nothing\.$/,
  );
  for (const name of ['parameter/B.weight', 'first/B.weight', 'best/B.weight']) {
    const { shape, data } = resume.arrays.get(name)!;
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const spoiled = { shape, data: Float32Array.from(data as Float32Array, (old, i) => (i === 2 ? value : old)) };
      await assertRejects(
        trainedBytes({ resume: { ...resume, arrays: new Map(resume.arrays).set(name, spoiled) } }),
        'RangeError',
        new RegExp(`^CNT checkpoint: expected finite values in ${name}, got ${value} at element 2: it is damaged`),
      );
    }
  }
  const arrays = new Map(resume.arrays);
  arrays.delete('first/B.weight');
  await assertRejects(
    trainedBytes({ resume: { ...resume, arrays } }),
    'RangeError',
    /expected array "first\/B\.weight"/,
  );
});

test('trainCnt keeps the parameters of the lowest held-out loss', async () => {
  // A rate this high spoils the start at PCA and never comes back to it.
  const model = await trainCnt(base, { backend: FAST, ...TINY, learningRate: 3 });
  const { history, training } = model.toNamedArrays().metadata;
  const losses = (JSON.parse(history!) as HistoryPoint[]).map((point) => point.heldOutLoss);
  assert.is(losses.indexOf(Math.min(...losses)), 0);
  assert.is(JSON.parse(training!).bestStep, 0);
});

test('trainCnt stops when the loss is no longer finite, and says at which step', async () => {
  await assertRejects(
    trainedBytes({ learningRate: 1e30 }),
    'Error',
    /^trainCnt: expected a finite loss, got (loss|held-out loss) \S+ (at step|after) \d+.*; try a learning rate below 1e\+30\.$/,
  );
});

test('trainCnt says the same when the network breaks in the step before an evaluation', async () => {
  for (const network of ['cnt', 'linear'] as const) {
    await assertRejects(
      trainedBytes({ learningRate: 1e30, evaluations: 40, network }),
      'Error',
      /^trainCnt: expected a finite loss, got held-out loss (NaN|Infinity) after 1 steps; try a learning rate below 1e\+30\.$/,
    );
  }
});

test('trainCnt refuses a base with NaN or infinity', async () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const spoiled = createMatrix(base.rows, base.cols, base.data.slice());
    spoiled.data[35] = value;
    await assertRejects(
      trainCnt(spoiled, TINY),
      'RangeError',
      /^trainCnt: base: expected finite values, got (NaN|Infinity) at row 2, column 3\.$/,
    );
  }
});

test('trainCnt reports every step, the latest evaluation, and the time left by the clock it was given', async () => {
  const steps: number[] = [];
  const evaluated = new Set<number>();
  let milliseconds = 0;
  let secondsLeft: number | undefined;
  await trainCnt(base, {
    backend: FAST,
    ...TINY,
    now: () => milliseconds,
    onProgress: (report) => {
      steps.push(report.step);
      evaluated.add(report.evaluation.step);
      assert.is(report.samples, report.step * 16);
      assert.is(report.totalSamples, 640);
      if (report.step === 10) secondsLeft = report.secondsLeft;
      milliseconds += 500;
    },
  });
  assert.equal(
    [...new Set(steps)],
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
  assert.equal([...evaluated], [0, 10, 20, 30, 40]);
  assert.is(secondsLeft, 15); // 10 steps and an evaluation in 5 s, 30 to go
});

test('trainCnt trains the linear control, which starts at PCA and then falls', async () => {
  const model = await trainCnt(base, { backend: FAST, ...TINY, network: 'linear' });
  assert.is(model.method, 'linear-inrp');
  const history: HistoryPoint[] = JSON.parse(model.toNamedArrays().metadata['history']!);
  assert.ok(history[4]!.heldOutLoss < 0.9 * history[0]!.heldOutLoss);
});

test.run();
