import { type Link, movingRows } from '../link.ts';
import { along, inElements, inRows, ROWS } from '../threads/job.ts';
import { type FunctionScope, integers, type Local, type ModuleBuilder } from '../wasm/assembler.ts';
import { eachElement, forUp, ret } from '../wasm/control.ts';
import type { Statement, V128 } from '../wasm/expressions.ts';
import { f32, f32x4, f64x2, i32, i32x4 } from '../wasm/instructions.ts';
import type { ElementwiseKernels } from './kernel.ts';

/** Columns of the block are contiguous; strides in bytes. */
const BLOCK = integers('target', 'targetStride', 'source', 'sourceStride', 'rows', 'cols');

export function emitElementwise(module: ModuleBuilder): void {
  module.func('add', integers('y', 'x', 'n'), 'void', ({ y, x, n }, f) => [addRow(f, y, x, n)]);

  module.func('copyBlock', BLOCK, 'void', ({ target, targetStride, source, sourceStride, rows, cols }, f) => [
    forUp(f, 0, rows, 1, () => [
      eachElement(f, cols, (byte, lanes) => [lanes.store(i32.add(target, byte), lanes.load(i32.add(source, byte)))]),
      target.set(i32.add(target, targetStride)),
      source.set(i32.add(source, sourceStride)),
    ]),
  ]);

  module.func('addBlock', BLOCK, 'void', ({ target, targetStride, source, sourceStride, rows, cols }, f) => [
    forUp(f, 0, rows, 1, () => [
      addRow(f, target, source, cols),
      target.set(i32.add(target, targetStride)),
      source.set(i32.add(source, sourceStride)),
    ]),
  ]);

  module.func('fill', { x: 'i32', value: 'f32', n: 'i32' }, 'void', ({ x, value, n }, f) => {
    const all = f.local('v128');
    return [all.set(f32x4.splat(value)), eachElement(f, n, (byte, lanes) => [lanes.store(i32.add(x, byte), all)])];
  });

  module.func('standardize', { x: 'i32', n: 'i32', mean: 'f64', std: 'f64' }, 'void', (all, f) => {
    const [center, scale, value] = f.locals('v128', 3);
    const half = (two: V128) =>
      f32x4.demote_f64x2_zero(f64x2.div(f64x2.sub(f64x2.promote_low_f32x4(two), center), scale));
    return [
      center.set(f64x2.splat(all.mean)),
      scale.set(f64x2.splat(all.std)),
      eachElement(f, all.n, (byte, { width, load, store }) => {
        const place = i32.add(all.x, byte);
        const high = i32x4.shuffle(value, value, [2, 3, 2, 3]);
        return [
          value.set(load(place)),
          store(place, width === 1 ? half(value) : i32x4.shuffle(half(value), half(high), [0, 1, 4, 5])),
        ];
      }),
    ];
  });

  module.func('sumInOrder', { x: 'i32', n: 'i32' }, 'f32', ({ x, n }, f) => {
    const total = f.local('f32');
    return [
      forUp(f, 0, i32.shl(n, 2), 4, (byte) => [total.set(f32.add(total, f32.load(i32.add(x, byte))))]),
      ret(total),
    ];
  });
}

/** y[i] += x[i] */
function addRow(f: FunctionScope, y: Local<'i32'>, x: Local<'i32'>, n: Local<'i32'>): Statement {
  return eachElement(f, n, (byte, lanes) => [
    lanes.store(i32.add(y, byte), f32x4.add(lanes.load(i32.add(y, byte)), lanes.load(i32.add(x, byte)))),
  ]);
}

/** Nanoseconds for an element that comes from beyond the cache. */
const ELEMENT = 0.7;
const FILLED = 0.6;
const STANDARDIZED = 0.9;

export function bindElementwise({ split, at }: Link): ElementwiseKernels {
  const standardize = split('standardize');
  const fill = split('fill');
  const add = split('add');
  const addBlock = split('addBlock');
  const place = (view: Parameters<typeof at>[0], stride: number, offset: number, rows: number, cols: number) =>
    at(view, rows > 0 ? (rows - 1) * stride + offset + cols : 0) + 4 * offset;
  const block = (name: 'copyBlock' | 'addBlock'): ElementwiseKernels['copyBlock'] => {
    const run = split(name);
    return (target, targetStride, targetOffset, source, sourceStride, sourceOffset, rows, cols) => {
      const to = along(place(target, targetStride, targetOffset, rows, cols), 4 * targetStride);
      const from = along(place(source, sourceStride, sourceOffset, rows, cols), 4 * sourceStride);
      run(inRows(rows, ELEMENT * cols), [to, 4 * targetStride, from, 4 * sourceStride, ROWS, cols]);
    };
  };
  return {
    fill(x, value, n) {
      fill(inElements(n, FILLED), [along(at(x, n), 4), value, ROWS]);
    },
    standardize(x, n, mean, std) {
      standardize(inElements(n, STANDARDIZED), [along(at(x, n), 4), ROWS, mean, std]);
    },
    add(y, x, n) {
      add(inElements(n, ELEMENT), [...movingRows(at, [y, x], n), ROWS]);
    },
    copyBlock: block('copyBlock'),
    addBlock: block('addBlock'),
    addBias(y, bias, rows, cols) {
      const to = along(at(y, rows * cols), 4 * cols);
      addBlock(inRows(rows, ELEMENT * cols), [to, 4 * cols, at(bias, cols), 0, ROWS, cols]);
    },
  };
}
