import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FlatIndex } from '../../src/index/flat-index.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { LinkAndCodeIndex } from '../../src/index/link-and-code/link-and-code.ts';
import { loadIndex } from '../../src/pipeline/load-index.ts';
import { createMatrix } from '../../src/tensor/matrix.ts';
import type { Archive } from '../../src/tensor/named-arrays.ts';
import { changed, spoiledArrays } from '../support/changed-archive.ts';
import { normalMatrix } from '../support/normals.ts';

// Row 3 repeats row 1, so the archive holds representatives too.
const base = createMatrix(5, 1, Float32Array.of(0, 1, 2, 1, 5));
const graphArchive = (await GraphIndex.build({ base, M: 2, efConstruction: 4 })).toArchive();

test('each kind is loaded as what it is', async () => {
  const flat = loadIndex(new FlatIndex(base).toArchive());
  const graph = loadIndex(graphArchive, 'reference');
  assert.is(flat.kind, 'flat');
  assert.is(graph.kind, 'hnsw');
  if (graph.kind === 'hnsw')
    assert.equal([...(await graph.search(createMatrix(1, 1), 5, { ef: 5 })).ids.data], [0, 1, 3, 2, 4]);
});

test('an unknown kind is refused', () => {
  for (const kind of ['tree', 'toString']) {
    assert.throws(
      () => loadIndex({ ...graphArchive, kind }),
      new RegExp(`^loadIndex: expected an index of kind flat, hnsw, .*, got ${kind}\\.$`),
    );
  }
});

for (const name of Object.keys(graphArchive.parameters)) {
  test(`a graph index without or with a wrong "${name}" is refused in one line`, () => {
    const line = (error: Error): boolean =>
      error instanceof RangeError && /^HNSW index: expected [^\n]*\.$/.test(error.message);
    for (const value of [undefined, null, -7, 1e9, 0.5, [], {}, 'x']) {
      if (name === 'seed' && (typeof value === 'number' || value === 'x')) continue;
      if ((name === 'efConstruction' || name === 'graphDim') && value === 1e9) continue;
      const archive = changed(graphArchive, (parameters) => {
        if (value === undefined) delete parameters[name];
        else parameters[name] = value;
      });
      assert.throws(() => loadIndex(archive), line, `${name}: ${JSON.stringify(value)}`);
    }
  });
}

test('whole numbers of a saved graph or code end at 2^31 - 1, and links begin at 1', async () => {
  const rows = normalMatrix(40, 4, 'saved numbers');
  const options = { base: rows, m: 2, bits: 2, M: 4, efConstruction: 8, nsq: 2, words: 2 };
  const lc = (await LinkAndCodeIndex.build(options)).toArchive();
  const archives: readonly (readonly [Archive, string, readonly number[]])[] = [
    [graphArchive, 'M', [0, 1, 2 ** 31]],
    [lc, 'baseLinks', [0, 2 ** 31]],
    [lc, 'M', [0, 1, 2 ** 31]],
  ];
  for (const [archive, name, values] of archives) {
    for (const value of values) {
      const wrong = changed(archive, (parameters) => {
        parameters[name] = value;
      });
      const line = new RegExp(`"${name}" to be an integer from \\d+ to 2147483647, got ${value}\\.$`);
      assert.throws(() => loadIndex(wrong), line, `${archive.kind}, ${name}: ${value}`);
    }
  }
});

test('a weight code beyond the words is named with its row', async () => {
  const rows = normalMatrix(40, 4, 'weight codes');
  const lc = await LinkAndCodeIndex.build({ base: rows, m: 2, bits: 2, M: 4, efConstruction: 8, nsq: 2, words: 2 });
  const wrong = changed(lc.toArchive(), (_, arrays) => {
    arrays.get('weightCodes')!.data[5] = 200;
  });
  assert.throws(() => loadIndex(wrong), /expected weight codes below 2, got 200 in row 2\./);
});

for (const name of graphArchive.arrays.keys()) {
  test(`a graph index whose "${name}" is missing, of another type or shape, is refused in one line`, () => {
    const line = (error: Error): boolean =>
      error instanceof RangeError && /^HNSW index: expected [^\n]*\.$/.test(error.message);
    const array = graphArchive.arrays.get(name)!;
    const changes = spoiledArrays(name, array);
    for (const change of changes) {
      // The few points of this graph may all be on level 0; then one list less is none, and a shape of another rank the only error.
      if (name === 'upperLinks' && array.data.length === 0 && change === changes[4]) continue;
      assert.throws(() => loadIndex(changed(graphArchive, (_, arrays) => change(arrays))), line);
    }
  });
}

test('representatives that do not fit the graph are refused', () => {
  const put = (row: number, value: number): Archive =>
    changed(graphArchive, (_, arrays) => {
      arrays.get('representatives')!.data[row] = value;
    });
  for (const [row, value] of [
    [3, 3],
    [3, 4],
    [3, -1],
    [3, 99],
    [1, 0],
  ] as const) {
    assert.throws(() => loadIndex(put(row, value)), /^HNSW index: expected row \d of level -?\d+ to stand for itself/);
  }
});

test('vectors that are not finite are refused', () => {
  const archive = changed(graphArchive, (_, arrays) => {
    arrays.get('vectors')!.data[2] = Number.NaN;
  });
  assert.throws(() => loadIndex(archive), /^HNSW index: expected finite values, got NaN at row 2, column 0\.$/);
});

test('every change of one number in the links is refused or still searchable', async () => {
  for (let place = 0; place < 5 * 4; place++) {
    for (const value of [-2, -1, 0, 1, 2, 3, 4, 5, 2 ** 31 - 1]) {
      const archive = changed(graphArchive, (_, arrays) => {
        arrays.get('links')!.data[place] = value;
      });
      try {
        const index = loadIndex(archive) as GraphIndex;
        await index.search(createMatrix(1, 1), 5, { ef: 5 });
      } catch (error) {
        assert.instance(error, RangeError);
        assert.match((error as Error).message, /^HNSW index: expected/);
      }
    }
  }
});

test.run();
