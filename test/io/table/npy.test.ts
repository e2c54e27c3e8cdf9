import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readIds, writeIds } from '../../../src/io/ids.ts';
import { readVectors, writeVectors } from '../../../src/io/vectors.ts';
import { assertSame } from '../../support/same.ts';
import { faultOf, TemporaryFolder } from '../../support/temporary-folder.ts';

const folder = new TemporaryFolder();

/** The magic, and blanks up to the newline that ends the 128 bytes before the values. */
const START = 'k05VTVBZAQB2AHsnZGVzY3InOiAn';
const BLANKS = 'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo';

/*
 * Written by numpy 1.24.2 on Python 3: numpy.lib.format.write_array(file, array.astype(descr), version), in base64.
 * Floats are [[1.5, -2, 0.25], [3e-5, 65504, -0.0]], integers [[1, 2, 3], [4, 5, 100]].
 */
const SHAPE = 'JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9';
const NUMPY: Readonly<Record<string, string>> = {
  '<f4': `${START}PGY0${SHAPE}${BLANKS}AAMA/AAAAwAAAgD6CqPs3AOB/RwAAAIA=`,
  '<f8': `${START}PGY4${SHAPE}${BLANKS}AAAAAAAD4PwAAAAAAAADAAAAAAAAA0D9pHVVNEHX/PgAAAAAA/O9AAAAAAAAAAIA=`,
  '<f2': `${START}PGYy${SHAPE}${BLANKS}APgDAADT3Af97AIA=`,
  '|u1': `${START}fHUx${SHAPE}${BLANKS}BAgMEBWQ=`,
  '|i1': `${START}fGkx${SHAPE}${BLANKS}BAgMEBWQ=`,
  '<i4': `${START}PGk0${SHAPE}${BLANKS}BAAAAAgAAAAMAAAAEAAAABQAAAGQAAAA=`,
  '<i8': `${START}PGk4${SHAPE}${BLANKS}BAAAAAAAAAAIAAAAAAAAAAwAAAAAAAAAEAAAAAAAAAAUAAAAAAAAAZAAAAAAAAAA=`,
  '<u4': `${START}PHU0${SHAPE}${BLANKS}BAAAAAgAAAAMAAAAEAAAABQAAAGQAAAA=`,
  '<u8': `${START}PHU4${SHAPE}${BLANKS}BAAAAAAAAAAIAAAAAAAAAAwAAAAAAAAAEAAAAAAAAAAUAAAAAAAAAZAAAAAAAAAA=`,
};
const VERSION_2 =
  'k05VTVBZAgB0AAAAeydkZXNjcic6ICc8ZjQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAMA/AAAAwAAAgD6CqPs3AOB/RwAAAIA=';
const VERSION_3 = VERSION_2.replace('k05VTVBZAgB0', 'k05VTVBZAwB0');
/** [[0, 2^-24, 1023 x 2^-24, 2^-14, 1/3, 1, 65504, -2]] as <f2. */
const HALVES =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPGYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsIDgpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAEA/wMABFU1ADz/ewDA';

const FLOATS = Float32Array.of(1.5, -2, 0.25, 3e-5, 65504, -0);
const INTEGERS = [1, 2, 3, 4, 5, 100];

/** A file with this header literal, version 1.0, and so many bytes of values. */
function withHeader(literal: string, bytes: number): Uint8Array {
  const file = Buffer.alloc(10 + literal.length + bytes);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, literal.length & 255, literal.length >> 8]);
  file.write(literal, 10, 'latin1');
  return file;
}

const vectors = (name: string, bytes: Uint8Array) => readVectors(folder.file(name, bytes));

test('vectors are read from every element type that numpy wrote', async () => {
  for (const [descr, text] of Object.entries(NUMPY)) {
    const matrix = await vectors('n.npy', Buffer.from(text, 'base64'));
    assert.equal([matrix.rows, matrix.cols], [2, 3]);
    if (descr === '<f2') assert.ok(Math.abs(matrix.data[3]! - 3e-5) < 2 ** -25, 'half precision');
    const expected = descr.includes('f') ? FLOATS : Float32Array.from(INTEGERS);
    for (let i = 0; i < 6; i++) {
      if (descr !== '<f2' || i !== 3) assert.ok(Object.is(matrix.data[i], expected[i]), `${descr} ${i}`);
    }
  }
  for (const text of [VERSION_2, VERSION_3]) {
    assertSame((await vectors('n.npy', Buffer.from(text, 'base64'))).data, FLOATS);
  }
  const halves = [0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 0.333251953125, 1, 65504, -2];
  assertSame((await vectors('n.npy', Buffer.from(HALVES, 'base64'))).data, Float32Array.from(halves));
});

test('a number of ones only is -1 in a signed type and the largest in an unsigned one', async () => {
  const ones = (descr: string, width: number): Uint8Array => {
    const file = withHeader(`{'descr': '${descr}', 'fortran_order': False, 'shape': (1, 1), }`, width);
    return file.fill(0xff, file.length - width);
  };
  for (const [descr, width, expected] of [
    ['|u1', 1, 255],
    ['|i1', 1, -1],
    ['<i4', 4, -1],
    ['<i8', 8, -1],
  ] as const) {
    assert.is((await vectors('ones.npy', ones(descr, width))).data[0], expected, descr);
  }
  assert.match(await faultOf(() => vectors('ones.npy', ones('<u4', 4))), /got 4294967295 /);
  assert.match(await faultOf(() => vectors('ones.npy', ones('<u8', 8))), /got 18446744073709552000 /);
});

test('ids are read from every integer type, and from no other', async () => {
  for (const [descr, text] of Object.entries(NUMPY)) {
    const path = folder.file('i.npy', Buffer.from(text, 'base64'));
    if (descr.includes('f'))
      assert.match(await faultOf(() => readIds(path)), /expected ids, which are integers, got float/);
    else assert.equal((await readIds(path)).data, Int32Array.from(INTEGERS), descr);
  }
});

test('what is written is byte for byte what numpy writes', async () => {
  await writeVectors(folder.at('w.npy'), { rows: 2, cols: 3, data: FLOATS });
  assert.is(readFileSync(folder.at('w.npy')).toString('base64'), NUMPY['<f4']);
  await writeIds(folder.at('w.npy'), { rows: 2, cols: 3, data: Int32Array.from(INTEGERS) });
  assert.is(readFileSync(folder.at('w.npy')).toString('base64'), NUMPY['<i4']);
});

test('a header may order, quote and space its keys in other ways', async () => {
  for (const literal of [
    `{'shape':(2,1),'fortran_order':False,'descr':'<f4'}`,
    `{ "descr" : "<f4" , "fortran_order" : False , "shape" : ( 2 , 1 , ) , }   \n`,
  ]) {
    assertSame((await vectors('h.npy', withHeader(literal, 8))).data, new Float32Array(2));
  }
});

test('a header that is not of a plain row-major table is refused', async () => {
  const literal = (descr: string, order: string, shape: string) =>
    `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const cases: [string, RegExp][] = [
    [
      literal(`'>f4'`, 'False', '(2, 1)'),
      /expected an element type of <f2 <f4 .* in the \.npy header, got ">f4" \(byte \d+\)/,
    ],
    [literal(`'|O'`, 'False', '(2, 1)'), /got "\|O"/],
    [literal(`'constructor'`, 'False', '(2, 1)'), /got "constructor"/],
    [literal(`[('a', '<f4')]`, 'False', '(2, 1)'), /expected a plain element type in the \.npy header, got "\["/],
    [literal(`'<f4'`, 'True', '(2, 1)'), /expected fortran_order False .*, got "True"/],
    [literal(`'<f4'`, 'False', '(2,)'), /expected an array of shape \(rows, columns\), got \(2\)/],
    [literal(`'<f4'`, 'False', '()'), /got \(\)/],
    [literal(`'<f4'`, 'False', '(1, 1, 2)'), /got \(1, 1, 2\)/],
    [literal(`'<f4'`, 'False', '(0, 2)'), /at least one row and one column, got 0 x 2/],
    [literal(`'<f4'`, 'False', '(-2, -1)'), /expected a size in the \.npy header, got "-"/],
    [literal(`'<f4'`, 'False', '(99999999999999999999, 1)'), /expected a size below 2\^53/],
    [literal(`'<f4'`, 'False', '(9007199254740991, 9007199254740991)'), /expected 3\.2\d+e\+32 bytes/],
    [literal(`'<f4'`, 'False', '(3, 1)'), /expected \d+ bytes \(\d+ \+ 3 x 1 x float32\), got/],
    [literal(`'<f4'`, 'False', '(2 1)'), /expected "," or "\)"/],
    [`{'descr': '<f4', 'fortran_order': False}`, /expected descr, fortran_order and shape, once each,.* got its end/],
    [`{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 1)}`, /once each,.* got "descr"/],
    [`{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), 'other': 1}`, /got "other"/],
    [`{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1)} + 1`, /expected nothing after "}".* got "\+"/],
    [`__import__('os')`, /expected "{" in the \.npy header, got "__import__" \(byte 10\)/],
    ['', /expected "{".* got its end/],
  ];
  for (const [header, expected] of cases) {
    assert.match(await faultOf(() => vectors('h.npy', withHeader(header, 8))), expected, header);
  }
});

test('a file that is no .npy, or of another version, or cut off in its header, is refused', async () => {
  const whole = Buffer.from(NUMPY['<f4']!, 'base64');
  assert.match(
    await faultOf(() => vectors('x.npy', Buffer.from('hello, world'))),
    /\\x93NUMPY, got other bytes \(byte 0\)/,
  );
  const version = Buffer.from(whole);
  version[6] = 4;
  assert.match(await faultOf(() => vectors('x.npy', version)), /version 1\.0, 2\.0 or 3\.0, got 4\.0 \(byte 6\)/);
  assert.match(
    await faultOf(() => vectors('x.npy', whole.subarray(0, 100))),
    /expected 128 bytes of \.npy header, got 100/,
  );
  assert.match(await faultOf(() => vectors('x.npy', whole.subarray(0, 9))), /expected 10 bytes of \.npy header, got 9/);
  const long = Buffer.from(VERSION_2, 'base64');
  long.writeUInt32LE(0xffffffff, 8);
  assert.match(await faultOf(() => vectors('x.npy', long)), /header of at most 65536 bytes, got 4294967295/);
});

test('numbers that float32 cannot hold are refused', async () => {
  const doubles = Buffer.from(NUMPY['<f8']!, 'base64');
  doubles.writeDoubleLE(1e300, 128);
  assert.match(
    await faultOf(() => vectors('x.npy', doubles)),
    /a number from -2\^48 to 2\^48 \(.*\) at row 0, column 0, got 1e\+300 \(byte 128\)/,
  );
  const integers = Buffer.from(NUMPY['<i4']!, 'base64');
  integers.writeInt32LE(2 ** 24 + 1, 132);
  assert.match(
    await faultOf(() => vectors('x.npy', integers)),
    /integer from -2\^24 to 2\^24 at row 0, column 1, got 16777217/,
  );
});

test('infinity and NaN of half precision are seen', async () => {
  const halves = Buffer.from(HALVES, 'base64');
  for (const [bits, value] of [
    [0x7c00, 'Infinity'],
    [0xfc00, '-Infinity'],
    [0x7e00, 'NaN'],
  ] as const) {
    halves.writeUInt16LE(bits, halves.length - 2);
    assert.match(await faultOf(() => vectors('half.npy', halves)), new RegExp(`got ${value} `));
  }
});

test.run();
