import { eachElement, forUp, type ModuleBuilder } from '../assembler.ts';
import { eachChunk, eachStrip } from '../columns.ts';
import { f32, f32x4, type I32, i32, type V128 } from '../instructions.ts';
import type { Link } from '../link.ts';
import type { BatchNormKernels } from './reference.ts';

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

/** The sums of reference.ts over columns, the column constants into scratch, then dx row after row. */
function emitBackward(module: ModuleBuilder): void {
  const columns = { mean: 'i32', variance: 'i32', gain: 'i32' } as const;
  const scratch = { averages: 'i32', slopes: 'i32', scales: 'i32' } as const;
  const sums = module.func(
    'batchNormBackwardSums',
    { totals: 'i32', totalsCentered: 'i32', dy: 'i32', x: 'i32', mean: 'i32', rows: 'i32', cols: 'i32' },
    'void',
    ({ totals, totalsCentered, dy, x, mean, rows, cols }, f) => {
      const place = f.local('i32');
      const slope = f.local('v128'); // dy
      const [means, sum, sumCentered] = [f.locals('v128', 4), f.locals('v128', 4), f.locals('v128', 4)];
      return eachStrip(f, cols, 4, (byte, { vectors, load, store }) => {
        const zero = f32x4.const(0);
        const addTo = (target: I32, v: number, value: V128) => store(target, f32x4.add(load(target, v), value), v);
        return [
          ...vectors.flatMap((v) => [
            means[v]!.set(load(i32.add(mean, byte), v)),
            store(i32.add(totals, byte), zero, v),
            store(i32.add(totalsCentered, byte), zero, v),
          ]),
          place.set(byte),
          eachChunk(f, rows, {
            begin: vectors.flatMap((v) => [sum[v]!.set(zero), sumCentered[v]!.set(zero)]),
            row: [
              ...vectors.flatMap((v) => {
                const centered = f32x4.sub(load(i32.add(x, place), v), means[v]!);
                return [
                  slope.set(load(i32.add(dy, place), v)),
                  sum[v]!.set(f32x4.add(sum[v]!, slope)),
                  sumCentered[v]!.set(f32x4.add(sumCentered[v]!, f32x4.mul(slope, centered))),
                ];
              }),
              place.set(i32.add(place, i32.shl(cols, 2))),
            ],
            end: vectors.flatMap((v) => [
              addTo(i32.add(totals, byte), v, sum[v]!),
              addTo(i32.add(totalsCentered, byte), v, sumCentered[v]!),
            ]),
          }),
        ];
      });
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
    ({ dx, dGain, dBias, dy, x, mean, variance, gain, epsilon, rows, cols, averages, slopes, scales }, f) => {
      const [smallest, count, inverse, total] = [f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128')];
      const rowBytes = i32.shl(cols, 2);
      return [
        sums.call({ totals: averages, totalsCentered: slopes, dy, x, mean, rows, cols }),
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
      const free = scratch(12 * cols);
      const [averages, slopes, scales] = [free, free + 4 * cols, free + 8 * cols];
      backward(to, gains, biases, at(dy, n), at(x, n), m, v, g, epsilon, rows, cols, averages, slopes, scales);
    },
  };
}
