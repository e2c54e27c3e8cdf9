import * as assert from 'uvu/assert';

interface Difference {
  /** Where it lies in what was compared, `.distances.data[3]` for instance. */
  readonly at: string;
  readonly actual: string;
  readonly expected: string;
}

type Floats = Float32Array | Float64Array;

/** -0 is not 0 and an error is more than that it is one: shown so that both can be seen. */
function shown(value: unknown): string {
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'string') return JSON.stringify(value);
  return value instanceof Error ? `${value.name}: ${value.message}` : String(value);
}

function wordsOf(floats: Floats): Uint32Array {
  return new Uint32Array(floats.slice().buffer);
}

/** The first element whose words differ, or -1. Which NaN it is (sign and payload) is left to the engine and the processor, so any is the same as any other. */
function differingFloat(actual: Floats, expected: Floats): number {
  const [a, b] = [wordsOf(actual), wordsOf(expected)];
  const words = a.length / actual.length;
  for (let word = 0; word < a.length; word++) {
    const i = Math.floor(word / words);
    if (a[word] !== b[word] && !(Number.isNaN(actual[i]) && Number.isNaN(expected[i]))) return i;
  }
  return -1;
}

function isFloats(value: object): value is Floats {
  return value instanceof Float32Array || value instanceof Float64Array;
}

/** What an object is made of, by the names under which its parts are reported. */
function partsOf(value: object): Map<unknown, unknown> {
  if (value instanceof Map) return value;
  if (value instanceof ArrayBuffer) return new Map(new Uint8Array(value).entries());
  if (ArrayBuffer.isView(value)) return new Map((value as Uint8Array).entries());
  if (value instanceof Error) return new Map(Object.entries({ name: value.name, message: value.message }));
  return value instanceof Set ? new Map([...value].map((one) => [one, one])) : new Map(Object.entries(value));
}

function difference(actual: unknown, expected: unknown, at: string): Difference | undefined {
  if (Object.is(actual, expected)) return undefined;
  const found: Difference = { at, actual: shown(actual), expected: shown(expected) };
  if (typeof actual !== 'object' || typeof expected !== 'object' || actual === null || expected === null) return found;
  if (actual.constructor !== expected.constructor) {
    return { at, actual: `a ${actual.constructor?.name}`, expected: `a ${expected.constructor?.name}` };
  }
  if (isFloats(actual) && isFloats(expected) && actual.length === expected.length) {
    const i = differingFloat(actual, expected);
    return i < 0 ? undefined : { at: `${at}[${i}]`, actual: shown(actual[i]), expected: shown(expected[i]) };
  }
  const [a, b] = [partsOf(actual), partsOf(expected)];
  if (a.size !== b.size) return { at, actual: `${a.size} parts`, expected: `${b.size} parts` };
  for (const [name, part] of b) {
    const place = typeof name === 'number' || Array.isArray(expected) ? `${at}[${name}]` : `${at}.${name}`;
    if (!a.has(name)) return { at: place, actual: 'none', expected: shown(part) };
    const deeper = difference(a.get(name), part, place);
    if (deeper) return deeper;
  }
  return undefined;
}

/**
 * Asserts that two values are the same through and through: numbers to the sign of zero, arrays of floats word by word (a NaN must
 * meet a NaN, whichever), errors by name and message, of all else its parts. `assert.equal` of uvu takes -0 for 0 and any two
 * errors for equal.
 *
 * @param title says what was compared where it fails
 */
export function assertSame(actual: unknown, expected: unknown, title = 'compared'): void {
  const found = difference(actual, expected, '');
  if (found)
    assert.is(found.actual, found.expected, `${title}${found.at}: expected ${found.expected}, got ${found.actual}`);
}
