import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Basis } from '../../../src/quantize/regression/neighbor-basis.ts';
import { type RegressionOptions, trainRegression } from '../../../src/quantize/regression/train-regression.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { normalMatrix } from '../../support/normals.ts';
import { plainBasis } from '../../support/plain-basis.ts';
import { assertSame } from '../../support/same.ts';

const [ROWS, DIM, VECTORS] = [600, 12, 4];
const data = normalMatrix(ROWS * VECTORS, DIM, 'bases').data;
const basis = plainBasis(data, ROWS, VECTORS, DIM);

/** Each row is its first basis vector and a part of the others, one of three ways, and noise. */
function mixed(noise: number): Matrix {
  const random = new Random(1, 'mixed');
  const ways = [
    [0.7, 0.3, 0, 0],
    [0.5, 0, 0.25, 0.25],
    [1, 0, 0, -0.5],
  ];
  const points = createMatrix(ROWS, DIM);
  for (let row = 0; row < ROWS; row++) {
    const way = ways[random.below(3)]!;
    for (let j = 0; j < DIM; j++) {
      let sum = noise * random.normal();
      for (let v = 0; v < VECTORS; v++) sum += way[v]! * data[(row * VECTORS + v) * DIM + j]!;
      points.data[row * DIM + j] = sum;
    }
  }
  return points;
}

/** The mean squared distance of the points from their first basis vectors: words of (1, 0, …) only. */
function plainError(points: Matrix): number {
  let total = 0;
  for (let row = 0; row < ROWS; row++) {
    for (let j = 0; j < DIM; j++) total += (points.data[row * DIM + j]! - data[row * VECTORS * DIM + j]!) ** 2;
  }
  return total / ROWS;
}

test('the error never rises from round to round, from the first at most that of the codes alone', async () => {
  for (const [noise, words] of [
    [0.3, 16],
    [0.3, 2],
    [0.3, 256],
    [3, 8],
    [0, 3],
  ] as const) {
    const points = mixed(noise);
    const { objectives } = await trainRegression(points, basis, { nsq: 3, words, rounds: 12 });
    assert.is(objectives.length, 12);
    assert.ok(objectives[0]! <= plainError(points) * (1 + 1e-12));
    for (let i = 1; i < 12; i++) assert.ok(objectives[i]! <= objectives[i - 1]! * (1 + 1e-12), `${[...objectives]}`);
    assert.ok(objectives[11]! < objectives[0]! || objectives[0]! < 1e-9);
  }
});

test('with one word it is the joint least squares of all points, found in the first round', async () => {
  const { codebook, objectives } = await trainRegression(mixed(0.1), basis, { nsq: 1, words: 1, rounds: 3 });
  assert.is(objectives[2], objectives[1]);
  const mean = [0.7333, 0.1, 0.0833, -0.0833]; // of the three ways
  for (const [v, weight] of codebook.weights.entries()) {
    assert.ok(Math.abs(weight - mean[v]!) < 0.05, `${weight} ${mean[v]}`); // a third of the points each, by chance
  }
});

test('finds the three ways in which the points were made, each weight within 0.01', async () => {
  const { codebook, objectives } = await trainRegression(mixed(0.01), basis, { nsq: 1, words: 8, rounds: 10 });
  assert.ok(objectives[9]! < 1.3 * DIM * 0.01 ** 2, `${objectives[9]}`); // measured: 0.00113, the noise 0.0012
  for (const way of [
    [0.7, 0.3, 0, 0],
    [0.5, 0, 0.25, 0.25],
    [1, 0, 0, -0.5],
  ]) {
    const distances = Array.from({ length: 8 }, (_, w) =>
      Math.max(...way.map((weight, v) => Math.abs(weight - codebook.weights[w * VECTORS + v]!))),
    );
    assert.ok(Math.min(...distances) < 0.01, `${distances}`); // measured: 0.0026 at most
  }
});

test('words that no point takes get half of the points of another', async () => {
  // All points are the same multiple of their first vector: every start word but one stays without points.
  const points = createMatrix(ROWS, DIM);
  for (let i = 0; i < ROWS * DIM; i++) points.data[i] = 0.5 * data[Math.floor(i / DIM) * VECTORS * DIM + (i % DIM)]!;
  const { codebook, objectives } = await trainRegression(points, basis, { nsq: 2, words: 10, rounds: 4 });
  assert.ok(objectives[3]! < 1e-12 && objectives.every((value) => value > -1e-12), `${objectives}`);
  assert.ok(codebook.weights.every((weight) => Math.abs(weight) <= 1));
});

test('the same on the reference and the SIMD backend, and again; other seeds learn from other points', async () => {
  const points = mixed(0.3);
  const train = async (options: Partial<RegressionOptions>) =>
    (await trainRegression(points, basis, { nsq: 2, words: 8, rounds: 2, points: 300, ...options })).codebook.weights;
  const weights = await train({ backend: 'simd' });
  assertSame(await train({ backend: 'reference' }), weights);
  assertSame(await train({ seed: '1' }), weights);
  assert.not.equal(await train({ seed: 2 }), weights);
});

test('a basis of vectors of zeros, and fewer numbers a part than vectors', async () => {
  const zeros: Basis = plainBasis(new Float32Array(ROWS * VECTORS * DIM), ROWS, VECTORS, DIM);
  const points = mixed(0.3);
  const empty = await trainRegression(points, zeros, { nsq: 12, words: 4, rounds: 2 });
  const square = points.data.reduce((sum, value) => sum + value * value, 0) / ROWS;
  for (const value of empty.objectives) assert.ok(Math.abs(value - square) < 1e-9 * square);
  const { objectives } = await trainRegression(points, basis, { nsq: 12, words: 64, rounds: 5 });
  assert.ok(objectives[4]! < 0.01 && objectives[4]! > 0, `${[...objectives]}`); // measured: 0.023 first, 0.006 last but one
});

test('progress counts the start and the rounds, and an abort ends the training with its reason', async () => {
  const told: string[] = [];
  const options = { nsq: 3, words: 4, rounds: 2 };
  await trainRegression(mixed(1), basis, { ...options, onProgress: (done, total) => told.push(`${done}/${total}`) });
  assert.equal(told, ['1/3', '2/3', '3/3']);
  const controller = new AbortController();
  const onProgress = (): void => controller.abort(new Error('enough'));
  const error = await trainRegression(mixed(1), basis, { ...options, onProgress, signal: controller.signal }).then(
    () => undefined,
    (reason) => reason,
  );
  assert.is(error?.message, 'enough');
});

test('wrong options and points are refused in one line', async () => {
  const refused = async (points: Matrix, change: Partial<RegressionOptions>): Promise<string> => {
    try {
      await trainRegression(points, basis, { nsq: 3, words: 8, ...change });
    } catch (error) {
      assert.instance(error, RangeError);
      return (error as Error).message;
    }
    return 'accepted';
  };
  const points = mixed(1);
  assert.is(
    await refused(points, { nsq: 5 }),
    'trainRegression: expected nsq to divide the 12 dimensions (1, 2, 3, 4, 6, 12), got 5.',
  );
  assert.is(await refused(points, { words: 300 }), 'trainRegression: expected words from 1 to 256, got 300.');
  assert.is(
    await refused(points, { rounds: 0 }),
    'trainRegression: expected rounds to be a whole number from 1, got 0.',
  );
  assert.is(
    await refused(points, { points: 1.5 }),
    'trainRegression: expected points to be a whole number from 1, got 1.5.',
  );
  assert.is(await refused(points, { points: 7 }), 'trainRegression: expected at least 8 points to learn from, got 7.');
  assert.match(await refused(createMatrix(5, DIM), {}), /expected points of 600 x 12, as the basis has, got 5 x 12/);
  points.data[7] = Number.NaN;
  assert.match(await refused(points, {}), /^trainRegression: expected finite values, got NaN at row 0, column 7/);
});

test.run();
