import type { Link } from '../link.ts';
import type { ModuleBuilder } from '../wasm/assembler.ts';
import { eachElement, ret } from '../wasm/control.ts';
import { f32x4, i32, v128 } from '../wasm/instructions.ts';
import type { RangeKernels } from './kernel.ts';

export function emitRange(module: ModuleBuilder): void {
  module.func('outside', { x: 'i32', n: 'i32', most: 'f32' }, 'i32', ({ x, n, most }, f) => {
    const found = f.local('v128');
    return [
      eachElement(f, n, (byte, lanes) => [
        found.set(v128.or(found, v128.not(f32x4.le(f32x4.abs(lanes.load(i32.add(x, byte))), f32x4.splat(most))))),
      ]),
      ret(v128.any_true(found)),
    ];
  });
}

export function bindRange({ func, at }: Link): RangeKernels {
  const outside = func('outside');
  return { allWithin: (x, n, most) => outside(at(x, n), n, most) === 0 };
}
