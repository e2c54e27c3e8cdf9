import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type KMeansProfile, kMeans } from '../../../src/quantize/k-means/k-means.ts';
import { kMeansReference } from '../../../src/quantize/k-means/reference.ts';
import { createMatrix, type Matrix } from '../../../src/tensor/matrix.ts';
import { faissPoints, faissQuantizers, wholeNumbers } from '../../support/faiss-quantizers.ts';
import { normalMatrix } from '../../support/normals.ts';
import { assertSame } from '../../support/same.ts';

/** Five separated clouds of 60 points. */
function clouds(): Matrix {
  const points = normalMatrix(300, 6, 'clouds');
  for (let i = 0; i < points.data.length; i++) points.data[i]! += 40 * (Math.floor(i / 6) % 5);
  return points;
}

/** The sum over the points of the squared distance from the nearest centroid, in float64. */
function objectiveOf(points: Matrix, centroids: Matrix): number {
  let sum = 0;
  for (let row = 0; row < points.rows; row++) {
    let least = Number.POSITIVE_INFINITY;
    for (let id = 0; id < centroids.rows; id++) {
      let distance = 0;
      for (let j = 0; j < points.cols; j++) {
        distance += (points.data[row * points.cols + j]! - centroids.data[id * points.cols + j]!) ** 2;
      }
      least = Math.min(least, distance);
    }
    sum += least;
  }
  return sum;
}

function requireFalling(objectives: Float64Array, title: string): void {
  for (let i = 1; i < objectives.length; i++) {
    assert.ok(
      objectives[i]! <= objectives[i - 1]! * (1 + 1e-7),
      `${title}: ${objectives[i - 1]} then ${objectives[i]}`,
    );
  }
}

test('canonical: the objective never rises, also with empty clusters, copies and every number of centroids', () => {
  const copies = createMatrix(200, 3);
  const few = normalMatrix(20, 3, 'few');
  for (let row = 0; row < 200; row++) copies.data.set(few.data.subarray(3 * (row % 20), 3 * (row % 20) + 3), 3 * row);
  for (const [title, points] of Object.entries({ normals: normalMatrix(500, 4, 'points'), clouds: clouds(), copies })) {
    for (const k of [1, 2, 5, 32, 150]) requireFalling(kMeans(points, { k }).objectives, `${title}, k = ${k}`);
  }
});

test('canonical: empty clusters move to the farthest points, and the objective falls below a twentieth', () => {
  const points = clouds();
  const start = createMatrix(5, 6); // all five on the same place: four are empty
  const { objectives, centroids } = kMeans(points, { k: 5, start });
  requireFalling(objectives, 'empty');
  const share = objectiveOf(points, centroids) / objectives[0]!;
  assert.ok(share < 0.05, `${share}`); // measured: 0.017
});

test('faiss: the objective never rises where no cluster is empty', () => {
  for (const points of [normalMatrix(500, 4, 'points'), clouds()]) {
    for (const k of [1, 4, 8]) requireFalling(kMeans(points, { k, profile: 'faiss' }).objectives, `k = ${k}`);
  }
});

test('faiss: its centroids and objectives, bit for bit', () => {
  const { k, centroids, objectives } = faissQuantizers.kMeans;
  const ours = kMeans(faissPoints(), { k, profile: 'faiss' });
  assertSame([...ours.centroids.data], centroids);
  // faiss adds them in float32, and goes on when nothing changes any more.
  ours.objectives.forEach((value, round) => {
    assert.ok(Math.abs(value - objectives[round]!) <= 1e-6 * value, `round ${round}`);
  });
  assert.is(Math.fround(objectives.at(-1)!), Math.fround(objectives[ours.objectives.length - 1]!));
});

test('faiss: its centroids where large clusters were split, 20 distinct points and 32 centroids', () => {
  const { distinct, rows, dim, seed, k, centroids } = faissQuantizers.split;
  const few = wholeNumbers(distinct, dim, seed);
  const points = createMatrix(rows, dim);
  for (let row = 0; row < rows; row++) {
    const from = (row * 7) % distinct;
    points.data.set(few.data.subarray(from * dim, (from + 1) * dim), row * dim);
  }
  assertSame([...kMeans(points, { k, profile: 'faiss' }).centroids.data], centroids);
});

test('canonical equals the reference, bit for bit: 1 to 20 rounds, with ties, copies and empty clusters', () => {
  const copies = createMatrix(80, 3, normalMatrix(80, 3, 'few').data.map(Math.round));
  for (const points of [normalMatrix(80, 3, 'naive'), copies, createMatrix(80, 3)]) {
    const rows = Array.from({ length: 80 }, (_, row) => points.data.slice(3 * row, 3 * row + 3));
    for (const k of [1, 4, 30]) {
      for (const iterations of [1, 2, 20]) {
        const start = createMatrix(k, 3, points.data.slice(0, 3 * k));
        const { centroids, objectives } = kMeans(points, { k, start, iterations });
        assertSame(
          centroids.data,
          Float32Array.from(kMeansReference(rows, rows.slice(0, k), iterations).flatMap((centroid) => [...centroid])),
        );
        assert.ok(Math.abs(objectives[0]! - objectiveOf(points, start)) < 1e-4);
      }
    }
  }
});

test('same bits on reference and simd, and by the same seed; another seed another start', () => {
  const points = normalMatrix(400, 7, 'bits');
  const centroids = (seed: number, backend: 'reference' | 'simd') => [
    ...kMeans(points, { k: 9, seed, backend, iterations: 3 }).centroids.data,
  ];
  assert.equal(centroids(1, 'simd'), centroids(1, 'reference'));
  assert.not.equal(centroids(1, 'simd'), centroids(2, 'simd'));
});

for (const profile of ['canonical', 'faiss'] as const satisfies KMeansProfile[]) {
  test(`${profile}: one centroid is the mean, as many centroids as points are the points`, () => {
    const points = createMatrix(4, 2, Float32Array.of(0, 0, 4, 0, 0, 8, 4, 8));
    assertSame([...kMeans(points, { k: 1, profile }).centroids.data], [2, 4]);
    assertSame([...kMeans(points, { k: 4, profile }).centroids.data], [...points.data]);
  });

  test(`${profile}: equal points end, and all centroids are that point or beside it`, () => {
    const points = createMatrix(50, 2, new Float32Array(100).fill(3));
    const { centroids } = kMeans(points, { k: 7, profile });
    for (const value of centroids.data) assert.ok(Math.abs(value - 3) < 0.1);
  });

  test(`${profile}: learns from 256 points a centroid, or as many as told`, () => {
    const points = normalMatrix(600, 2, 'sample');
    assert.is(kMeans(points, { k: 2, profile, iterations: 1 }).counts.distances >= 512 * 2, true);
    const few = kMeans(points, { k: 2, profile, iterations: 1, pointsPerCentroid: 10 });
    assert.ok(few.counts.distances <= 3 * 20);
  });
}

test('k-means++ spreads the start: five separated clouds get a centroid each, for 20 seeds', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { centroids } = kMeans(clouds(), { k: 5, seed, iterations: 1 });
    const found = new Set(Array.from({ length: 5 }, (_, id) => Math.round(centroids.data[6 * id]! / 40)));
    assert.is(found.size, 5, `seed ${seed}`);
  }
});

test('wrong options and points are refused in one line', () => {
  const points = normalMatrix(10, 2, 'refused');
  const message = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      assert.instance(error, RangeError);
      return (error as Error).message;
    }
    return 'accepted';
  };
  assert.is(
    message(() => kMeans(points, { k: 11 })),
    'kMeans: expected k from 1 to 10 (the points), got 11.',
  );
  assert.match(
    message(() => kMeans(points, { k: 0 })),
    /got 0\.$/,
  );
  assert.match(
    message(() => kMeans(points, { k: 1.5 })),
    /got 1\.5\.$/,
  );
  assert.is(
    message(() => kMeans(points, { k: 2, iterations: 0 })),
    'kMeans: expected iterations to be a whole number from 1, got 0.',
  );
  assert.match(
    message(() => kMeans(points, { k: 2, pointsPerCentroid: 0 })),
    /expected pointsPerCentroid/,
  );
  assert.is(
    message(() => kMeans(points, { k: 2, profile: 'other' as KMeansProfile })),
    'kMeans: expected profile canonical or faiss, got other.',
  );
  assert.is(
    message(() => kMeans(points, { k: 2, start: createMatrix(2, 3) })),
    'kMeans: expected a start of 2 x 2, got 2 x 3.',
  );
  points.data[7] = Number.NaN;
  assert.is(
    message(() => kMeans(points, { k: 2 })),
    'kMeans: expected finite values, got NaN at row 3, column 1.',
  );
  const start = createMatrix(1, 2, Float32Array.of(0, Number.POSITIVE_INFINITY));
  points.data[7] = 0;
  assert.match(
    message(() => kMeans(points, { k: 1, start })),
    /^kMeans: start: expected finite values, got Infinity/,
  );
});

test.run();
