import { bindChunkedSums } from '../column-sums/simd.ts';
import { type Link, movingRows } from '../link.ts';
import { along, inRows, ROWS } from '../threads/job.ts';
import { integers, type ModuleBuilder } from '../wasm/assembler.ts';
import { eachElement, forUp } from '../wasm/control.ts';
import type { V128 } from '../wasm/expressions.ts';
import { f32x4, i32 } from '../wasm/instructions.ts';
import type { BatchNormKernels } from './kernel.ts';
import { referenceBatchNorm } from './reference.ts';

/** Column constants first, into scratch; then row after row, since strided writes cost 2.5 times as much (measured). */
export function emitBatchNorm(module: ModuleBuilder): void {
  emitForward(module);
  emitBackward(module);
  module.func('divideBy', { x: 'i32', divisor: 'f32', n: 'i32' }, 'void', ({ x, divisor, n }, f) => {
    const count = f.local('v128');
    return [
      count.set(f32x4.splat(divisor)),
      eachElement(f, n, (byte, { load, store }) => [store(i32.add(x, byte), f32x4.div(load(i32.add(x, byte)), count))]),
    ];
  });
}

function inverseDeviation(variance: V128, epsilon: V128) {
  return f32x4.div(f32x4.const(1), f32x4.sqrt(f32x4.add(variance, epsilon)));
}

function emitForward(module: ModuleBuilder): void {
  const constants = { ...integers('scales', 'variance', 'gain'), epsilon: 'f32', cols: 'i32' } as const;
  module.func('batchNormScales', constants, 'void', ({ scales, variance, gain, epsilon, cols }, f) => {
    const smallest = f.local('v128');
    return [
      smallest.set(f32x4.splat(epsilon)),
      eachElement(f, cols, (byte, { load, store }) => {
        const inverse = inverseDeviation(load(i32.add(variance, byte)), smallest);
        return [store(i32.add(scales, byte), f32x4.mul(load(i32.add(gain, byte)), inverse))];
      }),
    ];
  });
  const operands = integers('y', 'x', 'mean', 'scales', 'bias', 'rows', 'cols');
  module.func('batchNormForward', operands, 'void', ({ y, x, mean, scales, bias, rows, cols }, f) => [
    forUp(f, 0, rows, 1, () => [
      eachElement(f, cols, (byte, { load, store }) => {
        const centered = f32x4.sub(load(i32.add(x, byte)), load(i32.add(mean, byte)));
        const scaled = f32x4.mul(centered, load(i32.add(scales, byte)));
        return [store(i32.add(y, byte), f32x4.add(scaled, load(i32.add(bias, byte))))];
      }),
      ...[x, y].map((row) => row.set(i32.add(row, i32.shl(cols, 2)))),
    ]),
  ]);
}

function emitBackward(module: ModuleBuilder): void {
  const constants = {
    ...integers('dGain', 'dBias', 'averages', 'slopes', 'scales', 'variance', 'gain'),
    epsilon: 'f32',
    rows: 'f32',
    cols: 'i32',
  } as const;
  // From the sums of dy in `averages` and of dy (x - mean) in `slopes`.
  module.func('batchNormConstants', constants, 'void', (all, f) => {
    const { dGain, dBias, averages, slopes, scales, variance, gain, epsilon, rows, cols } = all;
    const [smallest, count, inverse, total] = f.locals('v128', 4);
    return [
      smallest.set(f32x4.splat(epsilon)),
      count.set(f32x4.splat(rows)),
      eachElement(f, cols, (byte, { load, store }) => [
        inverse.set(inverseDeviation(load(i32.add(variance, byte)), smallest)),
        store(i32.add(scales, byte), f32x4.mul(load(i32.add(gain, byte)), inverse)),
        total.set(load(i32.add(averages, byte))),
        store(i32.add(dBias, byte), f32x4.add(load(i32.add(dBias, byte)), total)),
        store(i32.add(averages, byte), f32x4.div(total, count)),
        total.set(f32x4.mul(load(i32.add(slopes, byte)), inverse)),
        store(i32.add(dGain, byte), f32x4.add(load(i32.add(dGain, byte)), total)),
        store(i32.add(slopes, byte), f32x4.mul(f32x4.div(total, count), inverse)),
      ]),
    ];
  });
  const operands = integers('dx', 'dy', 'x', 'mean', 'averages', 'slopes', 'scales', 'rows', 'cols');
  module.func('batchNormBackward', operands, 'void', (all, f) => {
    const { dx, dy, x, mean, averages, slopes, scales, rows, cols } = all;
    return [
      forUp(f, 0, rows, 1, () => [
        eachElement(f, cols, (byte, { load, store }) => {
          const even = f32x4.sub(load(i32.add(dy, byte)), load(i32.add(averages, byte)));
          const difference = f32x4.sub(load(i32.add(x, byte)), load(i32.add(mean, byte)));
          const centered = f32x4.sub(even, f32x4.mul(difference, load(i32.add(slopes, byte))));
          const step = f32x4.mul(load(i32.add(scales, byte)), centered);
          return [store(i32.add(dx, byte), f32x4.add(load(i32.add(dx, byte)), step))];
        }),
        ...[dx, dy, x].map((row) => row.set(i32.add(row, i32.shl(cols, 2)))),
      ]),
    ];
  });
}

/** Nanoseconds for an element, forwards and backwards. */
const FORWARD = 0.8;
const BACKWARD = 1;

export function bindBatchNorm(link: Link): BatchNormKernels {
  const { func, split, at, scratch } = link;
  const [fill, divideBy] = [func('fill'), func('divideBy')];
  const [scalesOf, forward] = [func('batchNormScales'), split('batchNormForward')];
  const [constantsOf, backward] = [func('batchNormConstants'), split('batchNormBackward')];
  const columns = bindChunkedSums(link, (cols) => 12 * cols);
  return {
    batchNormMoments(mean, variance, x, rows, cols) {
      const [m, v, from] = [at(mean, cols), at(variance, cols), at(x, rows * cols)];
      fill(m, 0, cols);
      fill(v, 0, cols);
      columns.sums(m, from, rows, cols);
      divideBy(m, rows, cols);
      columns.squares(v, from, m, rows, cols);
      divideBy(v, rows, cols);
    },
    batchNormForward(y, x, mean, variance, gain, bias, epsilon, rows, cols) {
      const scales = scratch(4 * cols);
      scalesOf(scales, at(variance, cols), at(gain, cols), epsilon, cols);
      const [to, from] = movingRows(at, [y, x], rows, cols);
      forward(inRows(rows, FORWARD * cols), [to!, from!, at(mean, cols), scales, at(bias, cols), ROWS, cols]);
    },
    batchNormBackward(dx, dGain, dBias, dy, x, mean, variance, gain, epsilon, rows, cols) {
      const averages = scratch(12 * cols);
      const [slopes, scales] = [averages + 4 * cols, averages + 8 * cols];
      const [slope, value, center] = [at(dy, rows * cols), at(x, rows * cols), at(mean, cols)];
      const [gains, biases] = [at(dGain, cols), at(dBias, cols)];
      fill(averages, 0, 2 * cols);
      columns.slopes(averages, slopes, slope, value, center, rows, cols);
      constantsOf(gains, biases, averages, slopes, scales, at(variance, cols), at(gain, cols), epsilon, rows, cols);
      const moving = [at(dx, rows * cols), slope, value].map((one) => along(one, 4 * cols));
      backward(inRows(rows, BACKWARD * cols), [...moving, center, averages, slopes, scales, ROWS, cols]);
    },
    moveAverage: referenceBatchNorm(Math.fround).moveAverage,
  };
}
