import { type Link, movingRows } from '../link.ts';
import { expStatements } from '../math/simd.ts';
import { along, inElements, inRows, ROWS } from '../threads/job.ts';
import { type FunctionScope, integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { eachElement, forUp } from '../wasm/control.ts';
import type { Statement } from '../wasm/expressions.ts';
import { f32x4, i32, v128 } from '../wasm/instructions.ts';
import { lastFloats, reduceLanes } from '../wasm/lane-sums.ts';
import type { VariationalKernels } from './kernel.ts';

export function emitVariational(module: ModuleBuilder): void {
  emitGaussianSample(module);
  emitGaussianSampleBackward(module);
  emitGaussianDivergence(module);
  emitGaussianDivergenceBackward(module);
}

function emitGaussianSample(module: ModuleBuilder): void {
  const operands = integers('z', 'deviation', 'mean', 'logVariance', 'noise', 'n');
  module.func('gaussianSample', operands, 'void', ({ z, deviation, mean, logVariance, noise, n }, f) => {
    const [half, sigma] = f.locals('v128', 2);
    return [
      eachElement(f, n, (byte, lanes) => [
        half.set(f32x4.mul(lanes.load(i32.add(logVariance, byte)), f32x4.const(0.5))),
        ...expStatements(f, sigma, half),
        lanes.store(i32.add(deviation, byte), sigma),
        lanes.store(
          i32.add(z, byte),
          f32x4.add(lanes.load(i32.add(mean, byte)), f32x4.mul(sigma, lanes.load(i32.add(noise, byte)))),
        ),
      ]),
    ];
  });
}

function emitGaussianSampleBackward(module: ModuleBuilder): void {
  const operands = integers('dMean', 'dLogVariance', 'dz', 'deviation', 'noise', 'n');
  module.func('gaussianSampleBackward', operands, 'void', ({ dMean, dLogVariance, dz, deviation, noise, n }, f) => {
    const [step, slope] = f.locals('v128', 2);
    return [
      eachElement(f, n, (byte, lanes) => [
        step.set(lanes.load(i32.add(dz, byte))),
        lanes.store(i32.add(dMean, byte), f32x4.add(lanes.load(i32.add(dMean, byte)), step)),
        slope.set(f32x4.mul(lanes.load(i32.add(deviation, byte)), f32x4.const(0.5))),
        slope.set(f32x4.mul(slope, lanes.load(i32.add(noise, byte)))),
        lanes.store(
          i32.add(dLogVariance, byte),
          f32x4.add(lanes.load(i32.add(dLogVariance, byte)), f32x4.mul(step, slope)),
        ),
      ]),
    ];
  });
}

/** Twice the divergence of each row. */
function emitGaussianDivergence(module: ModuleBuilder): void {
  const operands = integers('sums', 'mean', 'logVariance', 'rows', 'cols');
  module.func('gaussianDivergenceRows', operands, 'void', ({ sums, mean, logVariance, rows, cols }, f) => {
    const [sum, m, v] = f.locals('v128', 3);
    const whole = f.local('i32');
    return [
      whole.set(i32.shl(i32.and(cols, -4), 2)),
      forUp(f, 0, i32.shl(rows, 2), 4, (row) => [
        sum.set(f32x4.const(0)),
        forUp(f, 0, whole, 16, (byte) => [
          m.set(v128.load(i32.add(mean, byte))),
          v.set(v128.load(i32.add(logVariance, byte))),
          ...addDivergence(f, sum, m, v),
        ]),
        // Zeros above the last column add 0 + e^0 - (1 + 0) = 0.
        lastFloats(cols, (load) => [
          m.set(load(i32.add(mean, whole))),
          v.set(load(i32.add(logVariance, whole))),
          ...addDivergence(f, sum, m, v),
        ]),
        ...reduceLanes(f, sum, [sum]),
        v128.store32_lane(i32.add(sums, row), sum, 0),
        mean.set(i32.add(mean, i32.shl(cols, 2))),
        logVariance.set(i32.add(logVariance, i32.shl(cols, 2))),
      ]),
    ];
  });
}

/** sum += m² + e^v - (1 + v); v is left changed. */
function addDivergence(f: FunctionScope, sum: Local<'v128'>, m: Local<'v128'>, v: Local<'v128'>): Statement[] {
  const [variance, rest] = f.locals('v128', 2);
  return [
    rest.set(f32x4.add(f32x4.const(1), v)),
    ...expStatements(f, variance, v),
    sum.set(f32x4.add(sum, f32x4.sub(f32x4.add(f32x4.mul(m, m), variance), rest))),
  ];
}

function emitGaussianDivergenceBackward(module: ModuleBuilder): void {
  const operands = {
    dMean: 'i32',
    dLogVariance: 'i32',
    factor: 'f32',
    half: 'f32',
    ...integers('mean', 'logVariance', 'n'),
  } as const;
  module.func(
    'gaussianDivergenceBackward',
    operands,
    'void',
    ({ dMean, dLogVariance, factor, half, mean, logVariance, n }, f) => {
      const [ofMean, ofVariance, v, variance] = f.locals('v128', 4);
      return [
        ofMean.set(f32x4.splat(factor)),
        ofVariance.set(f32x4.splat(half)),
        eachElement(f, n, (byte, lanes) => {
          const [toMean, toVariance] = [i32.add(dMean, byte), i32.add(dLogVariance, byte)];
          return [
            v.set(lanes.load(i32.add(logVariance, byte))),
            ...expStatements(f, variance, v),
            lanes.store(toMean, f32x4.add(lanes.load(toMean), f32x4.mul(ofMean, lanes.load(i32.add(mean, byte))))),
            variance.set(f32x4.mul(ofVariance, f32x4.sub(variance, f32x4.const(1)))),
            lanes.store(toVariance, f32x4.add(lanes.load(toVariance), variance)),
          ];
        }),
      ];
    },
  );
}

/** Nanoseconds for an element: where an exponential is computed, and where none is. */
const EXPONENTIAL = 1.5;
const ELEMENT = 0.5;

export function bindVariational({ func, split, at, scratch }: Link): VariationalKernels {
  const gaussianSample = split('gaussianSample');
  const gaussianSampleBackward = split('gaussianSampleBackward');
  const gaussianDivergenceRows = split('gaussianDivergenceRows');
  const gaussianDivergenceBackward = split('gaussianDivergenceBackward');
  const sumInOrder = func('sumInOrder');
  return {
    gaussianSample(z, deviation, mean, logVariance, noise, n) {
      const operands = movingRows(at, [z, deviation, mean, logVariance, noise], n);
      gaussianSample(inElements(n, EXPONENTIAL), [...operands, ROWS]);
    },
    gaussianSampleBackward(dMean, dLogVariance, dz, deviation, noise, n) {
      const operands = movingRows(at, [dMean, dLogVariance, dz, deviation, noise], n);
      gaussianSampleBackward(inElements(n, ELEMENT), [...operands, ROWS]);
    },
    gaussianDivergence(mean, logVariance, rows, cols) {
      const sums = scratch(4 * rows);
      const operands = [along(sums, 4), ...movingRows(at, [mean, logVariance], rows, cols)];
      gaussianDivergenceRows(inRows(rows, EXPONENTIAL * cols), [...operands, ROWS, cols]);
      return Math.fround(sumInOrder(sums, rows) / Math.fround(2 * rows));
    },
    gaussianDivergenceBackward(dMean, dLogVariance, seed, mean, logVariance, rows, cols) {
      const n = rows * cols;
      const factor = seed / rows;
      const [toMean, toVariance, ...from] = movingRows(at, [dMean, dLogVariance, mean, logVariance], n);
      gaussianDivergenceBackward(inElements(n, EXPONENTIAL), [toMean!, toVariance!, factor, factor / 2, ...from, ROWS]);
    },
  };
}
