import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { BackendChoice } from '../../../kernels/backend.ts';
import { LayeredGraph } from '../../../src/graph/adjacency.ts';
import { CandidatePool } from '../../../src/graph/candidate-pool.ts';
import { buildHnsw } from '../../../src/graph/hnsw/build.ts';
import { searchGraph, VisitedSet } from '../../../src/graph/search.ts';
import { graphRoom } from '../../../src/index/graph/graph-building.ts';
import { WasmGraphSearch, wasmSearchRoom } from '../../../src/index/graph/wasm-graph-search.ts';
import type { QuerySource } from '../../../src/index/search/rerank.ts';
import { attachScalarCodeSet, scalarCodeSet } from '../../../src/quantize/scalar/scalar-code-set.ts';
import { SCALAR_RANGES, ScalarQuantizer } from '../../../src/quantize/scalar/scalar-quantizer.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { VectorSet, type WalkedSource } from '../../../src/tensor/vectors/vector-set.ts';
import { createVectorStore } from '../../../src/tensor/vectors/vector-store.ts';

const ROWS = 700;
const DIM = 6;
const M = 4;
const random = new Random(1, 'graph walker');
// Whole numbers, and some rows twice: many distances are equal.
const data = Float32Array.from({ length: ROWS * DIM }, () => random.below(4));
const base = createMatrix(ROWS, DIM, data);
const ROOM = wasmSearchRoom(ROWS, 2 * M, M);

function setOf(spare: number, backend: BackendChoice = 'auto'): VectorSet {
  return new VectorSet(base, { spare, backend });
}

const { graph } = await buildHnsw(setOf(0), { M, efConstruction: 20, profile: 'faiss' });

/** Ids, distances, hops and counts of a search. */
function answers(source: VectorSet, hops: number, pool: CandidatePool) {
  const places = Array.from({ length: pool.size }, (_, place) => place);
  return { hops, counts: { ...source.counts }, found: places.map((place) => [pool.id(place), pool.distances[place]]) };
}

test('a search in WebAssembly finds, measures and expands what the search in TypeScript does: 400 queries, ef from 1 to 900', () => {
  const [plain, fast] = [setOf(0), setOf(ROOM)];
  const wasm = WasmGraphSearch.over(graph, fast)!;
  assert.ok(graph.maxLevel >= 2);
  const visited = new VisitedSet(ROWS);
  const [expected, found] = [new CandidatePool(), new CandidatePool()];
  for (let query = 0; query < 400; query++) {
    // More searches than there are marks: the flags are cleared on the way.
    const at = Float32Array.from({ length: DIM }, () => random.below(4));
    const ef = query % 4 === 0 ? 1 + random.below(900) : 1 + random.below(30);
    plain.setQuery(at, 0);
    fast.setQuery(at, 0);
    const before = answers(plain, searchGraph(graph, ef, { source: plain, pool: expected, visited }), expected);
    assert.equal(answers(fast, wasm.search(ef, found), found), before, `query ${query}, ef ${ef}`);
  }
});

test('searches of other threads, over vectors, vectors in a store and codes, have the room they need, and find the same', () => {
  const engine = { backend: 'auto', threads: 3 } as const;
  const store = createVectorStore(ROWS, DIM, { attachable: 2 });
  assert.ok(!('parts' in store));
  store.data.set(data);
  const quantizers = SCALAR_RANGES.map((range) => ScalarQuantizer.train(base, range));
  const pairs: (readonly [QuerySource & WalkedSource, (slot: number) => QuerySource & WalkedSource])[] = [
    ...[base, store].map((matrix) => {
      const set = new VectorSet(matrix, graphRoom(ROWS, M, engine));
      return [set, (slot: number) => VectorSet.attach(set.share(), slot)] as const;
    }),
    ...quantizers.map((quantizer) => {
      const set = scalarCodeSet(quantizer, quantizer.encode(base), graphRoom(ROWS, M, engine));
      return [set, (slot: number) => attachScalarCodeSet(set.share(), slot)] as const;
    }),
  ];
  for (const [source, attach] of pairs) {
    const wasm = WasmGraphSearch.over(graph, source)!;
    for (const slot of [0, 1, 1]) {
      const other = attach(slot);
      const attached = WasmGraphSearch.attach(graph, other, wasm.share())!;
      assert.ok(attached);
      const [expected, found] = [new CandidatePool(), new CandidatePool()];
      for (let query = 0; query < 300; query++) {
        const at = Float32Array.from({ length: DIM }, () => random.below(4));
        source.setQuery(at, 0);
        other.setQuery(at, 0);
        const hops = wasm.search(20, expected);
        assert.is(attached.search(20, found), hops);
        for (let place = 0; place < expected.size; place++) {
          assert.equal([found.id(place), found.distances[place]], [expected.id(place), expected.distances[place]]);
        }
      }
    }
  }
});

test('there is none without room for the links, and none without SIMD', () => {
  assert.is(WasmGraphSearch.over(graph, setOf(1000)), undefined);
  assert.is(WasmGraphSearch.over(graph, setOf(ROOM, 'reference')), undefined);
});

test('vectors in a store have room for one, as long as sets over it keep theirs', () => {
  const store = createVectorStore(ROWS, DIM);
  assert.ok(!('parts' in store));
  store.data.set(data);
  assert.ok(WasmGraphSearch.over(graph, new VectorSet(store)));
  const tight = createVectorStore(ROWS, DIM, { storeBytes: 4 * ROWS * DIM + 100 });
  assert.ok(!('parts' in tight));
  assert.is(WasmGraphSearch.over(graph, new VectorSet(tight)), undefined);
});

test('an empty graph has no answers', () => {
  const wasm = WasmGraphSearch.over(new LayeredGraph(new Int32Array(ROWS).fill(-1), 8, 4), setOf(ROOM))!;
  const pool = new CandidatePool();
  pool.merge(Int32Array.of(1), Float64Array.of(1), 1);
  assert.is(wasm.search(5, pool), 0);
  assert.is(pool.size, 0);
});

test.run();
