import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { emitKernels } from '../../kernels/simd.ts';
import { ModuleBuilder } from '../../kernels/wasm/assembler.ts';
import { block, br, brIf, eachElement, forUp, ifThen, loop, ret, whileDo } from '../../kernels/wasm/control.ts';
import { ByteWriter, Label, signed, unsigned } from '../../kernels/wasm/encoding.ts';
import type { Expression, Statement } from '../../kernels/wasm/expressions.ts';
import { f32, f32x4, i8x16, i16x8, i32, i32x4, i64, memory, select, v128 } from '../../kernels/wasm/instructions.ts';
import { type WasmFunction, webAssembly } from '../../kernels/wasm/webassembly.ts';
import { assertSame } from '../support/same.ts';

const engine = webAssembly()!;
const wasmMemory = new engine.Memory({ initial: 1, maximum: 1 });
const ints = new Int32Array(wasmMemory.buffer);
const floats = new Float32Array(wasmMemory.buffer);
const bytes = new Uint8Array(wasmMemory.buffer);

function link(module: ModuleBuilder, own = wasmMemory): Readonly<Record<string, WasmFunction>> {
  const encoded = module.encode();
  assert.ok(engine.validate(encoded), 'the module is valid');
  return new engine.Instance(new engine.Module(encoded), { kernels: { memory: own } }).exports;
}

/** A function of two i32 made of one expression. */
function ofInts(make: (a: Expression<'i32'>, b: Expression<'i32'>) => Expression<'i32' | 'f32'>) {
  const { type } = make(i32.const(0), i32.const(0));
  const module = new ModuleBuilder();
  module.func('f', { a: 'i32', b: 'i32' }, type, ({ a, b }) => [ret(make(a, b))]);
  return link(module)['f']!;
}

function ofFloats(
  make: (a: Expression<'f32'>, b: Expression<'f32'>) => Expression<'i32' | 'f32'>,
  type: 'i32' | 'f32',
) {
  const module = new ModuleBuilder();
  module.func('f', { a: 'f32', b: 'f32' }, type, ({ a, b }) => [ret(make(a, b))]);
  return link(module)['f']!;
}

/** Runs a vector expression on the 16 bytes of a, b, c and returns the 16 bytes of the result. */
function ofVectors(
  make: (a: Expression<'v128'>, b: Expression<'v128'>, c: Expression<'v128'>) => Expression<'v128'>,
): (...operands: (Int32Array | Float32Array)[]) => ArrayBufferLike {
  const module = new ModuleBuilder();
  module.func('f', { out: 'i32', a: 'i32', b: 'i32', c: 'i32' }, 'void', ({ out, a, b, c }) => [
    v128.store(out, make(v128.load(a), v128.load(b), v128.load(c))),
  ]);
  const f = link(module)['f']!;
  return (...operands) => {
    operands.forEach((one, i) => {
      bytes.set(new Uint8Array(one.buffer, one.byteOffset, 16), 16 + 16 * i);
    });
    f(0, 16, 32, 48);
    return wasmMemory.buffer.slice(0, 16);
  };
}

const INTS = [0, 1, -1, 2, 3, 31, 33, -7, 1000, 2147483647, -2147483648, 0x12345678, -63, -64, -65, 64, 128, -8192];
const FLOATS = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3.7, -3.7, 1e10, -1e10, 1e-40, 3.4e38, 1 / 0, -1 / 0, NaN].map(
  Math.fround,
);
const roundEven = (x: number): number => {
  const down = Math.floor(x);
  const up = x - down > 0.5 || (x - down === 0.5 && Math.abs(down % 2) === 1);
  const value = Number.isFinite(x) ? (up ? down + 1 : down) : x;
  return value === 0 ? x * 0 : value;
};
const saturated = (low: number, high: number) => (x: number) =>
  Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), low), high) | 0;
const toSigned = saturated(-2147483648, 2147483647);
const toUnsigned = (x: number) => (Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), 0), 4294967295) | 0);

const INT_BINARY: Record<string, (a: number, b: number) => number> = {
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
  lt_s: (a, b) => Number(a < b),
  lt_u: (a, b) => Number(a >>> 0 < b >>> 0),
  gt_s: (a, b) => Number(a > b),
  gt_u: (a, b) => Number(a >>> 0 > b >>> 0),
  le_s: (a, b) => Number(a <= b),
  le_u: (a, b) => Number(a >>> 0 <= b >>> 0),
  ge_s: (a, b) => Number(a >= b),
  ge_u: (a, b) => Number(a >>> 0 >= b >>> 0),
  add: (a, b) => (a + b) | 0,
  sub: (a, b) => (a - b) | 0,
  mul: (a, b) => Math.imul(a, b),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b) => a << b,
  shr_s: (a, b) => a >> b,
  shr_u: (a, b) => (a >>> b) | 0,
  div_s: (a, b) => (a / b) | 0,
  div_u: (a, b) => ((a >>> 0) / (b >>> 0)) | 0,
  rem_s: (a, b) => (a % b) | 0,
  rem_u: (a, b) => ((a >>> 0) % (b >>> 0)) | 0,
};

const FLOAT_BINARY: Record<string, (a: number, b: number) => number> = {
  add: (a, b) => Math.fround(a + b),
  sub: (a, b) => Math.fround(a - b),
  mul: (a, b) => Math.fround(a * b),
  div: (a, b) => Math.fround(a / b),
  min: Math.min,
  max: Math.max,
};

const FLOAT_COMPARE: Record<string, (a: number, b: number) => boolean> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
  le: (a, b) => a <= b,
  ge: (a, b) => a >= b,
};

const FLOAT_UNARY: Record<string, (a: number) => number> = {
  abs: Math.abs,
  neg: (a) => -a,
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  nearest: roundEven,
  sqrt: (a) => Math.fround(Math.sqrt(a)),
};

test('i32: every binary instruction agrees with JavaScript', () => {
  for (const [name, oracle] of Object.entries(INT_BINARY)) {
    const f = ofInts(i32[name as 'add']);
    for (const a of INTS) {
      for (const b of INTS) {
        const traps = /div|rem/.test(name) && (b === 0 || (name === 'div_s' && b === -1 && a === -2147483648));
        if (!traps) assert.is(f(a, b) | 0, oracle(a, b) | 0, `i32.${name}(${a}, ${b})`);
      }
    }
  }
});

test('i32: unary instructions, constants, select and memory', () => {
  for (const a of INTS) {
    assert.is(ofInts((x) => i32.eqz(x))(a, 0), Number(a === 0));
    assert.is(ofInts((x) => i32.clz(x))(a, 0), Math.clz32(a));
    assert.is(ofInts(() => i32.const(a))(0, 0), a, `i32.const ${a}`);
    assert.is(ofInts((x) => i32.add(x, a))(5, 0), (5 + a) | 0);
    assert.is(ofInts((x, y) => select(i32.add(x, 0), i32.add(y, 0), i32.lt_s(x, y)))(a, 3), Math.min(a, 3));
    assert.is(ofInts((x) => f32.convert_i32_s(x))(a, 0), Math.fround(a));
    assert.is(ofInts((x) => f32.convert_i32_u(x))(a, 0), Math.fround(a >>> 0));
    ints[5] = a;
    assert.is(ofInts((x) => i32.load(x, 4))(16, 0), a);
    assert.is(ofInts((x) => i32.load8_u(x, 12))(8, 0), a & 255);
  }
});

test('f32: every instruction agrees with Math.fround arithmetic', () => {
  for (const a of FLOATS) {
    for (const [name, oracle] of Object.entries(FLOAT_UNARY)) {
      assertSame(ofFloats(f32[name as 'abs'], 'f32')(a, 0), oracle(a), `f32.${name}(${a})`);
    }
    assertSame(ofFloats(() => f32.const(a), 'f32')(0, 0), a);
    assertSame(ofFloats((x) => i32.trunc_sat_f32_s(x), 'i32')(a, 0), toSigned(a));
    assertSame(ofFloats((x) => i32.trunc_sat_f32_u(x), 'i32')(a, 0), toUnsigned(a));
    const bits = new Int32Array(Float32Array.of(a).buffer)[0]!;
    if (!Number.isNaN(a)) assertSame(ofFloats((x) => i32.reinterpret_f32(x), 'i32')(a, 0), bits);
    assertSame(ofInts((x) => f32.reinterpret_i32(x))(bits, 0), a);
  }
  for (const [name, oracle] of Object.entries({ ...FLOAT_BINARY, copysign: (a: number, b: number) => sign(a, b) })) {
    const f = ofFloats(f32[name as 'add'], 'f32');
    for (const a of FLOATS) for (const b of FLOATS) assertSame(f(a, b), oracle(a, b), `f32.${name}(${a}, ${b})`);
  }
  for (const [name, oracle] of Object.entries(FLOAT_COMPARE)) {
    const f = ofFloats(f32[name as 'eq'], 'i32');
    for (const a of FLOATS)
      for (const b of FLOATS) assertSame(f(a, b), Number(oracle(a, b)), `f32.${name}(${a}, ${b})`);
  }
});

function sign(a: number, b: number): number {
  return b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a);
}

/** Rows of four consecutive values, wrapping round. */
function quads<T extends Int32Array | Float32Array>(values: number[], make: (four: number[]) => T): T[] {
  return values.map((_, i) => make([0, 1, 2, 3].map((lane) => values[(i + lane) % values.length]!)));
}

test('i32x4: every instruction, lane by lane', () => {
  const rows = quads(INTS, (four) => Int32Array.from(four));
  const masks = new Set(['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u']);
  const extra: Record<string, (a: number, b: number) => number> = {
    min_s: Math.min,
    max_s: Math.max,
    min_u: (a, b) => Math.min(a >>> 0, b >>> 0) | 0,
    max_u: (a, b) => Math.max(a >>> 0, b >>> 0) | 0,
  };
  for (const [name, oracle] of Object.entries({ ...INT_BINARY, ...extra })) {
    if (/div|rem|shl|shr|and|or/.test(name)) continue;
    const f = ofVectors(i32x4[name as 'add']);
    for (const a of rows) {
      for (const b of rows) {
        const expected = a.map((one, lane) => (masks.has(name) ? -oracle(one, b[lane]!) : oracle(one, b[lane]!)));
        assert.equal(new Int32Array(f(a, b)), expected, `i32x4.${name}(${a}; ${b})`);
      }
    }
  }
  for (const name of ['shl', 'shr_s', 'shr_u'] as const) {
    for (const bits of [0, 1, 7, 31, 33]) {
      const f = ofVectors((a) => i32x4[name](a, bits));
      for (const a of rows)
        assert.equal(
          new Int32Array(f(a)),
          a.map((one) => INT_BINARY[name]!(one, bits)),
        );
    }
  }
  for (const a of rows) {
    assert.equal(new Int32Array(ofVectors(i32x4.abs)(a)), a.map(Math.abs));
    assert.equal(
      new Int32Array(ofVectors(i32x4.neg)(a)),
      a.map((one) => -one),
    );
    assertSame(new Float32Array(ofVectors(f32x4.convert_i32x4_s)(a)), Float32Array.from(a));
    assertSame(
      new Float32Array(ofVectors(f32x4.convert_i32x4_u)(a)),
      Float32Array.from(a, (one) => one >>> 0),
    );
  }
});

test('v128: bitwise instructions, shuffle, lanes, splat, constants and tests', () => {
  const [a, b, c] = [
    Int32Array.of(1, -2, 3, 0x0f0f0f0f),
    Int32Array.of(5, 6, -7, 0x12345678),
    Int32Array.of(-1, 0, 12, 99),
  ];
  const lanes = (f: (x: number, y: number, z: number) => number) => a.map((one, i) => f(one, b[i]!, c[i]!));
  const check = (make: Parameters<typeof ofVectors>[0], expected: Int32Array) =>
    assert.equal(new Int32Array(ofVectors(make)(a, b, c)), expected);
  check(
    v128.not,
    lanes((x) => ~x),
  );
  check(
    v128.and,
    lanes((x, y) => x & y),
  );
  check(
    v128.andnot,
    lanes((x, y) => x & ~y),
  );
  check(
    v128.or,
    lanes((x, y) => x | y),
  );
  check(
    v128.xor,
    lanes((x, y) => x ^ y),
  );
  check(
    v128.bitselect,
    lanes((x, y, mask) => (x & mask) | (y & ~mask)),
  );
  check((x, y) => i32x4.shuffle(x, y, [7, 0, 2, 5]), Int32Array.of(b[3]!, a[0]!, a[2]!, b[1]!));
  check(() => i32x4.splat(-9), Int32Array.of(-9, -9, -9, -9));
  check(() => i32x4.const(4, -3, 2, 1), Int32Array.of(4, -3, 2, 1));
  for (const lane of [0, 1, 2, 3]) {
    check(
      (x) => i32x4.replace_lane(x, lane, 77),
      a.map((one, i) => (i === lane ? 77 : one)),
    );
    check(
      (x) => i32x4.splat(i32x4.extract_lane(x, lane)),
      a.map(() => a[lane]!),
    );
    const byFloat = ofVectors((x) => f32x4.replace_lane(x, lane, f32.add(f32x4.extract_lane(x, lane), 1)));
    const four = Float32Array.of(1, 2, 3, 4);
    assertSame(
      new Float32Array(byFloat(four)),
      four.map((one, i) => (i === lane ? one + 1 : one)),
    );
  }
  assertSame(new Float32Array(ofVectors(() => f32x4.splat(2.5))()), Float32Array.of(2.5, 2.5, 2.5, 2.5));
  assertSame(new Float32Array(ofVectors(() => f32x4.const(1, -0, 3, 4))()), Float32Array.of(1, -0, 3, 4));
  check((x) => i32x4.splat(v128.any_true(x)), Int32Array.of(1, 1, 1, 1));
  check((_, __, z) => i32x4.splat(i32x4.all_true(z)), Int32Array.of(0, 0, 0, 0));
  check((x) => i32x4.splat(i32x4.bitmask(x)), Int32Array.of(2, 2, 2, 2));
  assert.throws(() => i32x4.extract_lane(i32x4.const(0), 4), /expected a lane from 0 to 3, got 4/);
});

test('16-bit lanes: widening, subtraction, and products of pairs added', () => {
  const shorts = (values: number[]) => new Int32Array(Int16Array.from(values).buffer);
  const narrow = new Int32Array(Uint8Array.from([0, 1, 127, 128, 255, 7, 9, 200, ...new Array(8).fill(99)]).buffer);
  const widened = [0, 1, 127, 128, 255, 7, 9, 200];
  assert.equal(new Int16Array(ofVectors(i16x8.extend_low_i8x16_u)(narrow)), Int16Array.from(widened));
  const loaded = ofVectors(() => v128.load8x8_u(12, 4)); // operand a lies at 16
  assert.equal(new Int16Array(loaded(narrow)), Int16Array.from(widened));
  const a = shorts([1, -2, 300, -32768, 5, 6, -1, 255]);
  const b = shorts([9, 8, -300, 1, 5, -6, 1, -255]);
  assert.equal(new Int16Array(ofVectors(i16x8.sub)(a, b)), Int16Array.of(-8, -10, 600, 32767, 0, 12, -2, 510));
  assert.equal(new Int32Array(ofVectors(i32x4.dot_i16x8_s)(a, b)), Int32Array.of(-7, -122768, -11, -65026));
  assert.equal(new Int32Array(ofVectors(i32x4.extend_low_i16x8_u)(a)), Int32Array.of(1, 65534, 300, 32768));
  assert.equal(new Int32Array(ofVectors(i32x4.extend_high_i16x8_u)(a)), Int32Array.of(5, 6, 65535, 255));
});

test('narrowing holds numbers within the smaller lanes', () => {
  const [a, b] = [Int32Array.of(1, -2, 32767, 32768), Int32Array.of(-32768, -32769, 2 ** 31 - 1, -(2 ** 31))];
  const halves = [1, -2, 32767, 32767, -32768, -32768, 32767, -32768];
  assert.equal(new Int16Array(ofVectors(i16x8.narrow_i32x4_s)(a, b)), Int16Array.from(halves));
  const low = new Int32Array(Int16Array.of(0, 1, 255, 256, -1, 32767, -32768, 128).buffer);
  const high = new Int32Array(Int16Array.of(9, 8, 7, 6, 5, 4, 3, 2).buffer);
  const bytes = [0, 1, 255, 255, 0, 255, 0, 128, 9, 8, 7, 6, 5, 4, 3, 2];
  assert.equal(new Uint8Array(ofVectors(i8x16.narrow_i16x8_u)(low, high)), Uint8Array.from(bytes));
});

test('f32x4: every instruction, lane by lane, signed zeros and infinities included', () => {
  const rows = quads(FLOATS, (four) => Float32Array.from(four));
  const pseudo: Record<string, (a: number, b: number) => number> = {
    pmin: (a, b) => [a, b][Number(b < a)]!,
    pmax: (a, b) => [a, b][Number(a < b)]!,
  };
  for (const [name, oracle] of Object.entries({ ...FLOAT_BINARY, ...pseudo })) {
    const f = ofVectors(f32x4[name as 'add']);
    for (const a of rows) {
      for (const b of rows)
        assertSame(
          new Float32Array(f(a, b)),
          a.map((one, i) => oracle(one, b[i]!)),
          `f32x4.${name}`,
        );
    }
  }
  for (const [name, oracle] of Object.entries(FLOAT_COMPARE)) {
    const f = ofVectors(f32x4[name as 'eq']);
    for (const a of rows) {
      for (const b of rows) {
        const expected = Int32Array.from(a, (one, i) => -Number(oracle(one, b[i]!)));
        assert.equal(new Int32Array(f(a, b)), expected, `f32x4.${name}(${a}; ${b})`);
      }
    }
  }
  for (const [name, oracle] of Object.entries(FLOAT_UNARY)) {
    const f = ofVectors(f32x4[name as 'abs']);
    for (const a of rows) assertSame(new Float32Array(f(a)), a.map(oracle), `f32x4.${name}(${a})`);
  }
  for (const a of rows) {
    assert.equal(new Int32Array(ofVectors(i32x4.trunc_sat_f32x4_s)(a)), Int32Array.from(a, toSigned));
    assert.equal(new Int32Array(ofVectors(i32x4.trunc_sat_f32x4_u)(a)), Int32Array.from(a, toUnsigned));
  }
});

test('loads and stores move exactly the bytes that they name, at any offset', () => {
  const loads: [(at: number, offset: number) => Expression<'v128'>, number[]][] = [
    [v128.load, [5, 6, 7, 8]],
    [v128.load32_splat, [5, 5, 5, 5]],
    [v128.load32_zero, [5, 0, 0, 0]],
    [v128.load64_zero, [5, 6, 0, 0]],
    [(at, offset) => v128.load32_lane(at, i32x4.const(1, 2, 3, 4), 2, offset), [1, 2, 5, 4]],
  ];
  for (const [load, expected] of loads) {
    const f = ofVectors(() => load(200, 200));
    ints.set([5, 6, 7, 8], 100);
    assert.equal([...new Int32Array(f())], expected);
  }
  const stores: [Statement, number[]][] = [
    [v128.store(200, i32x4.const(1, 2, 3, 4), 200), [1, 2, 3, 4]],
    [v128.store32_lane(200, i32x4.const(1, 2, 3, 4), 3, 200), [4, 9, 9, 9]],
    [v128.store64_lane(200, i32x4.const(1, 2, 3, 4), 1, 200), [3, 4, 9, 9]],
    [i32.store(200, 258, 204), [9, 258, 9, 9]],
    [i32.store8(200, 258, 200), [2, 9, 9, 9]],
    [f32.store(200, 0, 208), [9, 9, 0, 9]],
    [memory.fill(404, 0, 8), [9, 0, 0, 9]],
    [memory.copy(404, 400, 4), [9, 9, 9, 9]],
  ];
  for (const [store, expected] of stores) {
    const module = new ModuleBuilder();
    module.func('f', {}, 'void', () => [store]);
    ints.fill(9, 100, 104);
    link(module)['f']!();
    assert.equal([...ints.subarray(100, 104)], expected);
  }
});

test('control: loops, branches out of nested constructs, if and else', () => {
  const module = new ModuleBuilder();
  module.func('sum', { from: 'i32', to: 'i32', step: 'i32' }, 'i32', ({ from, to, step }, f) => {
    const sum = f.local('i32');
    return [forUp(f, from, to, step, (i) => [sum.set(i32.add(sum, i))]), ret(sum)];
  });
  module.func('firstDivisor', { n: 'i32' }, 'i32', ({ n }, f) => {
    const i = f.local('i32');
    const [again, out] = [new Label(), new Label()];
    return [
      i.set(2),
      block(out, [
        loop(again, [ifThen(i32.eqz(i32.rem_u(n, i)), [br(out)], [i.set(i32.add(i, 1))]), brIf(again, i32.le_u(i, n))]),
      ]),
      ret(i),
    ];
  });
  module.func('halvings', { n: 'i32' }, 'i32', ({ n }, f) => {
    const count = f.local('i32');
    return [whileDo(i32.gt_u(n.tee(i32.shr_u(n, 1)), 0), [count.set(i32.add(count, 1))]), ret(count)];
  });
  module.func('early', { n: 'i32' }, 'void', ({ n }) => [ifThen(i32.lt_s(n, 0), [ret()]), i32.store(0, n)]);
  const { sum, firstDivisor, halvings, early } = link(module);
  assert.is(sum!(0, 10, 1), 45);
  assert.is(sum!(0, 10, 4), 12);
  assert.is(sum!(3, 3, 1), 0);
  assert.is(sum!(0, 0, 1), 0);
  assert.is(sum!(-16, -8, 4) | 0, -28, 'addresses beyond 2 GiB count upwards');
  assert.is(firstDivisor!(91), 7);
  assert.is(firstDivisor!(97), 97);
  assert.is(halvings!(1000), 9);
  early!(5);
  early!(-5);
  assert.is(ints[0], 5);
});

test('functions of a module call each other, operands by name', () => {
  const module = new ModuleBuilder();
  const power = module.func('power', { base: 'f32', exponent: 'i32' }, 'f32', ({ base, exponent }, f) => {
    const value = f.local('f32');
    return [value.set(1), forUp(f, 0, exponent, 1, () => [value.set(f32.mul(value, base))]), ret(value)];
  });
  module.func('cubes', { a: 'f32', b: 'f32' }, 'f32', ({ a, b }) => [
    ret(f32.add(power.call({ base: a, exponent: 3 }), power.call({ exponent: 3, base: b }))),
  ]);
  assert.is(link(module)['cubes']!(2, 0.5), 8.125);
  assert.throws(() => module.func('power', {}, 'void', () => []), /expected a new name, got power again/);
});

test('eachElement visits every float once, for every length modulo 4', () => {
  const module = new ModuleBuilder();
  module.func('double', { x: 'i32', n: 'i32' }, 'void', ({ x, n }, f) => [
    eachElement(f, n, (byte, lanes) => {
      const at = i32.add(x, byte);
      return [lanes.store(at, f32x4.mul(lanes.load(at), f32x4.splat(2)))];
    }),
  ]);
  const double = link(module)['double']!;
  for (let n = 0; n <= 13; n++) {
    floats.fill(1.5, 0, 20);
    double(4, n);
    for (let i = 0; i < 20; i++) assert.is(floats[i], i >= 1 && i <= n ? 3 : 1.5, `n = ${n}, element ${i}`);
  }
});

test('a module can ask for shared memory', () => {
  const module = new ModuleBuilder({ shared: true });
  module.func('put', { at: 'i32', value: 'i32' }, 'void', ({ at, value }) => [i32.store(at, value)]);
  const shared = new engine.Memory({ initial: 1, maximum: 1, shared: true });
  link(module, shared)['put']!(8, 42);
  assert.is(new Int32Array(shared.buffer)[2], 42);
});

test('LEB128: the examples of the specification and the ends of the range', () => {
  const encode = (code: ReturnType<typeof unsigned>) => [...new ByteWriter().write(code).bytes()];
  assert.equal(encode(unsigned(624485)), [0xe5, 0x8e, 0x26]);
  assert.equal(encode(unsigned(2 ** 32 - 1)), [0xff, 0xff, 0xff, 0xff, 0x0f]);
  assert.equal(encode(signed(-123456)), [0xc0, 0xbb, 0x78]);
  assert.equal(encode(signed(63)), [0x3f]);
  assert.equal(encode(signed(64)), [0xc0, 0x00]);
  assert.equal(encode(signed(-2147483648)), [0x80, 0x80, 0x80, 0x80, 0x78]);
  assert.throws(() => {
    const module = new ModuleBuilder();
    module.func('f', {}, 'void', () => [br(new Label())]);
    module.encode();
  }, /expected a branch inside its block or loop/);
});

test('the module of all kernels is encoded and compiled within 100 ms of processor time, best of three', () => {
  const runs = [1, 2, 3].map(() => {
    const begin = process.cpuUsage();
    new engine.Module(emitKernels());
    const { user, system } = process.cpuUsage(begin);
    return (user + system) / 1000;
  });
  const milliseconds = Math.min(...runs); // 15, the first time 40, on a busy machine
  assert.ok(milliseconds < 100, `${milliseconds} ms`);
});

test('64-bit numbers: two halves are put together, compared without sign, stored and loaded', () => {
  const whole = (high: Expression<'i32'>, low: Expression<'i32'>) =>
    i64.or(i64.shl(i64.extend_i32_u(high), i64.extend_i32_u(32)), i64.extend_i32_u(low));
  const isLess = ofInts((a, b) => i64.lt_u(whole(a, b), whole(b, a)));
  const cases = [
    [1, 2],
    [2, 1],
    [3, 3],
    [-1, 1],
    [1, -1],
  ] as const;
  for (const [a, b] of cases) assert.is(isLess(a, b), a >>> 0 < b >>> 0 ? 1 : 0, `${a}, ${b}`);
  const module = new ModuleBuilder();
  module.func('copy', { a: 'i32', b: 'i32' }, 'void', ({ a, b }, f) => {
    const value = f.local('i64');
    return [i64.store(64, whole(a, b), 8), value.set(i64.load(64, 8)), i64.store(96, value)];
  });
  link(module)['copy']!(-7, 9);
  assert.equal([...ints.subarray(24, 26)], [9, -7]);
});

test('a function of an earlier family is found by its name and types, or refused', () => {
  const module = new ModuleBuilder();
  module.func('twice', { x: 'i32' }, 'i32', ({ x }) => [ret(i32.add(x, x))]);
  const twice = module.existing('twice', { x: 'i32' }, 'i32');
  module.func('fourfold', { x: 'i32' }, 'i32', ({ x }) => [ret(twice.call({ x: twice.call({ x }) }))]);
  assert.is(link(module)['fourfold']!(5), 20);
  assert.throws(() => module.existing('thrice', { x: 'i32' }, 'i32'), /expected a function thrice of i32, got none/);
  assert.throws(() => module.existing('twice', { x: 'f32' }, 'i32'), /expected a function twice of f32/);
  assert.throws(() => module.existing('twice', { x: 'i32' }, 'void'), /expected a function twice/);
});

test.run();
