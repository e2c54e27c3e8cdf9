import { all, create } from 'mathjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exp, log, tanh } from '../../kernels/math/reference.ts';
import { expStatements, logStatements, tanhStatements } from '../../kernels/math/simd.ts';
import { type FunctionScope, type Local, ModuleBuilder } from '../../kernels/wasm/assembler.ts';
import { eachElement } from '../../kernels/wasm/control.ts';
import type { Statement } from '../../kernels/wasm/expressions.ts';
import { i32 } from '../../kernels/wasm/instructions.ts';
import { webAssembly } from '../../kernels/wasm/webassembly.ts';
import { Random } from '../../src/tensor/random/random.ts';

const exact = create(all!, { number: 'BigNumber', precision: 40 });
const identity = (x: number) => x;

/** Largest relative error over many arguments against the engine's float64 function. */
function worst(arguments_: Iterable<number>, ours: (x: number) => number, truth: (x: number) => number): number {
  let error = 0;
  for (const x of arguments_) {
    const t = truth(x);
    if (t !== 0) error = Math.max(error, Math.abs(ours(x) - t) / Math.abs(t));
  }
  return error;
}

function* between(low: number, high: number, count: number): Generator<number> {
  for (let i = 0; i <= count; i++) yield Math.fround(low + ((high - low) * i) / count);
}

function* magnitudes(count: number): Generator<number> {
  for (let i = 0; i <= count; i++) yield Math.fround(2 ** (-125 + (250 * i) / count));
}

test('exp in float32 has relative error < 1.1e-7 from -87 to 88', () => {
  const error = worst(between(-87, 88, 100000), (x) => exp(x, Math.fround), Math.exp);
  assert.ok(error < 1.1e-7, String(error)); // 9.98e-8
});

test('log in float32 has relative error < 1e-7 around 1 and over all magnitudes', () => {
  const near = worst(between(0.5, 2, 100000), (x) => log(x, Math.fround), Math.log);
  const far = worst(magnitudes(50000), (x) => log(x, Math.fround), Math.log);
  assert.ok(near < 1e-7, String(near)); // 8.2e-8
  assert.ok(far < 1e-7, String(far)); // 5.9e-8
});

test('tanh in float32 has relative error < 9.4e-8, over all magnitudes, from 0 to 10, and where its two ways meet', () => {
  const ranges = [magnitudes(50000), between(0, 10, 100000), between(0.8, 0.95, 300000)];
  for (const [i, range] of ranges.entries()) {
    const error = worst(range, (x) => tanh(x, Math.fround), Math.tanh);
    assert.ok(error < 9.4e-8, `range ${i}: ${error}`); // 7.3e-8, 8.9e-8, 9.33e-8 (the worst of all floats)
  }
});

test('exp and log in float64 have relative error < 4e-16 against 40 digits', () => {
  const random = new Random(1, 'math');
  for (let i = 0; i < 60; i++) {
    // Multiples of 2^-10, which their decimal digits give exactly.
    const x = (random.below(160 * 1024) - 80 * 1024) / 1024;
    const power = exact.exp(exact.bignumber(x));
    const expError = exact.number(
      exact.abs(exact.divide(exact.subtract(exact.bignumber(exp(x, identity)), power), power) as never),
    );
    assert.ok(expError < 4e-16, `exp(${x}): ${expError}`);
    const y = i < 30 ? (513 + random.below(510)) / 1024 : (1 + random.below(2 ** 20)) / 1024;
    const logarithm = exact.log(exact.bignumber(y));
    const logError = exact.number(
      exact.abs(exact.divide(exact.subtract(exact.bignumber(log(y, identity)), logarithm), logarithm) as never),
    );
    assert.ok(logError < 4e-16, `log(${y}): ${logError}`);
  }
});

test('exp and log are exact where the answer is: exp(0) = 1, log(1) = 0, log of a power of two within half an ulp', () => {
  for (const round of [Math.fround, identity]) {
    assert.is(exp(0, round), 1);
    assert.is(exp(-0, round), 1);
    assert.is(log(1, round), 0);
  }
  for (let k = -126; k <= 125; k++) {
    if (k !== 0) assert.is(log(2 ** k, Math.fround), Math.fround(k * Math.LN2), `log(2^${k})`);
  }
});

test('tanh in float64 has relative error < 4.5e-16 against 40 digits', () => {
  const random = new Random(1, 'tanh');
  for (let i = 0; i < 60; i++) {
    const x = (1 + random.below(i < 40 ? 1024 : 20 * 1024)) / 1024;
    const truth = exact.tanh(exact.bignumber(x));
    const error = exact.number(
      exact.abs(exact.divide(exact.subtract(exact.bignumber(tanh(x, identity)), truth), truth) as never),
    );
    assert.ok(error < 4.5e-16, `tanh(${x}): ${error}`); // 2.9e-16
  }
});

test('tanh is odd, rises, is exactly ±1 from 9.02 (float64: 19.1) on, and keeps zeros, tiny numbers and NaN', () => {
  let before = 0;
  for (const x of between(0, 12, 50000)) {
    const y = tanh(x, Math.fround);
    assert.ok(Object.is(tanh(-x, Math.fround), -y), `tanh(-${x})`);
    assert.ok(y >= before * (1 - 2 ** -23) && y <= 1, `tanh(${x})`);
    before = y;
  }
  for (const [round, from] of [[Math.fround, 9.02] as const, [identity, 19.1] as const]) {
    for (const x of [from, 20, 87, 1e30, Number.POSITIVE_INFINITY]) {
      assert.is(tanh(x, round), 1);
      assert.is(tanh(-x, round), -1);
    }
    for (const x of [0, -0, 1e-40, -1e-40, 2 ** -126, 1e-10]) assert.ok(Object.is(tanh(x, round), x), `tanh(${x})`);
    assert.ok(Number.isNaN(tanh(Number.NaN, round)));
  }
  assert.ok(tanh(8.5, Math.fround) < 1 && tanh(18, identity) < 1);
});

/** Runs a function of math/simd.ts over float32 numbers. */
function bySimd(
  make: (f: FunctionScope, y: Local<'v128'>, x: Local<'v128'>) => Statement[],
  values: Float32Array,
): Float32Array {
  const module = new ModuleBuilder();
  module.func('map', { x: 'i32', n: 'i32' }, 'void', ({ x, n }, f) => {
    const [from, to] = [f.local('v128'), f.local('v128')];
    return [
      eachElement(f, n, (byte, lanes) => [
        from.set(lanes.load(i32.add(x, byte))),
        ...make(f, to, from),
        lanes.store(i32.add(x, byte), to),
      ]),
    ];
  });
  const engine = webAssembly()!;
  const pages = Math.ceil(values.byteLength / 65536);
  const memory = new engine.Memory({ initial: pages, maximum: pages });
  const { exports } = new engine.Instance(new engine.Module(module.encode()), { kernels: { memory } });
  new Float32Array(memory.buffer).set(values);
  exports['map']!(0, values.length);
  return new Float32Array(memory.buffer.slice(0, values.byteLength));
}

test('exp, log and tanh: simd has the bits of the reference over their ranges, at their edges, of every magnitude', () => {
  const edges = [0, -0, 1e-40, -1e-40, 0.875, 0.87499994, 20, 19.999998, 9.01, 1 / 0, -1 / 0, Number.NaN];
  const signed = [...magnitudes(3000)].flatMap((x) => [x, -x]);
  const bits = (values: Float32Array) => [
    ...new Uint32Array(values.map((x) => (Number.isNaN(x) ? Number.NaN : x)).buffer),
  ];
  const cases = [
    { of: exp, by: expStatements, over: [...edges, ...signed, ...between(-90, 88, 6001)].filter((x) => !(x > 88)) },
    { of: log, by: logStatements, over: [...magnitudes(6001), ...between(0.5, 2, 6000)] },
    { of: tanh, by: tanhStatements, over: [...edges, ...signed, ...between(-12, 12, 6001)] },
  ];
  for (const { of, by, over } of cases) {
    const values = Float32Array.from(over);
    const expected = bits(values.map((x) => of(x, Math.fround)));
    const wrong = bits(bySimd(by, values)).findIndex((word, i) => word !== expected[i]);
    assert.is(wrong, -1, `${of.name}(${values[wrong]})`);
  }
});

test('exp never returns a subnormal number and takes subnormal arguments for 0', () => {
  for (const x of between(-110, -80, 30000)) {
    const y = exp(x, Math.fround);
    assert.ok(y === 0 || y >= 2 ** -126, `exp(${x}) = ${y}`);
  }
  assert.is(exp(1e-40, Math.fround), 1);
  assert.is(exp(-1e-40, Math.fround), 1);
  assert.is(exp(Number.NEGATIVE_INFINITY, Math.fround), 0);
  assert.ok(Number.isNaN(exp(Number.NaN, Math.fround)));
});

test('exp and log rise with their arguments, but for the last bit', () => {
  let [power, logarithm] = [0, Number.NEGATIVE_INFINITY];
  for (const x of between(-3, 3, 50000)) {
    const y = exp(x, Math.fround);
    assert.ok(y >= power * (1 - 2 ** -23), `exp(${x})`);
    power = y;
    if (x <= 0) continue;
    const z = log(x, Math.fround);
    assert.ok(z >= logarithm - 2 ** -23 * Math.abs(logarithm), `log(${x})`);
    logarithm = z;
  }
});

test.run();
