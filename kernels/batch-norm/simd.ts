import { forUp, type ModuleBuilder } from '../assembler.ts';
import { eachChunk, eachStrip } from '../columns.ts';
import { f32, f32x4, i32, type V128 } from '../instructions.ts';
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

function emitForward(module: ModuleBuilder): void {
  const columns = { mean: 'i32', variance: 'i32', gain: 'i32', bias: 'i32' } as const;
  module.func(
    'batchNormForward',
    { y: 'i32', x: 'i32', ...columns, epsilon: 'f32', rows: 'i32', cols: 'i32' },
    'void',
    ({ y, x, mean, variance, gain, bias, epsilon, rows, cols }, f) => {
      const place = f.local('i32'); // of the strip in the present row
      const smallest = f.local('v128');
      const means = f.locals('v128', 4);
      const scales = f.locals('v128', 4);
      const biases = f.locals('v128', 4);
      return [
        smallest.set(f32x4.splat(epsilon)),
        ...eachStrip(f, cols, 4, (byte, { vectors, load, store }) => [
          ...vectors.flatMap((v) => {
            const inverse = inverseDeviation(load(i32.add(variance, byte), v), smallest);
            return [
              means[v]!.set(load(i32.add(mean, byte), v)),
              scales[v]!.set(f32x4.mul(load(i32.add(gain, byte), v), inverse)),
              biases[v]!.set(load(i32.add(bias, byte), v)),
            ];
          }),
          place.set(byte),
          forUp(f, 0, rows, 1, () => [
            ...vectors.map((v) => {
              const centered = f32x4.sub(load(i32.add(x, place), v), means[v]!);
              return store(i32.add(y, place), f32x4.add(f32x4.mul(centered, scales[v]!), biases[v]!), v);
            }),
            place.set(i32.add(place, i32.shl(cols, 2))),
          ]),
        ]),
      ];
    },
  );
}

function emitBackward(module: ModuleBuilder): void {
  const columns = { mean: 'i32', variance: 'i32', gain: 'i32' } as const;
  module.func(
    'batchNormBackward',
    {
      dx: 'i32',
      dGain: 'i32',
      dBias: 'i32',
      dy: 'i32',
      x: 'i32',
      ...columns,
      epsilon: 'f32',
      rows: 'i32',
      cols: 'i32',
    },
    'void',
    ({ dx, dGain, dBias, dy, x, mean, variance, gain, epsilon, rows, cols }, f) => {
      const place = f.local('i32');
      const smallest = f.local('v128');
      const count = f.local('v128');
      const hat = f.local('v128');
      const slope = f.local('v128'); // dy
      const [means, inverses, scales] = [f.locals('v128', 2), f.locals('v128', 2), f.locals('v128', 2)];
      const [sums, totals] = [f.locals('v128', 2), f.locals('v128', 2)]; // of dy, then its mean
      const [sumsHat, totalsHat] = [f.locals('v128', 2), f.locals('v128', 2)]; // of dy xhat, then its mean
      return [
        smallest.set(f32x4.splat(epsilon)),
        count.set(f32x4.splat(f32.convert_i32_u(rows))),
        ...eachStrip(f, cols, 2, (byte, { vectors, load, store }) => {
          const nextRow = place.set(i32.add(place, i32.shl(cols, 2)));
          const setHat = (v: number) =>
            hat.set(f32x4.mul(f32x4.sub(load(i32.add(x, place), v), means[v]!), inverses[v]!));
          return [
            ...vectors.flatMap((v) => [
              means[v]!.set(load(i32.add(mean, byte), v)),
              inverses[v]!.set(inverseDeviation(load(i32.add(variance, byte), v), smallest)),
              totals[v]!.set(f32x4.const(0)),
              totalsHat[v]!.set(f32x4.const(0)),
            ]),
            place.set(byte),
            eachChunk(f, rows, {
              begin: vectors.flatMap((v) => [sums[v]!.set(f32x4.const(0)), sumsHat[v]!.set(f32x4.const(0))]),
              row: [
                ...vectors.flatMap((v) => [
                  setHat(v),
                  slope.set(load(i32.add(dy, place), v)),
                  sums[v]!.set(f32x4.add(sums[v]!, slope)),
                  sumsHat[v]!.set(f32x4.add(sumsHat[v]!, f32x4.mul(slope, hat))),
                ]),
                nextRow,
              ],
              end: vectors.flatMap((v) => [
                totals[v]!.set(f32x4.add(totals[v]!, sums[v]!)),
                totalsHat[v]!.set(f32x4.add(totalsHat[v]!, sumsHat[v]!)),
              ]),
            }),
            ...vectors.flatMap((v) => [
              store(i32.add(dBias, byte), f32x4.add(load(i32.add(dBias, byte), v), totals[v]!), v),
              store(i32.add(dGain, byte), f32x4.add(load(i32.add(dGain, byte), v), totalsHat[v]!), v),
              scales[v]!.set(f32x4.mul(load(i32.add(gain, byte), v), inverses[v]!)),
              totals[v]!.set(f32x4.div(totals[v]!, count)),
              totalsHat[v]!.set(f32x4.div(totalsHat[v]!, count)),
            ]),
            place.set(byte),
            forUp(f, 0, rows, 1, () => [
              ...vectors.flatMap((v) => {
                const even = f32x4.sub(load(i32.add(dy, place), v), totals[v]!);
                const centered = f32x4.sub(even, f32x4.mul(hat, totalsHat[v]!));
                const sum = f32x4.add(load(i32.add(dx, place), v), f32x4.mul(scales[v]!, centered));
                return [setHat(v), store(i32.add(dx, place), sum, v)];
              }),
              nextRow,
            ]),
          ];
        }),
      ];
    },
  );
}

export function bindBatchNorm({ func, at }: Link): BatchNormKernels {
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
      forward(at(y, n), at(x, n), m, v, g, b, epsilon, rows, cols);
    },
    batchNormBackward(dx, dGain, dBias, dy, x, mean, variance, gain, epsilon, rows, cols) {
      const n = rows * cols;
      const [m, v, g] = [at(mean, cols), at(variance, cols), at(gain, cols)];
      backward(at(dx, n), at(dGain, cols), at(dBias, cols), at(dy, n), at(x, n), m, v, g, epsilon, rows, cols);
    },
  };
}
