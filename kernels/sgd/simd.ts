import { SMALLEST_MOMENT } from '../adamw/reference.ts';
import { type Link, movingRows } from '../link.ts';
import { inElements, ROWS } from '../threads/job.ts';
import { integers, type ModuleBuilder } from '../wasm/assembler.ts';
import { eachElement } from '../wasm/control.ts';
import { f32x4, i32, v128 } from '../wasm/instructions.ts';
import type { SgdKernels } from './kernel.ts';

export function emitSgd(module: ModuleBuilder): void {
  const operands = { ...integers('parameter', 'gradient', 'velocity', 'n'), rate: 'f32', momentum: 'f32' } as const;
  module.func('sgd', operands, 'void', ({ parameter, gradient, velocity, n, rate, momentum }, f) => {
    const [step, keep, v] = f.locals('v128', 3);
    return [
      step.set(f32x4.splat(rate)),
      keep.set(f32x4.splat(momentum)),
      eachElement(f, n, (byte, lanes) => {
        const place = i32.add(parameter, byte);
        return [
          v.set(f32x4.mul(keep, lanes.load(i32.add(velocity, byte)))),
          v.set(f32x4.add(v, lanes.load(i32.add(gradient, byte)))),
          v.set(v128.andnot(v, f32x4.lt(f32x4.abs(v), f32x4.const(SMALLEST_MOMENT)))),
          lanes.store(i32.add(velocity, byte), v),
          lanes.store(place, f32x4.sub(lanes.load(place), f32x4.mul(step, v))),
        ];
      }),
    ];
  });
}

/** Nanoseconds for one parameter. */
const PARAMETER = 0.8;

export function bindSgd({ split, at }: Link): SgdKernels {
  const sgd = split('sgd');
  return {
    sgd(parameter, gradient, velocity, n, rate, momentum) {
      const moving = movingRows(at, [parameter, gradient, velocity], n);
      sgd(inElements(n, PARAMETER), [...moving, ROWS, rate, momentum]);
    },
  };
}
