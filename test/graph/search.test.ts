import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LayeredGraph } from '../../src/graph/adjacency.ts';
import { CandidatePool } from '../../src/graph/candidate-pool.ts';
import { searchLayer as searchAsPrinted } from '../../src/graph/hnsw/reference.ts';
import type { Near } from '../../src/graph/near.ts';
import { descend, type SearchTrace, searchGraph, searchLayer, VisitedSet } from '../../src/graph/search.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { NaiveSource } from '../support/naive-source.ts';

/** A directed graph with random links; coordinates on a small grid, so that many distances are equal. */
function randomGraph(random: Random): { graph: LayeredGraph; source: NaiveSource } {
  const n = 20 + random.below(180);
  const degree = 2 + random.below(8);
  const graph = new LayeredGraph(new Int32Array(n), degree, 1);
  for (let node = 0; node < n; node++) {
    const others = random.permutation(n).filter((id) => id !== node);
    for (let i = random.below(degree + 1); i > 0; i--) graph.base.append(node, others[i]!);
  }
  graph.entry = random.below(n);
  graph.maxLevel = 0;
  const vectors = Array.from({ length: n }, () => [random.below(30), random.below(30)]);
  const source = new NaiveSource(vectors);
  source.query = [random.below(30), random.below(30)];
  return { graph, source };
}

test('one pool does the work of the two queues of the reference: same points expanded, returned, as many distances, in 300 of 300 trials', () => {
  const random = new Random(1, 'search');
  const pool = new CandidatePool();
  let trials = 0;
  while (trials < 300) {
    const { graph, source } = randomGraph(random);
    const visited = new VisitedSet(graph.size);
    for (const ef of [1, 5, 20, 64]) {
      trials++;
      const distance = (id: number): number => source.distance(source.query, source.vectors[id]!);
      const entries = [...random.permutation(graph.size).slice(0, 1 + random.below(Math.min(3, ef)))].map(
        (id): Near => ({ id, distance: distance(id) }),
      );
      const expanded: number[] = [];
      source.counts.distances = 0;
      const expected = searchAsPrinted(distance, entries, ef, (id) => {
        expanded.push(id);
        return [...graph.neighbors(id, 0)];
      });
      const { distances } = source.counts;
      pool.reset(ef);
      pool.merge(
        Int32Array.from(entries, ({ id }) => id),
        Float64Array.from(entries, (entry) => entry.distance),
        entries.length,
      );
      source.counts.distances = 0;
      const trace: SearchTrace = { ids: [], distances: [], levels: [] };
      const hops = searchLayer(graph, 0, { source, pool, visited }, trace);
      const found = Array.from({ length: pool.size }, (_, i) => ({ id: pool.id(i), distance: pool.distances[i]! }));
      assert.equal(found, expected);
      assert.equal(trace.ids, expanded);
      assert.equal(trace.distances, trace.ids.map(distance));
      assert.is(hops, expanded.length);
      assert.is(source.counts.distances - trace.ids.length, distances);
    }
  }
});

test('ef = 1 is the greedy walk: it always goes to the nearest of all neighbors, until none is nearer', () => {
  const random = new Random(2, 'greedy');
  const pool = new CandidatePool();
  for (let trial = 0; trial < 100; trial++) {
    const { graph, source } = randomGraph(random);
    const distance = (id: number): number => source.distance(source.query, source.vectors[id]!);
    const nearer = (x: number, y: number): number => ((distance(x) - distance(y) || x - y) < 0 ? x : y);
    let here = graph.entry;
    for (;;) {
      const next = graph.neighbors(here, 0).reduce(nearer, here);
      if (next === here) break;
      here = next;
    }
    searchGraph(graph, 1, { source, pool, visited: new VisitedSet(graph.size) });
    assert.is(pool.id(0), here);
  }
});

test('descend walks the upper layers, one after the other', () => {
  // Points on a line at 0, 10, 20, 30; levels 2, 1, 1, 0. The query stands at 29.
  const graph = new LayeredGraph(Int32Array.of(2, 1, 1, 0), 4, 2);
  graph.upper.append(graph.listOf(0, 1), 1);
  graph.upper.append(graph.listOf(1, 1), 2);
  graph.base.append(2, 3);
  graph.entry = 0;
  graph.maxLevel = 2;
  const source = new NaiveSource([[0], [10], [20], [30]]);
  source.query = [29];
  const pool = new CandidatePool();
  const visited = new VisitedSet(4);
  assert.is(descend(graph, 0, { source, pool, visited }), 4, 'one hop on level 2, three on level 1');
  assert.is(pool.id(0), 2);
  const trace: SearchTrace = { ids: [], distances: [], levels: [] };
  assert.is(searchGraph(graph, 2, { source, pool, visited }, trace), 6);
  assert.equal([pool.id(0), pool.id(1)], [3, 2]);
  assert.equal(trace, { ids: [0, 0, 1, 2, 2, 3], distances: [841, 841, 361, 81, 81, 1], levels: [2, 1, 1, 1, 0, 0] });
});

test('an empty graph gives nothing', () => {
  const pool = new CandidatePool();
  const graph = new LayeredGraph(new Int32Array(0), 4, 2);
  assert.is(searchGraph(graph, 5, { source: new NaiveSource([]), pool, visited: new VisitedSet(0) }), 0);
  assert.is(pool.size, 0);
});

test.run();
