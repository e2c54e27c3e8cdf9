import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { IvfAdcIndex } from '../../src/index/codes/ivf-adc.ts';
import { PqIndex } from '../../src/index/codes/pq-index.ts';
import { Sq8Index } from '../../src/index/codes/sq8-index.ts';
import { FlatIndex } from '../../src/index/flat-index.ts';
import { GraphIndex } from '../../src/index/graph/graph-index.ts';
import { NsgIndex } from '../../src/index/graph/nsg-index.ts';
import { Sq8GraphIndex } from '../../src/index/graph/sq8-graph-index.ts';
import { LinkAndCodeIndex } from '../../src/index/link-and-code/link-and-code.ts';
import type { SearchOptions } from '../../src/index/search/search-options.ts';
import type { SearchResult } from '../../src/index/search/search-result.ts';
import { createMatrix, type Matrix } from '../../src/tensor/matrix.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { assertSame } from '../support/same.ts';

const DIM = 8;

function normals(rows: number, name: string): Matrix {
  const random = new Random(1, name);
  return createMatrix(
    rows,
    DIM,
    Float32Array.from({ length: rows * DIM }, () => random.normal()),
  );
}

const base = normals(400, 'base');
base.data.copyWithin(100 * DIM, 0, 90 * DIM); // copies: ties, and rows that are not points of a canonical graph
const queries = normals(30, 'queries');
const graph = { M: 4, efConstruction: 20 };
const neighborGraph = { method: 'exact', K: 10 } as const;

/** Half of the columns, as a compressor would make them. */
const half = {
  dIn: DIM,
  dOut: DIM / 2,
  encode: ({ rows, data }: Matrix) =>
    createMatrix(
      rows,
      DIM / 2,
      data.filter((_, i) => i % DIM < DIM / 2),
    ),
};

interface Searched {
  search(queries: Matrix, k: number, options: SearchOptions): Promise<SearchResult>;
}

const INDEXES: Record<string, () => Searched | Promise<Searched>> = {
  flat: () => new FlatIndex(base),
  hnsw: () => GraphIndex.build({ base, ...graph }),
  'hnsw as hnswlib': () => GraphIndex.build({ base, ...graph, profile: 'hnswlib' }),
  'hnsw, walked over codes': () =>
    GraphIndex.build({ base, ...graph, walkBase: half.encode(base), queryEncoder: half }),
  'hnsw-sq8': () => Sq8GraphIndex.build({ graphBase: base, ...graph }),
  nsg: () => NsgIndex.build({ base, R: 6, L: 10, C: 20, neighborGraph }),
  'nsg as faiss': () => NsgIndex.build({ base, R: 6, L: 10, C: 20, neighborGraph, profile: 'faiss' }),
  ivfpq: () => IvfAdcIndex.build({ base, m: 4, bits: 4, nlist: 5, keepVectors: true }),
  pq: () => PqIndex.build({ base, m: 4, bits: 4, keepVectors: true }),
  sq8: () => Sq8Index.build({ base, keepVectors: true }),
  lc: () =>
    LinkAndCodeIndex.build({ base, m: 4, bits: 4, words: 16, ...graph, rotationRounds: 2, regressionRounds: 2 }),
};

/** Searched over full vectors alone, these cannot rank anew. */
const FULL = ['hnsw', 'hnsw as hnswlib'];

const SEARCHES: Record<string, SearchOptions> = {
  plain: { ef: 40, nprobe: 3 },
  'ranked anew': { ef: 60, nprobe: 3, rerank: 45 },
};

/** Of the options those that a kind takes. */
function takenBy(kind: string, { ef, nprobe, rerank }: SearchOptions): SearchOptions {
  return {
    ...(/^(hnsw|nsg|lc)/.test(kind) && { ef }),
    ...(/^ivfpq/.test(kind) && { nprobe }),
    ...(!/^(flat|nsg|lc|hnsw-sq8)/.test(kind) && { rerank }),
  };
}

/** Of each query the first k answers. */
function firstOf({ ids, distances }: SearchResult, k: number): unknown {
  const of = (data: Int32Array | Float32Array) => data.filter((_, i) => i % ids.cols < k);
  return { ids: of(ids.data), distances: of(distances.data) };
}

for (const [kind, build] of Object.entries(INDEXES)) {
  test(`${kind}: fewer answers are the beginning of more, and distances never fall along a row`, async () => {
    const index = await build();
    for (const [name, search] of Object.entries(SEARCHES)) {
      const options = takenBy(kind, search);
      if (options.rerank && FULL.includes(kind)) continue;
      const most = await index.search(queries, 40, options);
      for (const k of [1, 2, 5, 11])
        assertSame(firstOf(await index.search(queries, k, options), k), firstOf(most, k), `${name}, ${k}`);
      const { data } = most.distances;
      assert.ok(
        data.every((distance, i) => i % 40 === 0 || distance >= data[i - 1]!),
        name,
      );
    }
  });
}

test.run();
