import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { simdSupported } from '../../../kernels/backend.ts';
import { graphRoom } from '../../../src/index/graph/graph-building.ts';
import { createMatrix, firstRows, type Matrix, viewRows } from '../../../src/tensor/matrix.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { besideThatFits } from '../../../src/tensor/vectors/beside.ts';
import { vectorSource } from '../../../src/tensor/vectors/split-vector-set.ts';
import { VectorSet } from '../../../src/tensor/vectors/vector-set.ts';
import { createVectorStore } from '../../../src/tensor/vectors/vector-store.ts';
import {
  mapParts,
  partsOf,
  requireVectorsInRange,
  rowBlocks,
  type Vectors,
} from '../../../src/tensor/vectors/vectors.ts';
import { requireVectors, vectorsArray } from '../../../src/tensor/vectors/vectors-array.ts';
import { assertSame } from '../../support/same.ts';

const test = suite('vectors in stores');
const BACKENDS = simdSupported() ? (['reference', 'simd'] as const) : (['reference'] as const);
if (!simdSupported()) console.log('skip: this engine has no WebAssembly SIMD');

const [ROWS, DIM] = [50, 7];
const random = new Random(1, 'vector-store');
const data = Float32Array.from({ length: ROWS * DIM }, () => random.normal());

/** The same 50 rows in as many stores as their size asks for. */
function filled(backend: 'reference' | 'simd', rowsOfStore: number): Vectors {
  const vectors = createVectorStore(ROWS, DIM, { backend, storeBytes: 4 * DIM * rowsOfStore });
  for (const { first, matrix } of partsOf(vectors)) {
    matrix.data.set(data.subarray(first * DIM, (first + matrix.rows) * DIM));
  }
  return vectors;
}

for (const backend of BACKENDS) {
  test(`${backend}: 50 rows in 1, 3 or 50 stores measure to the same bits, and to the same counts`, () => {
    const plain = new VectorSet(createMatrix(ROWS, DIM, data), { backend });
    const ids = Int32Array.from({ length: 64 }, () => random.below(ROWS));
    const query = Float32Array.from({ length: 2 * DIM }, () => random.normal());
    for (const [rowsOfStore, stores] of [
      [50, 1],
      [17, 3],
      [1, 50],
    ] as const) {
      const vectors = filled(backend, rowsOfStore);
      assert.is([...partsOf(vectors)].length, stores);
      const source = vectorSource(vectors, { backend });
      assert.equal([source.size, source.dim, source.backend], [ROWS, DIM, backend]);
      const both = [plain, source];
      const before = { ...plain.counts };
      const same = (act: (set: typeof source) => void): void => {
        const [expected, found] = both.map((set) => {
          set.ids.set(ids);
          act(set);
          return [...set.distances.subarray(0, ids.length)];
        });
        assert.equal(found, expected);
      };
      same((set) => {
        set.setQuery(query, 3);
        set.measure(64);
      });
      for (const row of [0, 16, 17, 49]) {
        same((set) => set.measureFrom(row, 64));
        same((set) => set.measure(64)); // measureFrom leaves the query
        same((set) => {
          set.setQueryRow(row);
          set.measure(64);
        });
      }
      same((set) => set.measure(0));
      const work = { distances: plain.counts.distances - before.distances, multiplyAdds: 13 * 64 * DIM };
      assert.equal(source.counts, work);
    }
  });
}

test('a set over a store copies nothing, and several over one store count apart', () => {
  for (const backend of BACKENDS) {
    const matrix = filled(backend, ROWS);
    assert.not('parts' in matrix);
    if ('parts' in matrix) return;
    const [one, other] = [new VectorSet(matrix, { backend }), new VectorSet(matrix, { backend })];
    assert.is(one.matrix.data.buffer, matrix.data.buffer);
    assert.is(other.matrix.data.byteOffset, matrix.data.byteOffset);
    one.measure(5);
    assert.equal([one.counts.distances, other.counts.distances], [5, 0]);
  }
});

test('views, blocks and arrays of a store lie in its memory; an object of the same values does not', () => {
  for (const backend of BACKENDS) {
    const vectors = filled(backend, ROWS);
    assert.not('parts' in vectors);
    if ('parts' in vectors) return;
    const arrays = new Map([['vectors', vectorsArray(vectors)]]);
    const inPlace = [
      firstRows(vectors, 20),
      viewRows(vectors, 10, 20),
      [...rowBlocks(vectors, 10, 30, 8)][1]!.matrix,
      mapParts(vectors, (part) => firstRows(part, 20)) as Matrix,
      requireVectors(arrays, 'vectors', ROWS, DIM, 'here') as Matrix,
      new VectorSet(vectors, { backend }).matrix,
    ];
    for (const matrix of inPlace) {
      assert.is(new VectorSet(matrix, { backend }).matrix.data.byteOffset, matrix.data.byteOffset);
      assert.is(new VectorSet(matrix, { backend }).kernels, vectors.memory!.kernels);
    }
    const { rows, cols, data: values } = vectors;
    const set = new VectorSet({ rows, cols, data: values }, { backend });
    assert.is.not(set.kernels, vectors.memory!.kernels);
    assertSame([...set.matrix.data], [...values]);
  }
});

test('blocks of rows never cross a part', () => {
  const vectors = filled('reference', 17);
  const blocks = [...rowBlocks(vectors, 10, 30, 8)];
  assertSame(
    blocks.map(({ first, matrix }) => [first, matrix.rows]),
    [
      [10, 7],
      [17, 8],
      [25, 8],
      [33, 1],
      [34, 6],
    ],
  );
  for (const { first, matrix } of blocks) {
    assertSame([...matrix.data], [...data.subarray(first * DIM, (first + matrix.rows) * DIM)]);
  }
});

test('a value that is not finite is found by its row of all', () => {
  const vectors = filled('reference', 17);
  for (const { first, matrix } of partsOf(vectors)) if (first === 34) matrix.data[3 * DIM + 2] = Number.NaN;
  assert.throws(
    () => requireVectorsInRange(vectors, 'here'),
    (error: Error) => error.message === 'here: expected finite values, got NaN at row 37, column 2.',
  );
});

test('sizes that cannot be are refused', () => {
  assert.throws(() => createVectorStore(-1, 4), /whole number of rows/);
  assert.throws(() => createVectorStore(2, 0), /at least 1 column/);
  assert.throws(() => createVectorStore(2, 10, { storeBytes: 39 }), /at most 39 bytes, got 2 of 40/);
});

test('vectors in several stores stay where they are, also with room for a walker and with places for threads', () => {
  if (!simdSupported()) return;
  const rows = 800_000;
  for (const attachable of [0, 2]) {
    const vectors = createVectorStore(rows, 4, { backend: 'simd', storeBytes: 8 * rows + 4000, attachable });
    assert.is([...partsOf(vectors)].length, 2);
    const { vectors: measured } = vectorSource(
      vectors,
      graphRoom(rows, 48, { backend: 'simd', threads: attachable + 1 }),
    );
    const buffers = (of: Vectors) => [...partsOf(of)].map(({ matrix }) => matrix.data.buffer);
    assert.equal(
      buffers(measured).map((buffer, i) => buffer === buffers(vectors)[i]),
      [true, true],
    );
  }
});

test('what lies beside points is all that was asked for, or nothing where a memory has no room', () => {
  const asked = { spare: 2 ** 20, spareEach: 2 ** 10 };
  assert.equal(besideThatFits(2 ** 30, 2 ** 18, 3, asked), asked);
  assert.equal(besideThatFits(2 ** 30, 2 ** 18, 0, {}), { spare: 0, spareEach: 0 });
  const none = { spare: 0, spareEach: 0 };
  assert.equal(besideThatFits(2 ** 32 - 2 ** 26, 2 ** 18, 0, asked), none);
  // Ten million rows: a byte a row in each of 31 places.
  assert.equal(besideThatFits(2 ** 32 - 2 ** 28, 2 ** 18, 31, { spareEach: 1e7 }), none);
  assert.equal(besideThatFits(2 ** 30, 2 ** 18, 31, { spareEach: 1e7 }), { spare: 0, spareEach: 1e7 });
});

test.run();
