import { type Link, movingRows } from '../link.ts';
import type { Floats } from '../operands.ts';
import { inElements, ROWS } from '../threads/job.ts';
import { integers, type ModuleBuilder } from '../wasm/assembler.ts';
import { eachElement } from '../wasm/control.ts';
import { f32x4, i32, v128 } from '../wasm/instructions.ts';
import type { ActivationKernels } from './kernel.ts';

const FORWARD = integers('y', 'x', 'n');
const BACKWARD = integers('dx', 'dy', 'x', 'n');

/** pmax and pmin are one instruction each where max and min are several; with x first they keep a NaN of x. */
export function emitActivation(module: ModuleBuilder): void {
  module.func('hardswish', FORWARD, 'void', ({ y, x, n }, f) => {
    const value = f.local('v128');
    const gate = f.local('v128');
    return [
      eachElement(f, n, (byte, lanes) => [
        value.set(lanes.load(i32.add(x, byte))),
        gate.set(f32x4.pmax(f32x4.add(value, f32x4.const(3)), f32x4.const(0))),
        gate.set(f32x4.mul(f32x4.pmin(gate, f32x4.const(6)), f32x4.const(1 / 6))),
        lanes.store(i32.add(y, byte), f32x4.mul(value, gate)),
      ]),
    ];
  });

  module.func('hardswishBackward', BACKWARD, 'void', ({ dx, dy, x, n }, f) => {
    const value = f.local('v128');
    const slope = f.local('v128');
    return [
      eachElement(f, n, (byte, lanes) => [
        value.set(lanes.load(i32.add(x, byte))),
        slope.set(f32x4.add(f32x4.mul(value, f32x4.const(1 / 3)), f32x4.const(0.5))),
        slope.set(v128.bitselect(f32x4.const(1), slope, f32x4.ge(value, f32x4.const(3)))),
        slope.set(v128.andnot(slope, f32x4.le(value, f32x4.const(-3)))),
        lanes.store(
          i32.add(dx, byte),
          f32x4.add(lanes.load(i32.add(dx, byte)), f32x4.mul(lanes.load(i32.add(dy, byte)), slope)),
        ),
      ]),
    ];
  });

  module.func('hardtanh', FORWARD, 'void', ({ y, x, n }, f) => [
    eachElement(f, n, (byte, lanes) => [
      lanes.store(
        i32.add(y, byte),
        f32x4.pmin(f32x4.pmax(lanes.load(i32.add(x, byte)), f32x4.const(-1)), f32x4.const(1)),
      ),
    ]),
  ]);

  module.func('hardtanhBackward', BACKWARD, 'void', ({ dx, dy, x, n }, f) => [
    eachElement(f, n, (byte, lanes) => {
      const inside = f32x4.lt(f32x4.abs(lanes.load(i32.add(x, byte))), f32x4.const(1));
      const step = v128.and(lanes.load(i32.add(dy, byte)), inside);
      return [lanes.store(i32.add(dx, byte), f32x4.add(lanes.load(i32.add(dx, byte)), step))];
    }),
  ]);

  emitRelu(module);
  emitClamp(module);
}

function emitRelu(module: ModuleBuilder): void {
  module.func('relu', FORWARD, 'void', ({ y, x, n }, f) => [
    eachElement(f, n, (byte, lanes) => [
      lanes.store(i32.add(y, byte), f32x4.max(lanes.load(i32.add(x, byte)), f32x4.const(0))),
    ]),
  ]);

  module.func('reluBackward', BACKWARD, 'void', ({ dx, dy, x, n }, f) => [
    eachElement(f, n, (byte, lanes) => {
      const positive = f32x4.gt(lanes.load(i32.add(x, byte)), f32x4.const(0));
      const step = v128.and(lanes.load(i32.add(dy, byte)), positive);
      return [lanes.store(i32.add(dx, byte), f32x4.add(lanes.load(i32.add(dx, byte)), step))];
    }),
  ]);
}

function emitClamp(module: ModuleBuilder): void {
  const bounds = { least: 'f32', most: 'f32' } as const;
  module.func('clamp', { ...FORWARD, ...bounds }, 'void', ({ y, x, n, least, most }, f) => {
    const [low, high] = f.locals('v128', 2);
    return [
      low.set(f32x4.splat(least)),
      high.set(f32x4.splat(most)),
      eachElement(f, n, (byte, lanes) => [
        lanes.store(i32.add(y, byte), f32x4.min(f32x4.max(lanes.load(i32.add(x, byte)), low), high)),
      ]),
    ];
  });

  module.func('clampBackward', { ...BACKWARD, ...bounds }, 'void', ({ dx, dy, x, n, least, most }, f) => {
    const [low, high, value] = f.locals('v128', 3);
    return [
      low.set(f32x4.splat(least)),
      high.set(f32x4.splat(most)),
      eachElement(f, n, (byte, lanes) => {
        const step = v128.and(lanes.load(i32.add(dy, byte)), v128.and(f32x4.gt(value, low), f32x4.lt(value, high)));
        return [
          value.set(lanes.load(i32.add(x, byte))),
          lanes.store(i32.add(dx, byte), f32x4.add(lanes.load(i32.add(dx, byte)), step)),
        ];
      }),
    ];
  });
}

/** Nanoseconds for an element that comes from beyond the cache. */
const ELEMENT = 0.9;

export function bindActivation({ split, at }: Link): ActivationKernels {
  const forward = (name: string) => {
    const run = split(name);
    return (y: Floats, x: Floats, n: number, ...bounds: number[]): void =>
      run(inElements(n, ELEMENT), [...movingRows(at, [y, x], n), ROWS, ...bounds]);
  };
  const backward = (name: string) => {
    const run = split(name);
    return (dx: Floats, dy: Floats, x: Floats, n: number, ...bounds: number[]): void =>
      run(inElements(n, ELEMENT), [...movingRows(at, [dx, dy, x], n), ROWS, ...bounds]);
  };
  const clamp = forward('clamp');
  const clampBackward = backward('clampBackward');
  return {
    hardswish: forward('hardswish'),
    hardswishBackward: backward('hardswishBackward'),
    hardtanh: forward('hardtanh'),
    hardtanhBackward: backward('hardtanhBackward'),
    relu: forward('relu'),
    reluBackward: backward('reluBackward'),
    clamp(y, x, least, most, n) {
      clamp(y, x, n, least, most);
    },
    clampBackward(dx, dy, x, least, most, n) {
      clampBackward(dx, dy, x, n, least, most);
    },
  };
}
