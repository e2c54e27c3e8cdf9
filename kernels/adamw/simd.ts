import { type Link, movingRows } from '../link.ts';
import { inElements, ROWS } from '../threads/job.ts';
import { floats, integers, type ModuleBuilder } from '../wasm/assembler.ts';
import { eachElement } from '../wasm/control.ts';
import type { Expression } from '../wasm/expressions.ts';
import { f32x4, i32, v128 } from '../wasm/instructions.ts';
import type { AdamwKernels } from './kernel.ts';
import { adamwFactors, SMALLEST_GRADIENT, SMALLEST_MOMENT } from './reference.ts';

/** The scalars of a step, in the order in which they are passed. */
const FACTORS = ['keep', 'beta1', 'rest1', 'beta2', 'rest2', 'step', 'inverseRoot', 'epsilon'] as const;

export function emitAdamw(module: ModuleBuilder): void {
  const addresses = integers('parameter', 'gradient', 'first', 'second');
  const signature = { ...addresses, n: 'i32', ...floats(...FACTORS) } as const;
  module.func('adamw', signature, 'void', ({ parameter, gradient, first, second, n, ...scalars }, f) => {
    const factors = f.locals('v128', FACTORS.length); // each scalar in all lanes
    const [keep, beta1, rest1, beta2, rest2, step, inverseRoot, epsilon] = factors;
    const [g, m, v, p] = f.locals('v128', 4);
    const flushed = (x: Expression<'v128'>, smallest: number) =>
      v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.const(smallest)));
    return [
      ...factors.map((factor, i) => factor.set(f32x4.splat(scalars[FACTORS[i]!]))),
      eachElement(f, n, (byte, { load, store }) => {
        const [at, gradientAt, firstAt, secondAt] = [parameter, gradient, first, second].map((a) => i32.add(a, byte));
        return [
          g.set(load(gradientAt!)),
          g.set(flushed(g, SMALLEST_GRADIENT)),
          m.set(f32x4.mul(beta1, load(firstAt!))),
          m.set(f32x4.add(m, f32x4.mul(rest1, g))),
          m.set(flushed(m, SMALLEST_MOMENT)),
          store(firstAt!, m),
          v.set(f32x4.mul(beta2, load(secondAt!))),
          v.set(f32x4.add(v, f32x4.mul(rest2, f32x4.mul(g, g)))),
          v.set(flushed(v, SMALLEST_MOMENT)),
          store(secondAt!, v),
          v.set(f32x4.add(f32x4.mul(f32x4.sqrt(v), inverseRoot), epsilon)),
          p.set(f32x4.mul(load(at!), keep)),
          store(at!, f32x4.sub(p, f32x4.mul(step, f32x4.div(m, v)))),
        ];
      }),
    ];
  });
}

/** Nanoseconds for one parameter. */
const PARAMETER = 1.5;

export function bindAdamw({ split, at }: Link): AdamwKernels {
  const adamw = split('adamw');
  return {
    adamw(parameter, gradient, first, second, n, rates) {
      const factors = adamwFactors(rates, Math.fround);
      const moving = movingRows(at, [parameter, gradient, first, second], n);
      adamw(inElements(n, PARAMETER), [...moving, ROWS, ...FACTORS.map((name) => factors[name])]);
    },
  };
}
