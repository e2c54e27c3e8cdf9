import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../kernels/backend.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { directionalError, normals, singles, weightedSum } from '../support/directional-derivative.ts';
import { assertSame } from '../support/same.ts';
import { assertSameBits } from '../support/same-bits.ts';
import { ROW_SHAPES } from './operands.ts';

const EPSILON = 1e-6;

/** Row 0 is zero. */
function withZeroRow(random: Random, rows: number, cols: number): number[] {
  return singles(random, rows * cols).map((value, i) => (i < cols ? 0 : value));
}

test('normalizeRows: simd has the bits of the reference, forward and backward, also for a zero row', () => {
  const random = new Random(1, 'rows');
  for (const [rows, cols] of ROW_SHAPES) {
    const n = rows * cols;
    const x = withZeroRow(random, rows, cols);
    const kernels = referenceKernels();
    const [y, norms] = [new Float32Array(n), new Float32Array(rows)];
    kernels.normalizeRows(y, norms, Float32Array.from(x), rows, cols);
    assertSameBits(`forward ${rows} x ${cols}`, [singles(random, n), singles(random, rows), x], (k, [a, b, c]) =>
      k.normalizeRows(a!, b!, c!, rows, cols),
    );
    const operands = [singles(random, n), singles(random, n), [...y], [...norms]];
    assertSameBits(`backward ${rows} x ${cols}`, operands, (k, [dx, dy, own, length]) =>
      k.normalizeRowsBackward(dx!, dy!, own!, length!, rows, cols),
    );
  }
});

test('rowDistances: simd has the bits of the reference, forward and backward, also for equal rows', () => {
  const random = new Random(2, 'rows');
  for (const [rows, cols] of ROW_SHAPES) {
    const n = rows * cols;
    const [a, b] = [singles(random, n), singles(random, n)];
    for (let c = 0; c < cols; c++) b[c] = a[c]!;
    const out = new Float32Array(rows);
    referenceKernels().rowDistances(out, Float32Array.from(a), Float32Array.from(b), EPSILON, rows, cols);
    assertSameBits(`forward ${rows} x ${cols}`, [singles(random, rows), a, b], (k, [o, p, q]) =>
      k.rowDistances(o!, p!, q!, EPSILON, rows, cols),
    );
    const operands = [singles(random, n), singles(random, n), singles(random, rows), [...out], a, b];
    assertSameBits(`backward ${rows} x ${cols}`, operands, (k, [da, db, dOut, o, p, q]) =>
      k.rowDistancesBackward(da!, db!, dOut!, o!, p!, q!, rows, cols),
    );
  }
});

test('normalizeRows: 3-4-5, and a zero row stays zero with norm 1e-12 and without a gradient', () => {
  const kernels = referenceKernels();
  const [y, norms] = [new Float32Array(4), new Float32Array(2)];
  kernels.normalizeRows(y, norms, Float32Array.of(3, 4, 0, 0), 2, 2);
  assertSame([...y], [0.6, 0.8, 0, 0].map(Math.fround));
  assertSame([...norms], [5, 1e-12].map(Math.fround));
  const dx = new Float32Array(4);
  kernels.normalizeRowsBackward(dx, Float32Array.of(1, 0, 1, 1), y, norms, 2, 2);
  assert.ok(Math.abs(dx[0]! - 0.64 / 5) < 1e-7 && Math.abs(dx[1]! + 0.48 / 5) < 1e-7, `${dx}`);
  assertSame([...dx.subarray(2)], [0, 0]);
});

test('rowDistances: 3-4-5, and epsilon between equal rows, without a gradient', () => {
  const kernels = referenceKernels();
  const [a, b] = [Float32Array.of(0, 0, 7, 7), Float32Array.of(3, 4, 7, 7)];
  const out = new Float32Array(2);
  kernels.rowDistances(out, a, b, EPSILON, 2, 2);
  assertSame([...out], [5, EPSILON].map(Math.fround));
  const [da, db] = [new Float32Array(4), new Float32Array(4)];
  kernels.rowDistancesBackward(da, db, Float32Array.of(1, 1), out, a, b, 2, 2);
  assertSame([...da], [-0.6, -0.8, 0, 0].map(Math.fround));
  assertSame([...db], [0.6, 0.8, 0, 0].map(Math.fround));
});

test('the gradients of normalizeRows and rowDistances agree with central differences within 1e-7', () => {
  const kernels = referenceKernels({ precision: 'float64' });
  const random = new Random(3, 'rows');
  const [rows, cols] = [5, 6];
  const n = rows * cols;
  const [a, b, dY] = [normals(random, n), normals(random, n), normals(random, n)];
  const [y, norms] = [new Float64Array(n), new Float64Array(rows)];
  const normalized = ([at]: readonly Float64Array[]) => {
    kernels.normalizeRows(y, norms, at!, rows, cols);
    return weightedSum(y, dY);
  };
  normalized([a]);
  const dx = new Float64Array(n);
  kernels.normalizeRowsBackward(dx, dY, y, norms, rows, cols);
  const first = directionalError([a], [dx], normalized, random);
  assert.ok(first < 1e-7, String(first)); // 1e-10

  const dOut = normals(random, rows);
  const out = new Float64Array(rows);
  const distances = ([p, q]: readonly Float64Array[]) => {
    kernels.rowDistances(out, p!, q!, 0.3, rows, cols);
    return weightedSum(out, dOut);
  };
  distances([a, b]);
  const [da, db] = [new Float64Array(n), new Float64Array(n)];
  kernels.rowDistancesBackward(da, db, dOut, out, a, b, rows, cols);
  const second = directionalError([a, b], [da, db], distances, random);
  assert.ok(second < 1e-7, String(second)); // 1e-10
  db[3]! += 0.1;
  assert.ok(directionalError([a, b], [da, db], distances, random) > 1e-4, 'a wrong gradient must be seen');
});

test.run();
