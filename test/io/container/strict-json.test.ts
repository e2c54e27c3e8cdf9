import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { canonicalJson, parseJsonObject } from '../../../src/io/container/strict-json.ts';
import { quoted } from '../../../src/io/file/file-error.ts';
import type { JsonValue } from '../../../src/tensor/named-arrays.ts';
import { errorOf, faultOf } from '../../support/temporary-folder.ts';

const parse = (text: string) => parseJsonObject(new TextEncoder().encode(text), 'x', 0);

test('canonicalJson does not depend on the order of keys, and parses back', () => {
  const value: JsonValue = { b: [1, { d: null, c: 'ü"\\\u2028' }], a: -0.5e-7, 10: true, 9: {} };
  const text = canonicalJson(value, 'test');
  assert.is(text, '{"10":true,"9":{},"a":-5e-8,"b":[1,{"c":"ü\\"\\\\\u2028","d":null}]}');
  assert.equal(parse(text), value);
});

test('canonicalJson refuses what JSON would drop or change', async () => {
  for (const value of [undefined, Number.NaN, new Date(0), Int8Array.of(1), Symbol('x')]) {
    assert.match(
      await errorOf(TypeError, () => canonicalJson(value as JsonValue, 'test')),
      /^test: expected a JSON value/,
    );
  }
  let deep: JsonValue = 1;
  for (let i = 0; i < 40; i++) deep = [deep];
  assert.match(await errorOf(TypeError, () => canonicalJson(deep, 'test')), /at most 32 levels deep/);
});

test('parseJsonObject takes strict JSON with any key once', async () => {
  assert.equal(
    parse(' {"a":{"a":1},"b":[{"a":2},{"a":3}], "c" : "{\\"a\\":1,\\"a\\":1}" , "constructor":1}\n').constructor,
    1,
  );
  assert.equal(parse('{"a":":","b":"\\\\","c":["a","a"]}'), { a: ':', b: '\\', c: ['a', 'a'] });
  const cases: [string, RegExp][] = [
    ['{"a":1,"a":2}', /each key of the JSON header once, got "a" twice/],
    ['{"x":[{"a":1,"b":{"a":1},"\\u0061":2}]}', /got "a" twice/],
    ['{"x":{"__proto__":1}}', /without __proto__/],
    ['{"x":{"\\u005f_proto__" \t:1}}', /without __proto__/],
    [`{"a":${'['.repeat(32)}${']'.repeat(32)}}`, /at most 32 levels deep/],
    ['[1]', /expected a JSON object as header/],
    ['null', /expected a JSON object as header/],
    ['{"a":NaN}', /expected a JSON header of 9 bytes, got other text/],
    ['{"a":1,}', /got other text/],
    ['\ufeff{}', /got other text/],
    ['', /got other text/],
  ];
  for (const [text, expected] of cases) assert.match(await faultOf(() => parse(text)), expected, text);
  assert.match(
    await faultOf(() => parseJsonObject(Uint8Array.of(0x7b, 0xc0, 0x7d), 'x', 8)),
    /got other text \(byte 8\)/,
  );
});

test('a value out of a file is shown in at most 60 letters, from its beginning', () => {
  assert.is(quoted('x'.repeat(58)), `"${'x'.repeat(58)}"`);
  assert.is(quoted(`ab${'x'.repeat(70)}`), `"ab${'x'.repeat(54)}...`);
  assert.is(quoted(undefined), 'undefined');
});

test.run();
