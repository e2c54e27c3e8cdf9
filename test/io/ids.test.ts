import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ID_FORMATS, openIds, readIds, writeIds } from '../../src/io/ids.ts';
import { damaged, errorOf, faultOf, survives, TemporaryFolder } from '../support/temporary-folder.ts';

const folder = new TemporaryFolder();
const TABLE = { rows: 2, cols: 3, data: Int32Array.of(0, 2147483647, 5, 7, -1, -1) };
const IVECS = Buffer.from(
  '03000000 00000000 ffffff7f 05000000 03000000 07000000 ffffffff ffffffff'.replaceAll(' ', ''),
  'hex',
);

test('ids come back from every format, as the bytes that the format gives them', async () => {
  for (const format of ID_FORMATS) {
    const path = folder.at(`i.${format}`);
    await writeIds(path, TABLE);
    assert.equal(await readIds(path), TABLE);
    assert.equal((await readIds(path, { limit: 1 })).data, TABLE.data.subarray(0, 3));
  }
  assert.equal(readFileSync(folder.at('i.ivecs')), IVECS);
  assert.is(readFileSync(folder.at('i.ibin')).toString('hex').slice(0, 16), '0200000003000000');
});

test('a truth file of big-ann holds distances after its ids, which alone are read', async () => {
  const table = { rows: 2, cols: 2, data: Int32Array.of(4, 1, 0, 3) };
  await writeIds(folder.at('t.ibin'), table);
  const ids = readFileSync(folder.at('t.ibin'));
  const path = folder.file('gt.ibin', Buffer.concat([ids, Buffer.from(Float32Array.of(0.5, 1, 2, 3).buffer)]));
  assert.equal(await readIds(path), table);
  assert.equal((await readIds(path, { limit: 1 })).data, Int32Array.of(4, 1));
  const part = folder.file('part.ibin', Buffer.concat([ids, Buffer.from(Float32Array.of(0.5).buffer)]));
  assert.match(await faultOf(() => readIds(part)), /^expected 24 bytes \(8 \+ 2 x 2 x int32\), got 28/);
});

test('rows are read by position', async () => {
  const file = await openIds(folder.file('o.ivecs', IVECS));
  assert.equal([file.rows, file.cols, file.type], [2, 3, 'int32']);
  assert.equal(await file.read(1, 1), Int32Array.of(7, -1, -1));
  await file.close();
});

test('numbers that are no ids are refused with their place', async () => {
  const bytes = Buffer.from(IVECS);
  bytes.writeInt32LE(-2, 12);
  const expected = 'expected an id from 0 to 2^31 - 1, or -1 for none, at row 0, column 2, got -2 (byte 12).';
  assert.is(await faultOf(() => readIds(folder.file('x.ivecs', bytes))), expected);
  const wide = Buffer.concat([Buffer.from(numpyHeader('<i8')), Buffer.alloc(8)]);
  wide.writeBigInt64LE(2n ** 31n, wide.length - 8);
  assert.match(await faultOf(() => readIds(folder.file('x.npy', wide))), /row 0, column 0, got 2147483648/);
  wide.writeBigInt64LE(-1n, wide.length - 8);
  assert.equal((await readIds(folder.file('x.npy', wide))).data, Int32Array.of(-1));
});

function numpyHeader(descr: string): Uint8Array {
  const literal = `{'descr': '${descr}', 'fortran_order': False, 'shape': (1, 1), }`;
  return Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(literal.length)}\x00${literal}`, 'latin1');
}

test('what is no table of ids is refused', async () => {
  assert.match(
    await faultOf(() => readIds(folder.at('x.fvecs'))),
    /^expected ids \(\.ivecs \.npy \.ibin\), got "\.fvecs"/,
  );
  assert.match(await faultOf(() => readIds(folder.file('e.ivecs', ''))), /an empty file/);
  assert.match(
    await errorOf(RangeError, () => readIds(folder.at('i.ivecs'), { limit: 3 })),
    /from 1 to its 2 rows, got 3/,
  );
  const uneven = { rows: 2, cols: 2, data: new Int32Array(3) };
  assert.match(
    await errorOf(RangeError, () => writeIds(folder.at('u.ivecs'), uneven)),
    /expected 2 x 2 = 4 values, got 3/,
  );
});

test('any cut and any changed byte ends in success or one clear line', async () => {
  for (const format of ID_FORMATS) {
    const whole = readFileSync(folder.at(`i.${format}`));
    for (const { what, bytes } of damaged(whole)) {
      await survives(() => readIds(folder.file(`d.${format}`, bytes)), `${format} ${what}`);
    }
  }
});

test.run();
