import { test } from 'uvu';
import { IvfAdcIndex } from '../../src/index/codes/ivf-adc.ts';
import { PqIndex } from '../../src/index/codes/pq-index.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { Sq8GraphIndex } from '../../src/index/graph/sq8-graph-index.ts';
import { INDEX_KINDS } from '../../src/index/kinds.ts';
import { LinkAndCodeIndex } from '../../src/index/link-and-code/link-and-code.ts';
import type { Archive } from '../../src/tensor/named-arrays.ts';
import { normalMatrix } from '../support/normals.ts';
import { assertSame } from '../support/same.ts';

const base = normalMatrix(300, 8, 'default seeds');

interface Built {
  toArchive(): Archive;
}
type Seed = { readonly seed?: number };
const BUILDERS: Record<string, (seed: Seed) => Promise<Built>> = {
  hnsw: (seed) => GraphIndex.build({ base, M: 4, efConstruction: 10, ...seed }),
  'hnsw-sq8': (seed) => Sq8GraphIndex.build({ graphBase: base, M: 4, efConstruction: 10, ...seed }),
  ivfpq: (seed) => IvfAdcIndex.build({ base, m: 2, bits: 3, nlist: 3, ...seed }),
  opq: (seed) => PqIndex.build({ base, m: 2, bits: 3, opq: true, ...seed }),
  lc: (seed) => LinkAndCodeIndex.build({ base, m: 2, bits: 3, M: 4, efConstruction: 10, nsq: 2, words: 2, ...seed }),
};

for (const [name, build] of Object.entries(BUILDERS)) {
  test(`${name}: without a seed it is built with seed 1`, async () => {
    assertSame((await build({})).toArchive(), (await build({ seed: 1 })).toArchive());
  });
}

test('each kind is built with the figures of the paper and of its libraries where nothing else is asked for', () => {
  const graph = { M: 48, efConstruction: 512, profile: 'canonical' };
  const codes = { bytes: 32, profile: 'canonical' };
  const defaults = Object.fromEntries(Object.entries(INDEX_KINDS).map(([kind, entry]) => [kind, entry.defaults]));
  assertSame(defaults, {
    flat: {},
    hnsw: graph,
    nsg: { R: 60, L: 70, C: 500, profile: 'canonical' },
    ivfpq: { ...codes, nlist: 8 },
    pq: codes,
    sq8: { range: 'dimension' },
    'hnsw-sq8': { ...graph, range: 'dimension' },
    lc: { ...codes, M: 32, efConstruction: 200 },
  });
});

test.run();
