import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type BackendChoice, referenceKernels, simdSupported } from '../../kernels/backend.ts';
import type { Floats } from '../../kernels/operands.ts';
import { catalystSettings } from '../../src/compress/catalyst/catalyst-settings.ts';
import { CatalystTraining } from '../../src/compress/catalyst/catalyst-training.ts';
import { trainCatalyst } from '../../src/compress/catalyst/train-catalyst.ts';
import type { HistoryPoint } from '../../src/compress/training/history.ts';
import type { CommonChoices } from '../../src/compress/training/settings.ts';
import { epochOrder, splitRows } from '../../src/compress/training/split.ts';
import type { PreparationReport } from '../../src/compress/training/trainee.ts';
import type { RunOptions } from '../../src/compress/training/training-loop.ts';
import { trainVae } from '../../src/compress/vae/train-vae.ts';
import { vaeSettings } from '../../src/compress/vae/vae-settings.ts';
import { VaeTraining } from '../../src/compress/vae/vae-training.ts';
import { generateManifold } from '../../src/data/manifold.ts';
import { decodeArchive, encodeArchive } from '../../src/io/container/archive.ts';
import { encodeSafetensors } from '../../src/io/container/safetensors.ts';
import { createMatrix, type Matrix } from '../../src/tensor/matrix.ts';
import type { Archive } from '../../src/tensor/named-arrays.ts';

const { base } = generateManifold({ rows: 200, queries: 0, dim: 16, seed: 1 });
const FAST: BackendChoice = simdSupported() ? 'simd' : 'reference';
type Options = CommonChoices & RunOptions;

const METHODS = [
  { name: 'trainVae', kind: 'vae-checkpoint', where: 'VAE checkpoint', train: trainVae, state: 'first/output.bias' },
  {
    name: 'trainCatalyst',
    kind: 'catalyst-checkpoint',
    where: 'Catalyst checkpoint',
    train: (rows: Matrix, options: Options) => trainCatalyst(rows, { hidden: 24, ...options }),
    state: 'negatives',
  },
];
const TINY = { factor: 2, batch: 16, samples: 640, evaluations: 4 } as const; // 40 steps, 11 an epoch

async function rejected(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof Error);
    return error as Error;
  }
  throw new Error('rejected: expected an error, got none.');
}

test('trainCatalyst says how far the search for triplets is, once an epoch', async () => {
  const ended: string[] = [];
  const onPreparation = ({ what, done, total }: PreparationReport) => void (done === total && ended.push(what));
  await trainCatalyst(base, { hidden: 24, backend: FAST, ...TINY, onPreparation });
  assert.is(ended[0], 'searching positives');
  assert.is(ended.filter((what) => what === 'searching negatives').length, Math.ceil(40 / 11));
});

for (const { name, kind, where, train, state } of METHODS) {
  const bytes = async (options: Options = {}) =>
    encodeSafetensors((await train(base, { backend: FAST, ...TINY, ...options })).toNamedArrays());

  const stoppedAt = async (step: number): Promise<Archive> => {
    const stop = new AbortController();
    let checkpoint: Archive | undefined;
    const training = train(base, {
      backend: FAST,
      ...TINY,
      signal: stop.signal,
      onProgress: (report) => {
        if (report.step === step) stop.abort();
      },
      onCheckpoint: (archive) => {
        checkpoint = archive;
      },
    });
    const error = await rejected(training);
    assert.is(error.name, 'AbortError');
    assert.is(error.message, `${name}: stopped after ${step} of 40 steps.`);
    return checkpoint!;
  };

  test(`${name} lowers the held-out loss, and keeps its history`, async () => {
    const model = await train(base, { backend: FAST, ...TINY, samples: 6400 });
    const history: HistoryPoint[] = JSON.parse(model.toNamedArrays().metadata['history']!);
    assert.equal(
      history.map(({ step }) => step),
      [0, 100, 200, 300, 400],
    );
    const losses = history.map(({ heldOutLoss }) => heldOutLoss);
    assert.ok(Math.min(...losses) < losses[0]! - 0.3 * Math.abs(losses[0]!), `${losses}`); // to half; from -0.04 to -0.11
    assert.ok(history.every(({ heldOutError }) => heldOutError >= 0));
  });

  test(`${name} returns the same bytes when run twice, and with every backend`, async () => {
    const once = await bytes();
    assert.equal(await bytes(), once);
    assert.equal(await bytes({ backend: 'reference' }), once);
    assert.not.equal(await bytes({ seed: 2 }), once);
  });

  test(`${name} stopped in an epoch or between two, saved, loaded and resumed gives the bytes of one go`, async () => {
    const straight = await bytes();
    for (const step of [0, 11, 20, 25]) {
      const saved = step === 0 ? undefined : encodeArchive(await stoppedAt(step));
      if (saved) assert.equal(await bytes({ resume: decodeArchive(saved) }), straight, `step ${step}`);
    }
  });

  test(`${name} refuses a checkpoint of other choices, of another method, or cut short`, async () => {
    const resume = await stoppedAt(3);
    assert.is(resume.kind, kind);
    const different = await rejected(bytes({ resume, learningRate: 0.25 }));
    assert.match(
      different.message,
      new RegExp(`^${where}: expected one of a training with settings.learningRate 0.25`),
    );
    const other = await rejected(bytes({ resume: { ...resume, kind: 'cnt-checkpoint' } }));
    assert.is(other.message, `${where}: expected an archive of kind ${kind}, got cnt-checkpoint.`);
    const arrays = new Map(resume.arrays);
    assert.ok(arrays.delete(state), state);
    const cut = await rejected(bytes({ resume: { ...resume, arrays } }));
    assert.match(cut.message, new RegExp(`^${where}: expected array "${state}"`));
  });

  test(`${name} says which choice is impossible`, async () => {
    const wrong: [Options & Record<string, unknown>, RegExp][] = [
      [{ factor: 3 }, /expected a compressed dimension from 1 to 16, got 16 \/ 3/],
      [{ factor: 2, dOut: 4 }, /expected factor or dOut, got both/],
      [{ samples: 10, epochs: 1 }, /expected samples or epochs, got both/],
      [{ batch: 1 }, /expected batch to be a whole number from 2, got 1/],
      [{ batch: 150 }, /expected at least 300 rows for a batch of 150, got 200/],
      [{ hidden: 0 }, /expected hidden to be a whole number from 1, got 0/],
      [{ learningRate: 0 }, /expected learningRate to be above 0, got 0/],
      [{ evaluations: 0.5 }, /expected evaluations to be a whole number from 1, got 0\.5/],
      [{ seed: Number.NaN }, /expected seed to be a finite number or a text, got NaN/],
      [{ klWeight: -1, koleoWeight: -1 }, /expected (klWeight|koleoWeight) to be from 0, got -1/],
    ];
    for (const [options, message] of wrong) {
      const error = await rejected(train(base, { batch: 16, ...options }));
      assert.ok(error instanceof RangeError && error.message.startsWith(`${name}: `), error.message);
      assert.match(error.message, message);
    }
    const spoiled = createMatrix(base.rows, base.cols, base.data.slice());
    spoiled.data[35] = Number.NaN;
    const error = await rejected(train(spoiled, TINY));
    assert.is(error.message, `${name}: base: expected finite values, got NaN at row 2, column 3.`);
  });

  test(`${name} stops when the loss is no longer finite`, async () => {
    const error = await rejected(bytes({ learningRate: 1e38 }));
    assert.match(error.message, new RegExp(`^${name}: expected a finite loss, got .*try a learning rate below`));
  });
}

test('trainCatalyst stopped while it mines, before the first epoch or the second, and resumed gives the bytes of one go', async () => {
  const options = { ...TINY, hidden: 24, backend: FAST };
  const straight = encodeSafetensors((await trainCatalyst(base, options)).toNamedArrays());
  const stops = new Set<string>();
  for (const looks of [4, 5, 6, 20, 21, 22]) {
    let looked = 0;
    let checkpoint: Archive | undefined;
    const signal = {
      get aborted() {
        return ++looked >= looks;
      },
    } as AbortSignal;
    const onCheckpoint = (archive: Archive) => {
      checkpoint = archive;
    };
    const error = await rejected(trainCatalyst(base, { ...options, signal, onCheckpoint }));
    stops.add(error.message);
    const resumed = await trainCatalyst(base, { ...options, resume: checkpoint! });
    assert.equal(encodeSafetensors(resumed.toNamedArrays()), straight, `${looks}: ${error.message}`);
  }
  assert.equal(
    [...stops],
    ['trainCatalyst: stopped after 0 of 40 steps.', 'trainCatalyst: stopped after 11 of 40 steps.'],
  );
});

test('trainCatalyst wants 50 rows to train on, for its negatives', async () => {
  const few = createMatrix(64, 16, base.data.slice(0, 64 * 16));
  await trainCatalyst(few, { batch: 8, samples: 8, evaluations: 1, hidden: 8 });
  const error = await rejected(trainCatalyst(createMatrix(40, 16, base.data.slice(0, 640)), { batch: 8 }));
  assert.match(error.message, /^trainCatalyst: expected at least 64 rows/);
});

test('compressed vectors of a catalyst have length 1 within 1e-6', async () => {
  const model = await trainCatalyst(base, { ...TINY, hidden: 24, backend: FAST });
  const { data, cols } = model.encode(base);
  for (let r = 0; r < base.rows; r++) {
    const squares = data.subarray(r * cols, (r + 1) * cols).reduce((sum, value) => sum + value * value, 0);
    assert.ok(Math.abs(Math.sqrt(squares) - 1) < 1e-6);
  }
});

/** Values of a few clusters of nearly equal rows: relu units that die, variances near 0, distances near 0. */
function clusters(rows: number): Matrix {
  const x = createMatrix(rows, 16);
  for (let i = 0; i < x.data.length; i++) x.data[i] = ((i >> 6) % 7) * (i % 3) * 50 + (i % 5) * 1e-3;
  return x;
}

/** Reference kernels that remember every array they gave. */
function watchedKernels() {
  const kernels = referenceKernels();
  const all: Floats[] = [];
  const floats = (length: number): Floats => {
    const given = kernels.floats(length);
    all.push(given);
    return given;
  };
  return { kernels: { ...kernels, floats }, all };
}

test('after 30 steps no parameter, gradient, moment or activation of VAE and Catalyst is subnormal', async () => {
  const rows = clusters(120);
  const { training } = splitRows(rows.rows, '1');
  for (const method of ['vae', 'catalyst'] as const) {
    const { kernels, all } = watchedKernels();
    const choices = { batch: 16, samples: 480, factor: 2, hidden: 24 };
    const model =
      method === 'vae'
        ? new VaeTraining(kernels, vaeSettings(rows, choices), 6)
        : new CatalystTraining(kernels, catalystSettings(rows, choices), training, 6, {
            backend: 'reference',
          });
    model.parameters.initialize(1);
    for (let step = 0; step < 30; step++) {
      const order = epochOrder(training, 1, step);
      if (model instanceof CatalystTraining) await model.beginEpoch(rows, order, false, async () => {});
      const loss = model.step(rows, order, 0, method === 'vae' ? 1e-3 : 0.1, step);
      assert.ok(Number.isFinite(loss), `${method}: loss ${loss}`);
      for (const values of all) {
        const found = values.findIndex((value) => value !== 0 && Math.abs(value) < 2 ** -126);
        assert.is(found, -1, `${method}, step ${step}: ${values[found]} at ${found} of ${values.length}`);
      }
    }
    assert.ok(all.length > 40, `${all.length}`);
  }
});

test.run();
