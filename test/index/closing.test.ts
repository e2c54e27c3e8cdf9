import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateManifold } from '../../src/data/manifold.ts';
import { IvfAdcIndex } from '../../src/index/codes/ivf-adc.ts';
import { PqIndex } from '../../src/index/codes/pq-index.ts';
import { Sq8Index } from '../../src/index/codes/sq8-index.ts';
import { FlatIndex } from '../../src/index/flat-index.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { NsgIndex } from '../../src/index/graph/nsg-index.ts';
import { Sq8GraphIndex } from '../../src/index/graph/sq8-graph-index.ts';
import { INDEX_KINDS, type SearchIndex } from '../../src/index/kinds.ts';
import { LinkAndCodeIndex } from '../../src/index/link-and-code/link-and-code.ts';
import { PipelineIndex } from '../../src/pipeline/pipeline-index.ts';
import { rejects } from '../support/rejects.ts';

const { base, query } = generateManifold({ rows: 300, queries: 40, dim: 8, seed: 1 });
const graph = { M: 4, efConstruction: 20 };
const codes = { m: 2, bits: 4 };

const INDEXES: Readonly<Record<keyof typeof INDEX_KINDS, () => SearchIndex | Promise<SearchIndex>>> = {
  flat: () => new FlatIndex(base),
  hnsw: () => GraphIndex.build({ base, ...graph }),
  nsg: () => NsgIndex.build({ base, R: 8, L: 20, C: 50, neighborGraph: { method: 'exact', K: 20 } }),
  ivfpq: () => IvfAdcIndex.build({ base, ...codes, nlist: 4 }),
  pq: () => PqIndex.build({ base, ...codes }),
  sq8: () => Sq8Index.build({ base }),
  'hnsw-sq8': () => Sq8GraphIndex.build({ graphBase: base, ...graph }),
  lc: () => LinkAndCodeIndex.build({ base, ...graph, ...codes }),
};

for (const kind of Object.keys(INDEX_KINDS) as (keyof typeof INDEX_KINDS)[]) {
  test(`${kind}: a closed index says so, whatever it is asked`, async () => {
    const index = await INDEXES[kind]();
    assert.is((await index.search(query, 3)).ids.data.length, 120);
    index.close();
    index.close();
    const expected = /^\w+Index: expected an index that is open, got one that was closed; build or load it again\.$/;
    await rejects(() => index.search(query, 3), expected);
    await rejects(() => index.toArchive(), expected);
    await rejects(() => index.rows, expected);
  });
}

test('using closes an index at the end of its block, with what stands around it', async () => {
  let left: PipelineIndex | undefined;
  {
    using index = await PipelineIndex.build({
      base,
      keepVectors: true,
      index: (vectors) => Sq8Index.build({ base: vectors }),
    });
    await index.search(query, 3, { rerank: 10 });
    left = index;
  }
  await rejects(
    () => left?.search(query, 3),
    'Sq8Index: expected an index that is open, got one that was closed; build or load it again.',
  );
});

const STATUS = '/proc/self/status';
const linux = existsSync(STATUS) ? test : test.skip;

/** MiB that are resident. */
function resident(): number {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(STATUS, 'utf8'))!;
  return Number(kib) / 2 ** 10;
}

linux('a closed index gives back the memory that two threads know', async () => {
  const rows = 4000;
  const wide = { rows, cols: 5000, data: new Float32Array(rows * 5000).fill(1) }; // 80 MB
  const few = generateManifold({ rows, queries: 1, dim: 8, seed: 1 }).base;
  const built = await GraphIndex.build({ base: few, M: 4, efConstruction: 4, profile: 'batch', threads: 2 });
  const index = built.over(wide);
  const queries = { rows: 40, cols: 5000, data: wide.data.subarray(0, 40 * 5000) };
  for (let round = 0; round < 20; round++) await index.search(queries, 3, { ef: 10, threads: 2 });
  const before = resident();
  index.close();
  // As a process that goes on working does: collections come with allocations.
  for (let turn = 0; turn < 500 && resident() > before - 60; turn++) {
    new Float32Array(2 ** 20);
    await new Promise((end) => setTimeout(end, 10));
  }
  assert.ok(resident() < before - 60, `${resident()} MiB resident, ${before} before`);
});

test.run();
