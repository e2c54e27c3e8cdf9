import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readIds } from '../../src/io/ids.ts';
import { float32Text, type IdOfRow, type Results, resultText, type TextFormat } from '../../src/io/result-text.ts';
import { textFormatOf, writeResults } from '../../src/io/results.ts';
import { createMatrix } from '../../src/tensor/matrix.ts';
import { NO_DISTANCE } from '../../src/tensor/nearest/neighbors.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { messageOf } from '../support/rejects.ts';
import { TemporaryFolder } from '../support/temporary-folder.ts';

/** Two queries; the second has found one neighbor, the third none. */
const results: Results = {
  ids: { rows: 3, cols: 2, data: Int32Array.of(3, 10, 0, -1, -1, -1) },
  distances: createMatrix(3, 2, Float32Array.of(0.1, 2, 0, NO_DISTANCE, NO_DISTANCE, NO_DISTANCE)),
};

function text(format: TextFormat, idOf?: IdOfRow): string {
  return [...resultText(results, format, idOf)].join('');
}

test('text has a line for each neighbor that was found, or for each query', () => {
  assert.is(text('csv'), 'query,rank,id,squared_distance\n0,1,3,0.1\n0,2,10,2\n1,1,0,0\n');
  assert.is(
    text('txt'),
    'query  rank  id  squared distance\n    0     1   3  0.1\n    0     2  10  2\n    1     1   0  0\n',
  );
  assert.is(
    text('json'),
    '[\n{"query":0,"ids":[3,10],"squaredDistances":[0.1,2]},\n{"query":1,"ids":[0],"squaredDistances":[0]},\n{"query":2,"ids":[],"squaredDistances":[]}\n]\n',
  );
});

test('ids of the user stand in place of rows, quoted where a format needs it', () => {
  const names = ['plain', '', '', 'a, "b"', '', '', '', '', '', '', 'two\nlines'];
  const named = (row: number) => names[row]!;
  assert.is(
    text('csv', (row) => (row === 0 ? 7 : named(row))),
    'query,rank,id,squared_distance\n0,1,"a, ""b""",0.1\n0,2,"two\nlines",2\n1,1,7,0\n',
  );
  const read = JSON.parse(text('json', named));
  assert.equal(read[0].ids, ['a, "b"', 'two\nlines']);
  assert.is(text('txt', (row) => `row-${row}`).split('\n')[2], '    0     2  row-10  2');
});

test('a number is the shortest that is the same float32 again', () => {
  for (const [value, expected] of [
    [0, '0'],
    [1, '1'],
    [0.1, '0.1'],
    [16777217, '16777216'],
    [1 / 3, '0.33333334'],
    [1e21, '1e+21'],
    [1e-7, '1e-7'],
    [3.4028234663852886e38, '3.4028235e+38'],
    [2 ** -149, '1e-45'],
    [2 ** -126, '1.1754944e-38'],
  ] as const) {
    assert.is(float32Text(Math.fround(value)), expected);
  }
  const random = new Random(1, 'bits');
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);
  for (let i = 0; i < 20_000; i++) {
    bits[0] = random.below(0x7f800000);
    const shown = float32Text(value[0]!);
    assert.is(Math.fround(Number(shown)), value[0]);
    const figures = shown.replace(/e.*|\.|^0\.0*/g, '').replace(/0+$/, '').length;
    if (figures > 1) assert.is.not(Math.fround(Number(value[0]!.toPrecision(Math.min(figures, 9) - 1))), value[0]);
  }
});

test('many results come in pieces of bounded length, which together are all of them', () => {
  const rows = 5000;
  const ids = { rows, cols: 4, data: Int32Array.from({ length: 4 * rows }, (_, i) => i) };
  const many: Results = { ids, distances: createMatrix(rows, 4, Float32Array.from(ids.data)) };
  for (const format of ['csv', 'txt', 'json'] as const) {
    const pieces = [...resultText(many, format)];
    assert.ok(pieces.length > 3 && pieces.every((piece) => piece.length < 70_000), format);
    const whole = pieces.join('');
    if (format === 'json') assert.is(JSON.parse(whole)[rows - 1].ids[3], 4 * rows - 1);
    else assert.is(whole.split('\n').length, 4 * rows + 2);
  }
});

test('the extension of a file names its format; tables have the ids alone', async () => {
  const folder = new TemporaryFolder();
  for (const name of ['r.json', 'r.CSV', 'r.txt']) {
    await writeResults(folder.at(name), results);
    assert.is(readFileSync(folder.at(name), 'utf8'), text(name.slice(2).toLowerCase() as TextFormat));
  }
  await writeResults(folder.at('r.ivecs'), results);
  assert.equal((await readIds(folder.at('r.ivecs'))).data, results.ids.data);
  assert.equal([textFormatOf('a/R.CSV'), textFormatOf('a.csv/r.npy')], ['csv', undefined]);
  const path = folder.at('r.html');
  const formats = '.ivecs .npy .ibin .json .csv .txt';
  assert.is(await messageOf(() => writeResults(path, results)), `${path}: expected results (${formats}), got ".html".`);
});

test.run();
