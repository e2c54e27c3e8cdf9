import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assertSame } from './same.ts';

function differs(actual: unknown, expected: unknown, message: string): void {
  let said = 'the same';
  try {
    assertSame(actual, expected);
  } catch (error) {
    said = (error as Error).message;
  }
  assert.is(said, message);
}

test('the sign of zero is seen, alone, in arrays and in what holds them', () => {
  differs(-0, 0, 'compared: expected 0, got -0');
  differs([1, 0], [1, -0], 'compared[1]: expected -0, got 0');
  differs(Float32Array.of(1, 0), Float32Array.of(1, -0), 'compared[1]: expected -0, got 0');
  differs(Float64Array.of(-0), Float64Array.of(0), 'compared[0]: expected 0, got -0');
  differs({ data: Float32Array.of(0) }, { data: Float32Array.of(-0) }, 'compared.data[0]: expected -0, got 0');
  differs(new Map([['a', [0]]]), new Map([['a', [-0]]]), 'compared.a[0]: expected -0, got 0');
});

test('neighboring floats differ, NaN meets NaN and nothing else', () => {
  differs(Float32Array.of(1), Float32Array.of(1 + 2 ** -23), `compared[0]: expected ${1 + 2 ** -23}, got 1`);
  const payload = new Float32Array(Uint32Array.of(0xffc00001).buffer);
  assertSame(payload, Float32Array.of(Number.NaN));
  assertSame(Number.NaN, Number.NaN);
  differs(Float32Array.of(Number.NaN), Float32Array.of(0), 'compared[0]: expected 0, got NaN');
});

test('errors are compared by name and message, typed arrays by type and length', () => {
  assertSame([new RangeError('a')], [new RangeError('a')]);
  differs(new Error('a'), new Error('b'), 'compared.message: expected "b", got "a"');
  differs(new Error('a'), new RangeError('a'), 'compared: expected a RangeError, got a Error');
  differs(Float32Array.of(1), Float64Array.of(1), 'compared: expected a Float64Array, got a Float32Array');
  differs(Float32Array.of(1), Float32Array.of(1, 2), 'compared: expected 2 parts, got 1 parts');
  differs(Uint8Array.of(1), Uint8Array.of(2), 'compared[0]: expected 2, got 1');
});

test('parts are compared by name: more, fewer and other ones are seen', () => {
  assertSame({ a: [1, { b: 'c' }], d: undefined }, { a: [1, { b: 'c' }], d: undefined });
  differs({ a: 1 }, { b: 1 }, 'compared.b: expected 1, got none');
  differs({ a: 1 }, { a: 1, b: 2 }, 'compared: expected 2 parts, got 1 parts');
  differs(undefined, { a: 1 }, 'compared: expected [object Object], got undefined');
  differs(new Set([1]), new Set([2]), 'compared[2]: expected 2, got none');
});

test.run();
