import {
  eachElement,
  type FunctionScope,
  forUp,
  ifThen,
  type Lanes,
  type Local,
  type ModuleBuilder,
} from '../assembler.ts';
import { eachChunk, eachStrip } from '../columns.ts';
import { CHUNK_ROWS } from '../elementwise/reference.ts';
import { f32, f32x4, type I32, i32, memory, type Statement, type V128 } from '../instructions.ts';
import type { Link } from '../link.ts';
import { type BatchNormKernels, moveAverage } from './reference.ts';

export function emitBatchNorm(module: ModuleBuilder): void {
  emitMoments(module);
  emitForward(module);
  emitBackward(module);
}

function inverseDeviation(variance: V128, epsilon: V128) {
  return f32x4.div(f32x4.const(1), f32x4.sqrt(f32x4.add(variance, epsilon)));
}

function emitMoments(module: ModuleBuilder): void {
  module.func(
    'batchNormMoments',
    { mean: 'i32', variance: 'i32', x: 'i32', rows: 'i32', cols: 'i32' },
    'void',
    ({ mean, variance, x, rows, cols }, f) => {
      const row = f.local('i32');
      const count = f.local('v128');
      const difference = f.local('v128');
      const centers = f.locals('v128', 4);
      const sums = f.locals('v128', 4);
      const totals = f.locals('v128', 4);
      return [
        count.set(f32x4.splat(f32.convert_i32_u(rows))),
        ...eachStrip(f, cols, 4, (byte, { vectors, load, store }) => {
          const nextRow = row.set(i32.add(row, i32.shl(cols, 2)));
          const begin = vectors.map((v) => sums[v]!.set(f32x4.const(0)));
          const end = vectors.map((v) => totals[v]!.set(f32x4.add(totals[v]!, sums[v]!)));
          return [
            ...vectors.map((v) => totals[v]!.set(f32x4.const(0))),
            row.set(i32.add(x, byte)),
            eachChunk(f, rows, {
              begin,
              row: [...vectors.map((v) => sums[v]!.set(f32x4.add(sums[v]!, load(row, v)))), nextRow],
              end,
            }),
            ...vectors.flatMap((v) => [
              centers[v]!.set(f32x4.div(totals[v]!, count)),
              store(i32.add(mean, byte), centers[v]!, v),
              totals[v]!.set(f32x4.const(0)),
            ]),
            row.set(i32.add(x, byte)),
            eachChunk(f, rows, {
              begin,
              row: [
                ...vectors.flatMap((v) => [
                  difference.set(f32x4.sub(load(row, v), centers[v]!)),
                  sums[v]!.set(f32x4.add(sums[v]!, f32x4.mul(difference, difference))),
                ]),
                nextRow,
              ],
              end,
            }),
            ...vectors.map((v) => store(i32.add(variance, byte), f32x4.div(totals[v]!, count), v)),
          ];
        }),
      ];
    },
  );
}

/** Column constants first, into scratch; then row after row, since strided writes cost 2.5 times as much (measured). */
function emitForward(module: ModuleBuilder): void {
  const columns = { mean: 'i32', variance: 'i32', gain: 'i32', bias: 'i32' } as const;
  module.func(
    'batchNormForward',
    { y: 'i32', x: 'i32', ...columns, epsilon: 'f32', rows: 'i32', cols: 'i32', scales: 'i32' },
    'void',
    ({ y, x, mean, variance, gain, bias, epsilon, rows, cols, scales }, f) => {
      const smallest = f.local('v128');
      const rowBytes = i32.shl(cols, 2);
      return [
        smallest.set(f32x4.splat(epsilon)),
        eachElement(f, cols, (byte, { load, store }) => {
          const inverse = inverseDeviation(load(i32.add(variance, byte)), smallest);
          return [store(i32.add(scales, byte), f32x4.mul(load(i32.add(gain, byte)), inverse))];
        }),
        forUp(f, 0, rows, 1, () => [
          eachElement(f, cols, (byte, { load, store }) => {
            const centered = f32x4.sub(load(i32.add(x, byte)), load(i32.add(mean, byte)));
            const scaled = f32x4.mul(centered, load(i32.add(scales, byte)));
            return [store(i32.add(y, byte), f32x4.add(scaled, load(i32.add(bias, byte))))];
          }),
          x.set(i32.add(x, rowBytes)),
          y.set(i32.add(y, rowBytes)),
        ]),
      ];
    },
  );
}

/** Adds dy and dy (x - mean) of `size` rows, one after the other, to the sums of a chunk; leaves dy and x behind them. */
function addRows(
  f: FunctionScope,
  size: 4 | 1,
  {
    sums,
    sumsCentered,
    dy,
    x,
    mean,
    cols,
  }: Readonly<Record<'sums' | 'sumsCentered' | 'dy' | 'x' | 'mean' | 'cols', Local<'i32'>>>,
): Statement[] {
  const [sum, sumCentered, center, slope] = [f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128')];
  const rows = Array.from({ length: size }, () => ({ dy: f.local('i32'), x: f.local('i32') }));
  const next = i32.shl(cols, 2);
  return [
    ...rows.flatMap((row) => [row.dy.set(dy), row.x.set(x), dy.set(i32.add(dy, next)), x.set(i32.add(x, next))]),
    eachElement(f, cols, (byte, { load, store }) => [
      sum.set(load(i32.add(sums, byte))),
      sumCentered.set(load(i32.add(sumsCentered, byte))),
      center.set(load(i32.add(mean, byte))),
      ...rows.flatMap((row) => [
        slope.set(load(i32.add(row.dy, byte))),
        sum.set(f32x4.add(sum, slope)),
        sumCentered.set(f32x4.add(sumCentered, f32x4.mul(slope, f32x4.sub(load(i32.add(row.x, byte)), center)))),
      ]),
      store(i32.add(sums, byte), sum),
      store(i32.add(sumsCentered, byte), sumCentered),
    ]),
  ];
}

/**
 * The sums of reference.ts and the column constants into scratch, then dx. All of it row after row: in a training step the
 * operands come from beyond the cache, where walking down columns is slow (measured).
 */
function emitBackward(module: ModuleBuilder): void {
  const columns = { mean: 'i32', variance: 'i32', gain: 'i32' } as const;
  const scratch = { averages: 'i32', slopes: 'i32', scales: 'i32', sums: 'i32', sumsCentered: 'i32' } as const;
  const sumRows = module.func(
    'batchNormBackwardSums',
    {
      ...{ totals: 'i32', totalsCentered: 'i32', sums: 'i32', sumsCentered: 'i32' },
      ...{ dy: 'i32', x: 'i32', mean: 'i32', rows: 'i32', cols: 'i32' },
    },
    'void',
    (all, f) => {
      const { totals, totalsCentered, sums, sumsCentered, rows, cols } = all;
      const left = f.local('i32');
      const bytes = i32.shl(cols, 2);
      const addTo = (byte: I32, { load, store }: Lanes, target: I32, value: I32) =>
        store(i32.add(target, byte), f32x4.add(load(i32.add(target, byte)), load(i32.add(value, byte))));
      return [
        memory.fill(totals, 0, bytes),
        memory.fill(totalsCentered, 0, bytes),
        forUp(f, 0, rows, CHUNK_ROWS, (first) => [
          memory.fill(sums, 0, bytes),
          memory.fill(sumsCentered, 0, bytes),
          left.set(i32.sub(rows, first)),
          ifThen(i32.gt_u(left, CHUNK_ROWS), [left.set(CHUNK_ROWS)]),
          forUp(f, 0, i32.shr_u(left, 2), 1, () => addRows(f, 4, all)),
          forUp(f, 0, i32.and(left, 3), 1, () => addRows(f, 1, all)),
          eachElement(f, cols, (byte, lanes) => [
            addTo(byte, lanes, totals, sums),
            addTo(byte, lanes, totalsCentered, sumsCentered),
          ]),
        ]),
      ];
    },
  );

  module.func(
    'batchNormBackward',
    {
      ...{ dx: 'i32', dGain: 'i32', dBias: 'i32', dy: 'i32', x: 'i32' },
      ...columns,
      ...{ epsilon: 'f32', rows: 'i32', cols: 'i32' },
      ...scratch,
    },
    'void',
    ({ dx, dGain, dBias, dy, x, mean, variance, gain, epsilon, rows, cols, ...rest }, f) => {
      const { averages, slopes, scales, sums, sumsCentered } = rest;
      const [smallest, count, inverse, total] = [f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128')];
      const rowBytes = i32.shl(cols, 2);
      return [
        sumRows.call({ totals: averages, totalsCentered: slopes, sums, sumsCentered, dy, x, mean, rows, cols }),
        smallest.set(f32x4.splat(epsilon)),
        count.set(f32x4.splat(f32.convert_i32_u(rows))),
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
        forUp(f, 0, rows, 1, () => [
          eachElement(f, cols, (byte, { load, store }) => {
            const even = f32x4.sub(load(i32.add(dy, byte)), load(i32.add(averages, byte)));
            const difference = f32x4.sub(load(i32.add(x, byte)), load(i32.add(mean, byte)));
            const centered = f32x4.sub(even, f32x4.mul(difference, load(i32.add(slopes, byte))));
            const step = f32x4.mul(load(i32.add(scales, byte)), centered);
            return [store(i32.add(dx, byte), f32x4.add(load(i32.add(dx, byte)), step))];
          }),
          ...[dx, dy, x].map((row) => row.set(i32.add(row, rowBytes))),
        ]),
      ];
    },
  );
}

/** The running averages are few numbers: they are left to the reference. */
export function bindBatchNorm({ func, at, scratch }: Link): BatchNormKernels {
  const moments = func('batchNormMoments');
  const forward = func('batchNormForward');
  const backward = func('batchNormBackward');
  return {
    batchNormMoments(mean, variance, x, rows, cols) {
      moments(at(mean, cols), at(variance, cols), at(x, rows * cols), rows, cols);
    },
    batchNormForward(y, x, mean, variance, gain, bias, epsilon, rows, cols) {
      const n = rows * cols;
      const [m, v, g, b] = [at(mean, cols), at(variance, cols), at(gain, cols), at(bias, cols)];
      forward(at(y, n), at(x, n), m, v, g, b, epsilon, rows, cols, scratch(4 * cols));
    },
    batchNormBackward(dx, dGain, dBias, dy, x, mean, variance, gain, epsilon, rows, cols) {
      const n = rows * cols;
      const [m, v, g] = [at(mean, cols), at(variance, cols), at(gain, cols)];
      const [to, gains, biases] = [at(dx, n), at(dGain, cols), at(dBias, cols)];
      const r = 4 * cols;
      const free = scratch(5 * r);
      const [a, b, c, d, e] = [free, free + r, free + 2 * r, free + 3 * r, free + 4 * r];
      backward(to, gains, biases, at(dy, n), at(x, n), m, v, g, epsilon, rows, cols, a, b, c, d, e);
    },
    moveAverage,
  };
}
