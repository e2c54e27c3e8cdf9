import { inElements, ROWS } from '../threads/job.ts';
import { eachElement, integers, type ModuleBuilder } from '../wasm/assembler.ts';
import { type Expression, f32x4, i32, v128 } from '../wasm/instructions.ts';
import { type Link, movingRows } from '../wasm/link.ts';
import type { AdamwKernels } from './kernel.ts';
import { adamwFactors, SMALLEST_GRADIENT, SMALLEST_MOMENT } from './reference.ts';

export function emitAdamw(module: ModuleBuilder): void {
  const factors = {
    keep: 'f32',
    beta1: 'f32',
    rest1: 'f32',
    beta2: 'f32',
    rest2: 'f32',
    step: 'f32',
    inverseRoot: 'f32',
    epsilon: 'f32',
  } as const;
  module.func(
    'adamw',
    { ...integers('parameter', 'gradient', 'first', 'second', 'n'), ...factors },
    'void',
    ({ parameter, gradient, first, second, n, ...scalars }, f) => {
      const names = Object.keys(factors) as (keyof typeof factors)[];
      const all = Object.fromEntries(names.map((name) => [name, f.local('v128')])) as Record<
        keyof typeof factors,
        ReturnType<typeof f.local<'v128'>>
      >;
      const [g, m, v, p] = f.locals('v128', 4);
      const flushed = (x: Expression<'v128'>, smallest: number) =>
        v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.const(smallest)));
      return [
        ...names.map((name) => all[name].set(f32x4.splat(scalars[name]))),
        eachElement(f, n, (byte, lanes) => [
          g.set(lanes.load(i32.add(gradient, byte))),
          g.set(flushed(g, SMALLEST_GRADIENT)),
          m.set(f32x4.mul(all.beta1, lanes.load(i32.add(first, byte)))),
          m.set(f32x4.add(m, f32x4.mul(all.rest1, g))),
          m.set(flushed(m, SMALLEST_MOMENT)),
          lanes.store(i32.add(first, byte), m),
          v.set(f32x4.mul(all.beta2, lanes.load(i32.add(second, byte)))),
          v.set(f32x4.add(v, f32x4.mul(all.rest2, f32x4.mul(g, g)))),
          v.set(flushed(v, SMALLEST_MOMENT)),
          lanes.store(i32.add(second, byte), v),
          v.set(f32x4.add(f32x4.mul(f32x4.sqrt(v), all.inverseRoot), all.epsilon)),
          p.set(f32x4.mul(lanes.load(i32.add(parameter, byte)), all.keep)),
          lanes.store(i32.add(parameter, byte), f32x4.sub(p, f32x4.mul(all.step, f32x4.div(m, v)))),
        ]),
      ];
    },
  );
}

/** Nanoseconds for one parameter. */
const PARAMETER = 1.5;

export function bindAdamw({ split, at }: Link): AdamwKernels {
  const adamw = split('adamw');
  return {
    adamw(parameter, gradient, first, second, n, rates) {
      const { keep, beta1, rest1, beta2, rest2, step, inverseRoot, epsilon } = adamwFactors(rates, Math.fround);
      const moving = movingRows(at, [parameter, gradient, first, second], n);
      const factors = [keep, beta1, rest1, beta2, rest2, step, inverseRoot, epsilon];
      adamw(inElements(n, PARAMETER), [...moving, ROWS, ...factors]);
    },
  };
}
