import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { IvfAdcIndex } from '../../src/index/codes/ivf-adc.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { NsgIndex } from '../../src/index/graph/nsg-index.ts';
import { Sq8GraphIndex } from '../../src/index/graph/sq8-graph-index.ts';
import { kindOfIndex } from '../../src/index/kinds.ts';
import { LinkAndCodeIndex } from '../../src/index/link-and-code/link-and-code.ts';
import { createMatrix } from '../../src/tensor/matrix.ts';
import type { Archive } from '../../src/tensor/named-arrays.ts';
import { Random } from '../../src/tensor/random/random.ts';

const [ROWS, DIM] = [300, 8];
const random = new Random(1, 'structure');
const base = createMatrix(
  ROWS,
  DIM,
  Float32Array.from({ length: ROWS * DIM }, () => random.normal()),
);
base.data.copyWithin(8 * DIM, 0, 3 * DIM); // copies, so that some rows are not points of a canonical graph
const graph = { M: 4, efConstruction: 20 };

const INDEXES = {
  hnsw: () => GraphIndex.build({ base, ...graph }),
  'hnsw-sq8': () => Sq8GraphIndex.build({ graphBase: base, ...graph }),
  nsg: () => NsgIndex.build({ base, R: 6, L: 10, C: 20, neighborGraph: { method: 'exact', K: 10 } }),
  lc: () => LinkAndCodeIndex.build({ base, m: 4, ...graph }),
  ivfpq: () => IvfAdcIndex.build({ base, m: 4, nlist: 5 }),
};

/** The archive with the arrays of its structure alone. */
function bare(archive: Archive): Archive {
  const names = kindOfIndex(archive.kind)!.structure!.arrays;
  return { ...archive, arrays: new Map([...archive.arrays].filter(([name]) => names.includes(name))) };
}

for (const [kind, build] of Object.entries(INDEXES)) {
  test(`${kind}: the structure looks the same without vectors and codes as in the whole index`, async () => {
    const index = await build();
    const statistics = index.statistics() as unknown as Record<string, unknown>;
    const archive = bare(index.toArchive());
    assert.ok(archive.arrays.size < index.toArchive().arrays.size);
    for (const [name, value] of Object.entries(kindOfIndex(kind)!.structure!.statistics(archive))) {
      assert.equal(value, statistics[name], name);
    }
  });
}

test('an index without structure has no statistics of it, and a damaged one is refused', async () => {
  assert.is(kindOfIndex('flat')!.structure, undefined);
  assert.is(kindOfIndex('toString'), undefined);
  const archive = (await INDEXES.ivfpq()).toArchive();
  const starts = { shape: [6], data: Int32Array.of(0, 9, 8, 7, 6, ROWS) };
  assert.throws(
    () => kindOfIndex('ivfpq')!.structure!.statistics({ ...archive, arrays: new Map([['starts', starts]]) }),
    /begin and end within/,
  );
  const linked = bare((await INDEXES.lc()).toArchive());
  const none = { ...linked, parameters: { ...linked.parameters, baseLinks: 0 } };
  assert.throws(() => kindOfIndex('lc')!.structure!.statistics(none), /"baseLinks" to be an integer from 1/);
});

test.run();
