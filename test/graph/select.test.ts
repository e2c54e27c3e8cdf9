import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LayeredGraph } from '../../src/graph/adjacency.ts';
import { selectNeighbors } from '../../src/graph/hnsw/reference.ts';
import { CandidateExtension, NeighborSelector } from '../../src/graph/select.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { NaiveSource } from '../support/naive-source.ts';
import { assertSame } from '../support/same.ts';

// By hand: q = (0, 0) and a … f, whose distances are exact in binary.
const [a, b, c, d, f, e] = [0, 1, 2, 3, 4, 5];
const points = [
  [1, 0],
  [0, -1.25],
  [2, 0.5],
  [-2, 1],
  [-2.5, 0],
  [0.5, 3],
];

function offered(order: readonly number[]): NeighborSelector {
  const source = new NaiveSource(points);
  const selector = new NeighborSelector(source, 8);
  for (const id of order) selector.offer(id, source.distance([0, 0], points[id]!), false);
  return selector;
}

test('the example worked by hand: c and f are ruled out, e is kept because equal is not nearer', () => {
  const selector = offered([e, d, c, b, a, f]);
  assert.is(selector.select(4), 4);
  assert.equal([...selector.ids.subarray(0, 4)], [a, b, d, e]);
  assertSame([...selector.distances.subarray(0, 4)], [1, 1.5625, 5, 9.25]);
});

test('keepPruned fills up with the nearest of those dropped', () => {
  const selector = offered([a, b, c, d, f, e]);
  assert.is(selector.select(5, true), 5);
  assert.equal([...selector.ids.subarray(0, 5)], [a, b, d, e, c]);
  assert.is(offered([a, b, c]).select(5, true), 3);
});

test('selectAll keeps every candidate, nearest first', () => {
  const selector = offered([f, e, d, c, b, a]);
  assert.is(selector.selectAll(), 6);
  assert.equal([...selector.ids.subarray(0, 6)], [a, b, c, d, f, e]);
});

test('equals Algorithm 4 of the reference, and wastes at most a block of distances: 300 trials', () => {
  const random = new Random(2, 'select');
  for (let trial = 0; trial < 300; trial++) {
    const dim = 2 + random.below(6);
    const count = 1 + random.below(200);
    const limit = 1 + random.below(40);
    const keepPruned = trial % 3 === 0;
    // A grid makes ties; the last point is the one whose neighbors are chosen.
    const vectors = Array.from({ length: count + 1 }, () => Array.from({ length: dim }, () => random.below(12)));
    const source = new NaiveSource(vectors);
    const selector = new NeighborSelector(source, count);
    const candidates = Array.from({ length: count }, (_, id) => ({
      id,
      distance: source.distance(vectors[id]!, vectors[count]!),
    }));
    for (const { id, distance } of candidates) selector.offer(id, distance, false);
    source.counts.distances = 0;
    const chosen = selector.select(limit, keepPruned);
    const ours = source.counts.distances;
    source.counts.distances = 0;
    const distance = (x: number, y: number): number => source.distance(vectors[x]!, vectors[y]!);
    const rules = { distance, layers: [], keepPrunedConnections: keepPruned };
    const expected = selectNeighbors(count, candidates, limit, 0, rules);
    assert.equal([...selector.ids.subarray(0, chosen)], expected);
    assert.ok(ours <= source.counts.distances + 64 * limit, `${ours} distances, pairwise ${source.counts.distances}`);
    if (chosen < limit) assert.is(ours, source.counts.distances);
  }
});

test('what was chosen together needs no distances among itself, and the choice is the same: 200 trials', () => {
  const random = new Random(3, 'settled');
  let saved = 0;
  for (let trial = 0; trial < 200; trial++) {
    const vectors = Array.from({ length: 81 }, () => Array.from({ length: 8 }, () => random.normal()));
    const source = new NaiveSource(vectors);
    const lengthOf = (id: number): number => source.distance(vectors[id]!, vectors[80]!);
    const selector = new NeighborSelector(source, 81);
    for (let id = 0; id < 40; id++) selector.offer(id, lengthOf(id), false);
    const first = [...selector.ids.subarray(0, selector.select(40))];
    const both = [false, true].map((settled) => {
      selector.clear();
      for (const id of first) selector.offer(id, lengthOf(id), settled);
      for (let id = 40; id < 80; id++) selector.offer(id, lengthOf(id), false);
      source.counts.distances = 0;
      const ids = [...selector.ids.subarray(0, selector.select(40))];
      return { ids, distances: source.counts.distances };
    });
    assert.equal(both[1]!.ids, both[0]!.ids);
    saved += both[0]!.distances - both[1]!.distances;
  }
  assert.ok(saved > 0);
});

test('takes more candidates than it was told to expect', () => {
  const vectors = Array.from({ length: 100 }, (_, i) => [i]);
  const source = new NaiveSource(vectors);
  const selector = new NeighborSelector(source, 4);
  for (let id = 99; id >= 0; id--) selector.offer(id, (id + 1) ** 2, false);
  assert.is(selector.select(10), 1, 'on a line the nearest rules out all others');
  assert.is(selector.ids[0], 0);
  assert.is(selector.selectAll(), 100);
});

test('a source that takes less than a block is refused', () => {
  assert.throws(
    () => new NeighborSelector(new NaiveSource(points, 63), 8),
    /^NeighborSelector: expected a source that takes 64 points a call, got 63\.$/,
  );
});

test('extension adds each neighbor of a candidate once, with its distance, and never the point itself', () => {
  const source = new NaiveSource([[0], [1], [2], [3], [4], [5]]);
  const graph = new LayeredGraph(new Int32Array(6), 3, 1);
  for (const [from, to] of [
    [1, 0],
    [1, 2],
    [1, 3],
    [2, 3],
    [2, 4],
    [4, 5],
  ]) {
    graph.base.append(from!, to!);
  }
  const extension = new CandidateExtension(graph, source);
  for (let repeat = 0; repeat < 2; repeat++) {
    const selector = new NeighborSelector(source, 2);
    selector.offer(2, 4, false);
    selector.offer(1, 1, false);
    extension.extend(selector, 0, 0);
    assert.is(selector.selectAll(), 4, '5 is two links away');
    assert.equal([...selector.ids.subarray(0, 4)], [1, 2, 3, 4]);
    assertSame([...selector.distances.subarray(0, 4)], [1, 4, 9, 16]);
  }
});

test.run();
