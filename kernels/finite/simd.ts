import type { Link } from '../link.ts';
import type { ModuleBuilder } from '../wasm/assembler.ts';
import { eachElement, ret } from '../wasm/control.ts';
import { f32x4, i32, v128 } from '../wasm/instructions.ts';
import type { FiniteKernels } from './kernel.ts';

export function emitFinite(module: ModuleBuilder): void {
  module.func('notFinite', { x: 'i32', n: 'i32' }, 'i32', ({ x, n }, f) => {
    const found = f.local('v128');
    const value = f.local('v128');
    return [
      eachElement(f, n, (byte, lanes) => [
        value.set(lanes.load(i32.add(x, byte))),
        found.set(v128.or(found, f32x4.ne(f32x4.sub(value, value), f32x4.const(0)))),
      ]),
      ret(v128.any_true(found)),
    ];
  });
}

export function bindFinite({ func, at }: Link): FiniteKernels {
  const notFinite = func('notFinite');
  return { allFinite: (x, n) => notFinite(at(x, n), n) === 0 };
}
