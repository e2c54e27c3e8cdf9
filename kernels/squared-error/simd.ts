import { type Link, movingRows } from '../link.ts';
import { along, inElements, inRows, ROWS } from '../threads/job.ts';
import { integers, type ModuleBuilder } from '../wasm/assembler.ts';
import { eachElement, forUp } from '../wasm/control.ts';
import { f32x4, i32, v128 } from '../wasm/instructions.ts';
import { reduceLanes, sumTerms } from '../wasm/lane-sums.ts';
import type { SquaredErrorKernels } from './kernel.ts';

export function emitSquaredError(module: ModuleBuilder): void {
  emitForward(module);
  emitBackward(module);
}

function emitForward(module: ModuleBuilder): void {
  const operands = integers('sums', 'x', 'target', 'rows', 'cols');
  module.func('squaredErrorRows', operands, 'void', ({ sums, x, target, rows, cols }, f) => {
    const [sum, difference] = f.locals('v128', 2);
    return [
      forUp(f, 0, i32.shl(rows, 2), 4, (row) => [
        ...sumTerms(f, [sum], x, [target], cols, (a, b) => f32x4.mul(difference.tee(f32x4.sub(a, b)), difference)),
        ...reduceLanes(f, sum, [sum]),
        v128.store32_lane(i32.add(sums, row), sum, 0),
        x.set(i32.add(x, i32.shl(cols, 2))),
        target.set(i32.add(target, i32.shl(cols, 2))),
      ]),
    ];
  });
}

function emitBackward(module: ModuleBuilder): void {
  const operands = { dx: 'i32', factor: 'f32', ...integers('x', 'target', 'n') } as const;
  module.func('squaredErrorBackward', operands, 'void', ({ dx, factor, x, target, n }, f) => {
    const [scale, step] = f.locals('v128', 2);
    return [
      scale.set(f32x4.splat(factor)),
      eachElement(f, n, (byte, lanes) => [
        step.set(f32x4.sub(lanes.load(i32.add(x, byte)), lanes.load(i32.add(target, byte)))),
        step.set(f32x4.mul(scale, step)),
        lanes.store(i32.add(dx, byte), f32x4.add(lanes.load(i32.add(dx, byte)), step)),
      ]),
    ];
  });
}

/** Nanoseconds for an element. */
const ELEMENT = 0.5;

export function bindSquaredError({ func, split, at, scratch }: Link): SquaredErrorKernels {
  const squaredErrorRows = split('squaredErrorRows');
  const squaredErrorBackward = split('squaredErrorBackward');
  const sumInOrder = func('sumInOrder');
  return {
    squaredError(x, target, rows, cols) {
      const sums = scratch(4 * rows);
      const operands = [along(sums, 4), ...movingRows(at, [x, target], rows, cols)];
      squaredErrorRows(inRows(rows, ELEMENT * cols), [...operands, ROWS, cols]);
      return Math.fround(sumInOrder(sums, rows) / Math.fround(rows));
    },
    squaredErrorBackward(dx, seed, x, target, rows, cols) {
      const n = rows * cols;
      const [to, ...from] = movingRows(at, [dx, x, target], n);
      squaredErrorBackward(inElements(n, ELEMENT), [to!, (2 * seed) / rows, ...from, ROWS]);
    },
  };
}
