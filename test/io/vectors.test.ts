import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openVectors, readVectors, VECTOR_FORMATS, writeVectorBlocks, writeVectors } from '../../src/io/vectors.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { assertSame } from '../support/same.ts';
import { asNobody, damaged, errorOf, faultOf, survives, TemporaryFolder } from '../support/temporary-folder.ts';

const folder = new TemporaryFolder();

/** Two rows of 3: (1, -2, 0.5) and (3, 4, 5). */
const FVECS = Buffer.from(
  `03000000 0000803f 000000c0 0000003f 03000000 00004040 00008040 0000a040`.replaceAll(' ', ''),
  'hex',
);
const BVECS = Buffer.from('03000000 000102 03000000 fdfeff'.replaceAll(' ', ''), 'hex');
const FBIN = Buffer.from('02000000 01000000 0000803f 000000c0'.replaceAll(' ', ''), 'hex');
const U8BIN = Buffer.from('02000000 03000000 000102 fdfeff'.replaceAll(' ', ''), 'hex');
const I8BIN = Buffer.from('02000000 03000000 000102 fdfeff'.replaceAll(' ', ''), 'hex');

function drawn(rows: number, cols: number, integers: boolean): { rows: number; cols: number; data: Float32Array } {
  const random = new Random(1, `vectors.test/${rows}x${cols}`);
  const draw = () => (integers ? random.below(128) : random.normal());
  return { rows, cols, data: Float32Array.from({ length: rows * cols }, draw) };
}

test('each format is read as its bytes say', async () => {
  const cases: [string, Uint8Array, number, number, number[]][] = [
    ['a.fvecs', FVECS, 2, 3, [1, -2, 0.5, 3, 4, 5]],
    ['a.bvecs', BVECS, 2, 3, [0, 1, 2, 253, 254, 255]],
    ['a.fbin', FBIN, 2, 1, [1, -2]],
    ['a.u8bin', U8BIN, 2, 3, [0, 1, 2, 253, 254, 255]],
    ['A.I8BIN', I8BIN, 2, 3, [0, 1, 2, -3, -2, -1]],
  ];
  for (const [name, bytes, rows, cols, values] of cases) {
    const matrix = await readVectors(folder.file(name, bytes));
    assert.equal([matrix.rows, matrix.cols], [rows, cols], name);
    assertSame(matrix.data, Float32Array.from(values), name);
  }
});

test('each format is written as those bytes, and comes back equal', async () => {
  const path = folder.at('w.fvecs');
  await writeVectors(path, { rows: 2, cols: 3, data: Float32Array.from([1, -2, 0.5, 3, 4, 5]) });
  assert.equal(readFileSync(path), FVECS);
  for (const format of VECTOR_FORMATS) {
    for (const [rows, cols] of [
      [1, 1],
      [3, 7],
      [700, 960],
    ] as const) {
      const matrix = drawn(rows, cols, /8|b/.test(format) && format !== 'fbin');
      await writeVectors(folder.at(`w.${format}`), matrix);
      const again = await readVectors(folder.at(`w.${format}`));
      assert.equal([again.rows, again.cols], [rows, cols]);
      assert.ok(Buffer.from(again.data.buffer).equals(Buffer.from(matrix.data.buffer)), format);
    }
  }
});

test('rows that come in blocks give the same bytes as all at once; memory need not hold them all', async () => {
  const matrix = drawn(700, 96, false);
  const cut = (sizes: readonly number[]): Float32Array[] => {
    let row = 0;
    return sizes.map((rows) => matrix.data.subarray(row * 96, (row += rows) * 96));
  };
  async function* later(blocks: readonly Float32Array[]): AsyncGenerator<Float32Array> {
    const reused = new Float32Array(700 * 96);
    for (const block of blocks) {
      await Promise.resolve();
      reused.set(block);
      yield reused.subarray(0, block.length);
      reused.fill(Number.NaN);
    }
  }
  for (const format of ['fvecs', 'npy', 'fbin']) {
    await writeVectors(folder.at(`whole.${format}`), matrix);
    for (const sizes of [[700], [1, 0, 699], [300, 300, 100]]) {
      await writeVectorBlocks(folder.at(`parts.${format}`), matrix, later(cut(sizes)));
      assert.ok(readFileSync(folder.at(`parts.${format}`)).equals(readFileSync(folder.at(`whole.${format}`))));
    }
  }
});

test('blocks that are not the rows promised are refused, and no file stays', async () => {
  const refused = (blocks: Iterable<Float32Array>, shape = { rows: 3, cols: 2 }) =>
    errorOf(RangeError, () => writeVectorBlocks(folder.at('blocks.fvecs'), shape, blocks));
  const row = Float32Array.of(1, 2);
  assert.is(await refused([row, row]), 'writeVectors: expected 3 x 2 = 6 values, got 4.');
  assert.is(await refused([row, row, row, row]), 'writeVectors: expected 3 x 2 = 6 values, got 8.');
  assert.is(await refused([Float32Array.of(1)]), 'writeVectors: expected 3 x 2 = 6 values, got a block of 1.');
  const spoiled = 'writeVectors: expected finite values for .fvecs, got NaN at row 2, column 1.';
  assert.is(await refused([row, row, Float32Array.of(0, Number.NaN)]), spoiled);
  assert.match(await refused([], { rows: 0, cols: 2 }), /expected at least one row and column, got 0 x 2/);
  function* failing(): Generator<Float32Array> {
    yield row;
    throw new RangeError('the source ended.');
  }
  assert.is(await refused(failing()), 'the source ended.');
  assert.equal(
    folder.names().filter((name) => name.startsWith('blocks') || name.startsWith('.')),
    [],
  );
});

test('a prefix and any range of rows are read by position', async () => {
  const matrix = drawn(5, 3, false);
  await writeVectors(folder.at('p.fvecs'), matrix);
  assertSame((await readVectors(folder.at('p.fvecs'), { limit: 2 })).data, matrix.data.subarray(0, 6));
  const file = await openVectors(folder.at('p.fvecs'));
  assert.equal([file.rows, file.cols, file.type, file.format], [5, 3, 'float32', 'fvecs']);
  assertSame(await file.read(3, 2), matrix.data.subarray(9));
  assertSame(await file.read(5, 0), new Float32Array(0));
  for (const [first, count] of [
    [4, 2],
    [-1, 1],
    [0, -1],
    [0.5, 1],
    [0, Number.NaN],
  ] as const) {
    assert.match(await errorOf(RangeError, () => file.read(first, count)), /expected rows within 0 to 5, got/);
  }
  await file.close();
  for (const limit of [0, 6, 1.5]) {
    const message = await errorOf(RangeError, () => readVectors(folder.at('p.fvecs'), { limit }));
    assert.match(message, new RegExp(`expected a limit from 1 to its 5 rows, got ${limit}\\.`));
  }
});

test('a prefix allocates only itself, and rows beyond 4 GiB are found', async () => {
  const path = folder.at('large.fvecs'); // sparse: takes no room on the disk
  const stride = 4 + 1024 * 4;
  const rows = 1_100_000; // 4.5e9 bytes
  const handle = openSync(path, 'w');
  ftruncateSync(handle, rows * stride);
  for (const row of [0, 1, rows - 1]) {
    writeSync(handle, Int32Array.of(1024), 0, 4, row * stride);
    writeSync(handle, Float32Array.of(row), 0, 4, row * stride + 4);
  }
  closeSync(handle);
  const before = process.memoryUsage().arrayBuffers;
  assert.is((await readVectors(path, { limit: 2 })).data[1024], 1);
  const file = await openVectors(path);
  assert.is(file.rows, rows);
  assert.is((await file.read(rows - 1, 1))[0], rows - 1);
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 24);
  assert.match(await faultOf(() => file.read(2, 1)), /expected 1024 values in row 2 as in row 0, got 0 \(byte 8200\)/);
  await file.close();
});

test('NaN and infinities are refused with their place, or kept when asked for', async () => {
  const bytes = Buffer.from(FVECS);
  bytes.writeFloatLE(Number.NaN, 24);
  const path = folder.file('nan.fvecs', bytes);
  assert.is(
    await faultOf(() => readVectors(path)),
    'expected a number from -2^48 to 2^48 (2.8e14; where vectors are larger, divide them all by one power of two) at row 1, column 1, got NaN (byte 24).',
  );
  bytes.writeFloatLE(Number.NEGATIVE_INFINITY, 4);
  folder.file('nan.fvecs', bytes);
  assert.match(await faultOf(() => readVectors(path)), /at row 0, column 0, got -Infinity \(byte 4\)/);
  const file = await openVectors(path, { nonFinite: 'keep' });
  assert.is([...(await file.read(0, 2))].join(), '-Infinity,-2,0.5,3,NaN,5');
  await file.close();
  const second = await openVectors(path);
  assert.match(await faultOf(() => second.read(1, 1)), /at row 1, column 1, got NaN \(byte 24\)/);
  await second.close();
});

test('files that are no whole table say what is wrong and where', async () => {
  const cases: [string, Uint8Array, RegExp][] = [
    ['e.fvecs', Buffer.alloc(0), /^expected at least one row of \.fvecs, got an empty file\.$/],
    ['e.fvecs', FVECS.subarray(0, 3), /^expected at least 4 bytes, got 3/],
    [
      'e.fvecs',
      FVECS.subarray(0, 31),
      /rows of 16 bytes \(4 \+ 3 x float32\), got 31 bytes: 1 rows and 15 bytes \(byte 16\)/,
    ],
    ['e.fvecs', Buffer.alloc(16), /expected rows of at least 1 value, got 0 \(byte 0\)/],
    ['e.fvecs', Buffer.from('ffffffff00000000', 'hex'), /at least 1 value, got -1/],
    ['e.fvecs', Buffer.from('ffffff7f00000000', 'hex'), /rows of 8589934592 bytes/],
    ['e.fbin', FBIN.subarray(0, 7), /^expected at least 8 bytes, got 7/],
    ['e.fbin', FBIN.subarray(0, 15), /^expected 16 bytes \(8 \+ 2 x 1 x float32\), got 15 \(byte 15\)/],
    ['e.fbin', Buffer.alloc(8), /at least one row and one column, got 0 x 0/],
    ['e.fbin', Buffer.from('ffffffffffffffff0000', 'hex'), /^expected 7378697\d+ bytes/],
    ['e.u8bin', FBIN, /^expected 10 bytes \(8 \+ 2 x 1 x uint8\), got 16 \(byte 10\)/],
  ];
  for (const [name, bytes, expected] of cases) {
    assert.match(await faultOf(() => readVectors(folder.file(name, bytes))), expected);
  }
  const uneven = Buffer.from(FVECS);
  uneven.writeInt32LE(2, 16);
  assert.match(
    await faultOf(() => readVectors(folder.file('u.fvecs', uneven))),
    /^expected 3 values in row 1 as in row 0, got 2 \(byte 16\)\.$/,
  );
});

test('paths that are no file of vectors say so', async () => {
  mkdirSync(folder.at('folder.fvecs'));
  assert.is(await faultOf(() => readVectors(folder.at('folder.fvecs'))), 'expected a file, got a folder.');
  const missing = 'expected a file that can be read, got none (ENOENT).';
  assert.is(await faultOf(() => readVectors(folder.at('missing.fvecs'))), missing);
  assert.match(
    await faultOf(() => readVectors(folder.at('x.csv'))),
    /^expected vectors \(\.fvecs .*\), got "\.csv"\.$/,
  );
  assert.match(await faultOf(() => readVectors(folder.at('x.ivecs'))), /got "\.ivecs"\.$/);
  assert.match(await faultOf(() => readVectors(folder.at('noextension'))), /got no extension\.$/);
  assert.match(await faultOf(() => writeVectors(folder.at('x.csv'), drawn(1, 1, true))), /got "\.csv"/);
  const fifo = folder.at('pipe.fvecs');
  if (spawnSync('mkfifo', [fifo]).status === 0) {
    assert.is(await faultOf(() => readVectors(fifo)), 'expected a file, got a device or pipe.');
  } else console.log('skip: no mkfifo here, pipes are not tried');
});

test('a file closed to us says so', async () => {
  chmodSync(folder.file('closed.fvecs', FVECS), 0);
  const message = 'expected a file that can be read, got permission denied (EACCES).';
  await asNobody(async () => assert.is(await faultOf(() => readVectors(folder.at('closed.fvecs'))), message));
});

test('values that a format cannot hold are refused, and no file stays', async () => {
  const write = (format: string, value: number) =>
    errorOf(RangeError, () =>
      writeVectors(folder.at(`v.${format}`), { rows: 2, cols: 2, data: Float32Array.of(0, 0, 0, value) }),
    );
  assert.is(
    await write('fvecs', Number.NaN),
    'writeVectors: expected finite values for .fvecs, got NaN at row 1, column 1.',
  );
  assert.match(await write('npy', Number.POSITIVE_INFINITY), /expected finite values for \.npy/);
  assert.match(await write('bvecs', 256), /integers from 0 to 255 for \.bvecs, got 256/);
  assert.match(await write('u8bin', -1), /integers from 0 to 255/);
  assert.match(await write('i8bin', 0.5), /integers from -128 to 127/);
  for (const [rows, cols] of [
    [0, 0],
    [2, 3],
  ] as const) {
    const matrix = { rows, cols, data: new Float32Array(rows * 2) };
    const message = await errorOf(RangeError, () => writeVectors(folder.at('v.fvecs'), matrix));
    assert.match(message, rows === 0 ? /cols to be a whole number from 1, got 0/ : /expected 2 x 3 = 6 values, got 4/);
  }
  assert.equal(
    folder.names().filter((name) => name.startsWith('v.') || name.startsWith('.')),
    [],
  );
});

test('any cut and any changed byte ends in success or one clear line', async () => {
  const npy = folder.at('damaged.npy');
  await writeVectors(npy, { rows: 2, cols: 2, data: Float32Array.of(1, 2, 3, 4) });
  const cases: [string, Uint8Array][] = [
    ['d.fvecs', FVECS],
    ['d.bvecs', BVECS],
    ['d.fbin', FBIN],
    ['d.u8bin', U8BIN],
    ['d.i8bin', I8BIN],
    ['d.npy', readFileSync(npy)],
  ];
  const before = process.memoryUsage().arrayBuffers;
  for (const [name, whole] of cases) {
    for (const { what, bytes } of damaged(whole)) {
      await survives(() => readVectors(folder.file(name, bytes)), `${name} ${what}`);
    }
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 26);
});

test.run();
