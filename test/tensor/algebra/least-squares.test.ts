import { pinv } from 'mathjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { leastSquares } from '../../../src/tensor/algebra/least-squares.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { assertSame } from '../../support/same.ts';

interface Problem {
  /** (n, d). */
  readonly b: number[][];
  readonly x: number[];
}

function randomProblem(n: number, d: number, rank: number, name: string): Problem {
  const random = new Random(1, name);
  const normals = (count: number): number[] => Array.from({ length: count }, () => random.normal());
  const left = Array.from({ length: n }, () => normals(rank));
  const right = Array.from({ length: rank }, () => normals(d));
  const b =
    rank === n
      ? right
      : left.map((row) => right[0]!.map((_, j) => row.reduce((sum, w, r) => sum + w * right[r]![j]!, 0)));
  return { b, x: normals(d) };
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function solve({ b, x }: Problem, cutoff: number): Float64Array {
  const gram = Float64Array.from(b.flatMap((row) => b.map((other) => dot(row, other))));
  return leastSquares(
    gram,
    Float64Array.from(b, (row) => dot(row, x)),
    cutoff,
  );
}

/** The largest difference from x times the pseudo-inverse of B. */
function differenceFromPinv(problem: Problem): number {
  const inverse = pinv(problem.b); // (d, n)
  const found = solve(problem, 1e-6);
  const expected = found.map((_, j) =>
    dot(
      problem.x,
      inverse.map((row) => row[j]!),
    ),
  );
  return Math.max(...found.map((value, j) => Math.abs(value - expected[j]!)));
}

test('equals the pseudo-inverse of mathjs within 1e-12 where B has full rank', () => {
  for (const [n, d] of [
    [1, 1],
    [1, 5],
    [3, 8],
    [7, 7],
    [7, 32],
  ] as const) {
    const difference = differenceFromPinv(randomProblem(n, d, n, `full ${n} ${d}`));
    assert.ok(difference < 1e-12, `${n} x ${d}: ${difference}`); // measured: 1.6e-13 at most
  }
});

test('equals the pseudo-inverse of mathjs within 1e-12 where rows depend on each other, or there are more of them than columns', () => {
  for (const [n, d, rank] of [
    [7, 32, 3],
    [4, 9, 2],
    [5, 3, 3],
    [7, 2, 2],
  ] as const) {
    const difference = differenceFromPinv(randomProblem(n, d, rank, `deficient ${n} ${d}`));
    assert.ok(difference < 1e-12, `${n} x ${d} of rank ${rank}: ${difference}`); // measured: 8e-15 at most
  }
});

test('equal rows share the coefficient, rows of zeros get 0', () => {
  const found = solve(
    {
      b: [
        [1, 2],
        [1, 2],
        [0, 0],
      ],
      x: [2, 4],
    },
    0.01,
  );
  assert.ok(Math.abs(found[0]! - 1) < 1e-15 && Math.abs(found[1]! - 1) < 1e-15, `${found}`);
  assert.is(found[2], 0);
  assertSame(
    solve(
      {
        b: [
          [0, 0],
          [0, 0],
        ],
        x: [1, 1],
      },
      0.01,
    ),
    Float64Array.of(0, 0),
  );
});

test('a direction whose singular value is at most the cutoff is left out', () => {
  const b = [
    [1, 0],
    [0, 0.015625],
  ];
  const x = [3, 5];
  assertSame(solve({ b, x }, 0.015625), Float64Array.of(3, 0));
  assertSame(solve({ b, x }, 0.015), Float64Array.of(3, 320));
});

test('a cutoff out of range and a matrix of another size are refused', () => {
  assert.throws(() => leastSquares(Float64Array.of(1), Float64Array.of(1), 0), /from 1e-7 to below 1, got 0/);
  assert.throws(() => leastSquares(Float64Array.of(1), Float64Array.of(1), 1), /from 1e-7 to below 1, got 1/);
  assert.throws(() => leastSquares(Float64Array.of(1), Float64Array.of(1), Number.NaN), /got NaN/);
  assert.throws(
    () => leastSquares(Float64Array.of(1, 2), Float64Array.of(1, 2), 0.1),
    /expected 2 x 2 = 4 values, got 2/,
  );
});

test.run();
