import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CntChoices, cntSettings } from '../../../../src/compress/cnt/training/cnt-settings.ts';
import { createMatrix, type Matrix } from '../../../../src/tensor/matrix.ts';
import { Random } from '../../../../src/tensor/random/random.ts';

function noise(rows: number, cols: number): Matrix {
  const random = new Random(1, 'settings');
  return createMatrix(
    rows,
    cols,
    Float32Array.from({ length: rows * cols }, () => 3 + 2 * random.uniform()),
  );
}

const small = noise(2200, 16);
const settings = (choices: CntChoices = {}) => cntSettings(small, choices);

test('preset default is the recipe: variant paper, 4 projections, rotated PCA, batch 256, 0.64 million samples', () => {
  const { network, standardization, boundary, ...rest } = settings();
  assert.equal(rest, {
    preset: 'default',
    start: 'pca-rotated',
    steps: 2500,
    stepsPerEpoch: 8, // 2200 - 110 held out = 2090 rows
    batch: 256,
    learningRate: 3e-3,
    weightDecay: 0.01,
    warmUp: 0.05,
    decay: 'step',
    alpha: 2,
    beta: 0.01,
    seed: '1',
    evaluations: 10,
  });
  assert.is(network.kind, 'cnt');
  if (network.kind !== 'cnt') return;
  assert.is(network.config.projections, 4);
  assert.is(network.config.dOut, 4);
  assert.is(network.config.mlpRatio, 2);
  assert.ok(Math.abs(standardization.mean - 4) < 0.02 && Math.abs(standardization.std - 2 / Math.sqrt(12)) < 0.01);
  assert.ok(boundary > 5 && boundary < 6, `${boundary}`); // near sqrt(2 · 16) for noise
});

test('the default learning rate is 1e-3 above 512 dimensions', () => {
  assert.is(cntSettings(noise(64, 512), { batch: 32 }).learningRate, 3e-3);
  assert.is(cntSettings(noise(64, 520), { batch: 32 }).learningRate, 1e-3);
});

test('the published presets have 12 projections at 4x and 8 at 2x, 2400 epochs, and no warm-up', () => {
  for (const preset of ['paper', 'released-code'] as const) {
    const four = settings({ preset });
    assert.is(four.start, 'random');
    assert.is(four.batch, 1024);
    assert.is(four.learningRate, 1e-4);
    assert.is(four.steps, 2400 * 2);
    assert.is(four.decay, 'epoch');
    assert.is(four.warmUp, 0);
    const two = settings({ preset, factor: 2 });
    for (const [chosen, projections] of [[four, 12] as const, [two, 8] as const]) {
      if (chosen.network.kind !== 'cnt') throw new Error('expected a CNT');
      assert.is(chosen.network.config.projections, projections);
      assert.is(chosen.network.config.positionBias, preset === 'released-code');
    }
    assert.throws(() => settings({ preset, dOut: 8, factor: 2 }), /expected factor or dOut, got both/);
    assert.throws(
      () => settings({ preset, dOut: 2, switches: { keyDivisor: 1 } }),
      /expected projections beside a published/,
    );
    assert.is(settings({ preset, dOut: 2, projections: 3, switches: { keyDivisor: 1 } }).network.config.dOut, 2);
  }
});

test('each choice overrides its preset', () => {
  const choices = {
    preset: 'paper',
    start: 'pca-rotated',
    batch: 100,
    learningRate: 0.5,
    weightDecay: 0,
    warmUp: 0.25,
    decay: 'step',
    alpha: 3,
    beta: 1,
    boundary: 7,
    standardization: { mean: 1, std: 2 },
    seed: 'a',
    evaluations: 2,
  } as const;
  const { network, steps, stepsPerEpoch, ...rest } = settings({
    ...choices,
    epochs: 3,
    projections: 2,
    variant: 'released-code',
  });
  assert.equal(rest, choices);
  assert.is(stepsPerEpoch, 20);
  assert.is(steps, 60);
  assert.ok(network.kind === 'cnt' && network.config.projections === 2 && network.config.positionBias);
});

test('samples are counted up to whole batches', () => {
  assert.is(settings({ samples: 1 }).steps, 1);
  assert.is(settings({ samples: 257 }).steps, 2);
});

test('cntSettings says what is wrong in one line', () => {
  const wrong: [CntChoices, string][] = [
    [{ batch: 2000 }, 'expected at least 4000 rows for a batch of 2000, got 2200; pass a smaller batch or more rows.'],
    [{ batch: 1 }, 'expected batch to be a whole number from 2, got 1.'],
    [{ samples: 10, epochs: 1 }, 'expected samples or epochs, got both (10 and 1).'],
    [{ samples: 0 }, 'expected samples to be a whole number from 1, got 0.'],
    [{ epochs: 1.5 }, 'expected epochs to be a whole number from 1, got 1.5.'],
    [{ factor: 3 }, 'expected a compressed dimension from 1 to 16, got 16 / 3.'],
    [{ dOut: 17 }, 'expected a compressed dimension from 1 to 16, got 17.'],
    [{ learningRate: 0 }, 'expected learningRate to be above 0, got 0.'],
    [{ learningRate: Number.NaN }, 'expected learningRate to be above 0, got NaN.'],
    [{ weightDecay: -1 }, 'expected weightDecay to be from 0, got -1.'],
    [{ warmUp: 1 }, 'expected warmUp to be from 0 and below 1, got 1.'],
    [{ alpha: 0.001 }, 'expected alpha to be from beta = 0.01, got 0.001.'],
    [{ boundary: -1 }, 'expected boundary to be above 0, got -1.'],
    [{ standardization: { mean: 0, std: 0 } }, 'expected standardization.std to be above 0, got 0.'],
    [{ seed: Number.NaN }, 'expected seed to be a finite number or a text, got NaN.'],
    [{ evaluations: 0 }, 'expected evaluations to be a whole number from 1, got 0.'],
    [{ network: 'linear', projections: 4 }, 'expected no projections for network linear.'],
    [{ start: 'pca' as 'random' }, 'expected start random or pca-rotated, got pca.'],
    [{ preset: 'fast' as 'paper' }, 'expected preset to be one of default, paper, released-code, got fast.'],
  ];
  for (const [choices, message] of wrong) {
    let found = '';
    try {
      settings(choices);
    } catch (error) {
      found = (error as Error).message;
    }
    assert.is(found, `trainCnt: ${message}`);
  }
});

test.run();
