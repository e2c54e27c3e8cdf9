import { SMALLEST_MOMENT } from '../adamw/reference.ts';
import { eachElement, type ModuleBuilder } from '../assembler.ts';
import { f32x4, i32, v128 } from '../instructions.ts';
import type { Link } from '../link.ts';
import type { SgdKernels } from './reference.ts';

export function emitSgd(module: ModuleBuilder): void {
  const operands = {
    parameter: 'i32',
    gradient: 'i32',
    velocity: 'i32',
    n: 'i32',
    rate: 'f32',
    momentum: 'f32',
  } as const;
  module.func('sgd', operands, 'void', ({ parameter, gradient, velocity, n, rate, momentum }, f) => {
    const [step, keep, v] = [f.local('v128'), f.local('v128'), f.local('v128')];
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

export function bindSgd({ func, at }: Link): SgdKernels {
  const sgd = func('sgd');
  return {
    sgd(parameter, gradient, velocity, n, rate, momentum) {
      sgd(at(parameter, n), at(gradient, n), at(velocity, n), n, rate, momentum);
    },
  };
}
