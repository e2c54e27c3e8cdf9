import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  elementTypeOf,
  type NamedArray,
  requireArray,
  requireChoice,
  requireInteger,
  requireNumber,
} from '../../src/tensor/named-arrays.ts';

const ARRAYS = new Map<string, NamedArray>([
  ['w', { shape: [2, 3], data: new Float32Array(6) }],
  ['broken', { shape: [2], data: new Float32Array(3) }],
]);

test('requireArray gives the array of this name, type and shape', () => {
  const w = requireArray(ARRAYS, 'w', 'float32', [2, 3], 'test');
  assert.instance(w.data, Float32Array);
  assert.is(requireArray(ARRAYS, 'w', 'float32', [undefined, 3], 'test'), w);
});

test('requireArray says what is missing or differs', () => {
  const cases: [() => unknown, string][] = [
    [() => requireArray(ARRAYS, 'v', 'int8', [1], 'test'), 'test: expected array "v" of int8 [1], got none.'],
    [
      () => requireArray(ARRAYS, 'w', 'float64', [2, undefined], 'test'),
      'test: expected array "w" of float64 [2, any], got float32 [2, 3] holding 6.',
    ],
    [
      () => requireArray(ARRAYS, 'w', 'float32', [3, 2], 'test'),
      'test: expected array "w" of float32 [3, 2], got float32 [2, 3] holding 6.',
    ],
    [
      () => requireArray(ARRAYS, 'broken', 'float32', [2], 'test'),
      'test: expected array "broken" of float32 [2], got float32 [2] holding 3.',
    ],
  ];
  for (const [attempt, message] of cases) {
    assert.throws(attempt, (error: Error) => error instanceof RangeError && error.message === message);
  }
});

test('parameters are taken by type and range, never from a prototype', () => {
  const parameters = { M: 16, mult: 0.5, profile: 'faiss' };
  assert.is(requireInteger(parameters, 'M', 1, 64, 'test'), 16);
  assert.is(requireNumber(parameters, 'mult', 'test'), 0.5);
  assert.is(requireChoice(parameters, 'profile', ['canonical', 'faiss'], 'test'), 'faiss');
  const cases: [() => unknown, string][] = [
    [() => requireInteger(parameters, 'M', 1, 8, 'test'), 'test: expected "M" to be an integer from 1 to 8, got 16.'],
    [
      () => requireInteger(parameters, 'mult', 0, 8, 'test'),
      'test: expected "mult" to be an integer from 0 to 8, got 0.5.',
    ],
    [
      () => requireInteger(parameters, 'x', 0, 8, 'test'),
      'test: expected "x" to be an integer from 0 to 8, got nothing.',
    ],
    [
      () => requireNumber(parameters, 'profile', 'test'),
      'test: expected "profile" to be a finite number, got "faiss".',
    ],
    [
      () => requireNumber(parameters, 'toString', 'test'),
      'test: expected "toString" to be a finite number, got nothing.',
    ],
    [
      () => requireChoice(parameters, 'profile', ['canonical', 'hnswlib'], 'test'),
      'test: expected "profile" to be one of canonical, hnswlib, got "faiss".',
    ],
  ];
  for (const [attempt, message] of cases) {
    assert.throws(attempt, (error: Error) => error instanceof RangeError && error.message === message);
  }
});

test('elementTypeOf names every element type, and refuses what is none', () => {
  const arrays = [Float32Array, Float64Array, Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array];
  for (const kind of arrays) assert.is(`${elementTypeOf(new kind(1))}array`, kind.name.toLowerCase());
  assert.throws(() => elementTypeOf([1] as unknown as Float32Array), /expected a typed array, got \[object Array\]\.$/);
});

test.run();
